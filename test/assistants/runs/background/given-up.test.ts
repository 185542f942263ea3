import { describe, expect, test } from 'vitest';
import { MAX_RUN_OUTPUT } from '../../../../src/assistants/runs/loop/output-limit.ts';
import type { Reply } from '../../../sim/model-server.ts';
import { transcript } from '../assistants-api.ts';
import {
  BEFORE_WORDS,
  type Begun,
  begun,
  CHUNK,
  created,
  finished,
  held,
  isKnown,
  isWritten,
  scene,
  until,
} from './scene.ts';

describe('an answer that nobody takes any more ends at the provider', () => {
  test.each<[why: string, reply: Reply, end: (run: Begun) => unknown, status: string]>([
    [
      'when its run is cancelled',
      { text: CHUNK },
      ({ api, threadId, id }) => api.client.beta.threads.runs.cancel(id, { thread_id: threadId }),
      'cancelled',
    ],
    ['when its run fails', { text: ['Once ', 'upon ', 'x'.repeat(MAX_RUN_OUTPUT), ' '] }, () => {}, 'failed'],
  ])('%s', async (_why, reply, end, status) => {
    const { server, open } = await scene(held(reply, BEFORE_WORDS + (status === 'failed' ? 3 : 2)).reply);
    const run = await begun(open());
    await until(() => isKnown(run));
    await until(() => isWritten('Once')(run));
    await end(run);
    expect((await finished(run.api, run)).run.status).toBe(status);
    await until(() => server.statuses()[0] === 'cancelled');
    expect(run.api.errors).toEqual([]);
  });

  test('when its run is cancelled after its process died, before or after it was taken over', async () => {
    for (const isTaken of [false, true]) {
      const { server, open } = await scene(held({ text: CHUNK }, BEFORE_WORDS + 2).reply);
      const dead = await begun(open());
      await until(() => isWritten('upon')(dead));
      dead.process.kill();
      const { api } = open();
      const where = { thread_id: dead.threadId };
      if (isTaken) await api.client.beta.threads.runs.cancel(dead.id, where);
      else await api.state.runs.update(dead.id, (run) => ({ ...run, status: 'cancelling' }));
      expect((await finished(api, dead)).run.status).toBe('cancelled');
      await until(() => server.statuses()[0] === 'cancelled');
      const [message] = (await api.client.beta.threads.messages.list(dead.threadId)).data;
      expect(message).toMatchObject({ status: 'incomplete', content: [{ text: { value: 'Once upon ' } }] });
    }
  });

  test('when its run is cancelled before the provider has told its id', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const trouble = { waitAt: { frame: 0, for: promise }, pauseAt: { frame: 4, ms: 600_000 } };
    const { server, open } = await scene({ text: CHUNK, trouble });
    const run = await begun(open());
    await until(() => server.statuses().length > 0);
    await run.api.client.beta.threads.runs.cancel(run.id, { thread_id: run.threadId });
    expect((await finished(run.api, run)).run.status).toBe('cancelled');
    expect(server.statuses()).toEqual(['queued']);
    resolve();
    await until(() => server.statuses()[0] === 'cancelled');
    expect(run.api.errors).toEqual([]);
  });

  test('but not when its run is handed over', async () => {
    const { reply, go } = held({ text: CHUNK }, BEFORE_WORDS + 2);
    const { server, open } = await scene(reply);
    const left = await begun(open());
    await until(() => isWritten('upon')(left));
    await left.api.runs.close();
    left.process.kill();
    expect(server.statuses()).toEqual(['in_progress']);
    const { api } = open();
    go();
    expect((await finished(api, left)).run.status).toBe('completed');
    expect(await transcript(api, left.threadId)).toEqual(['user: Hello?', 'assistant: Once upon a time.']);
    expect(server.requests.filter(({ path }) => path.endsWith('/cancel'))).toEqual([]);
    expect(created(server)).toBe(1);
  });
});
