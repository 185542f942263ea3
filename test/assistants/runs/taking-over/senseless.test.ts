import { describe, expect, test } from 'vitest';
import { calls, end, hangsAfter, says, usage } from '../../../sim/scripted-model.ts';
import type { TestApi } from '../assistants-api.ts';
import { finished, isAsked, killed, waits } from './killed.ts';

const weather = [...calls('weather', '{}'), usage, end()];

describe('what makes no sense is ended in a clear sentence, and holds nothing back', () => {
  test.each<[what: string, spoil: (api: TestApi, threadId: string, id: string) => Promise<unknown>]>([
    [
      'a step is missing',
      async ({ state }, _, id) => state.steps.remove((await state.steps.last(id))?.id ?? ''),
    ],
    [
      'a step lost its answer',
      async ({ state }, _, id) =>
        state.steps.update((await state.steps.last(id))?.id ?? '', ({ answer: _answer, ...step }) => step),
    ],
    [
      'a step is junk',
      async ({ state }, _, id) =>
        state.steps.update((await state.steps.last(id))?.id ?? '', ({ id: same }) => ({ id: same }) as never),
    ],
    [
      'an answer is junk',
      async ({ state }, _, id) =>
        state.steps.update(
          (await state.steps.last(id))?.id ?? '',
          (step) => ({ ...step, answer: { order: [{ type: 'call', at: 9 }] } }) as never,
        ),
    ],
    [
      'the run is junk',
      async ({ state }, _, id) => state.runs.update(id, (run) => ({ ...run, tools: null }) as never),
    ],
    [
      'another run came after it',
      async ({ state }, threadId, id) => {
        const run = await state.runs.get(id);
        if (run) await state.runs.append(threadId, { ...run, id: 'run_later', status: 'completed' });
      },
    ],
  ])('%s', async (_what, spoil) => {
    const { threadId, id, next, ask } = await killed({ answers: [weather] }, waits);
    const api = next([says('Hello.')]);
    await spoil(api, threadId, id);
    const run = await api.client.beta.threads.runs.retrieve(id, { thread_id: threadId });
    expect(run).toMatchObject({ status: 'failed', required_action: null });
    expect(run.last_error?.message).toContain('not enough to go on');
    await api.client.beta.threads.messages.create(threadId, { role: 'user', content: 'Still there?' });
    expect((await api.client.beta.threads.runs.stream(threadId, ask).finalRun()).status).toBe('completed');
  });

  test('a store that fails meanwhile fails the question, not the run', async () => {
    const { threadId, id, next } = await killed({ answers: [hangsAfter()] }, isAsked);
    const api = next([says('Hello.')]);
    const lists = api.state.steps.lists.bind(api.state.steps);
    api.state.steps.lists = () => Promise.reject(new Error('The disk is full.'));
    await expect(api.client.beta.threads.runs.retrieve(id, { thread_id: threadId })).rejects.toThrow('500');
    api.state.steps.lists = lists;
    expect((await finished(api, threadId, id)).run.status).toBe('completed');
  });
});
