import { describe, expect, onTestFinished, test } from 'vitest';
import type { Reply } from '../../../sim/model-server.ts';
import { type ResponsesServer, startResponses } from '../../../sim/responses.ts';
import { transcript } from '../assistants-api.ts';
import { BEFORE_WORDS, begun, CHUNK, created, finished, held, isWritten, scene, until } from './scene.ts';

describe('the model is asked anew', () => {
  test('where nobody knows the id', async () => {
    const { reply } = held({ text: CHUNK }, 0);
    const { server, open } = await scene(reply, { text: 'Another.' });
    const dead = await begun(open());
    await until(() => server.statuses().length > 0);
    dead.process.kill();
    const { api } = open();
    await finished(api, dead);
    expect(await transcript(api, dead.threadId)).toEqual(['user: Hello?', 'assistant: Another.']);
    expect(created(server)).toBe(2);
  });

  test.each<[when: string, reply: Reply, meanwhile: (server: ResponsesServer, go: () => void) => unknown]>([
    [
      'when the provider has forgotten the answer',
      { text: CHUNK },
      async (server, go) => {
        go();
        await until(() => server.statuses()[0] === 'completed');
        server.pass(11 * 60_000);
      },
    ],
    [
      'when the answer failed',
      { text: CHUNK, fails: 'It broke.' },
      async (server, go) => {
        go();
        await until(() => server.statuses()[0] === 'failed');
      },
    ],
    [
      'when somebody cancelled it',
      { text: CHUNK },
      (server) =>
        fetch(`${server.url}/responses/resp_sim1/cancel`, {
          method: 'POST',
          headers: { authorization: 'Bearer x' },
        }),
    ],
    [
      'when the provider fails',
      { text: CHUNK },
      (server) => server.refuse({ status: 500, body: { error: { message: 'Down.' } } }),
    ],
  ])('%s', async (_when, first, meanwhile) => {
    const { reply, go } = held(first, BEFORE_WORDS + 2);
    const { server, open } = await scene(reply, { text: 'Another.' });
    const dead = await begun(open());
    await until(() => isWritten('upon')(dead));
    dead.process.kill();
    await meanwhile(server, go);
    const { api } = open();
    const { run, steps } = await finished(api, dead);
    expect(run).toMatchObject({ id: dead.id, status: 'completed' });
    expect(steps).toHaveLength(1);
    expect(await transcript(api, dead.threadId)).toEqual(['user: Hello?', 'assistant: Another.']);
    expect(created(server)).toBe(2);
    expect(server.statuses()[0]).not.toBe('in_progress');
  });

  test('when it fails while it is had once more, before there is as much of it as there was', async () => {
    const { reply, go } = held({ text: CHUNK, fails: 'It broke.' }, BEFORE_WORDS + 2);
    const { server, open } = await scene(reply, { text: 'Another.' });
    const dead = await begun(open());
    await until(() => isWritten('upon')(dead));
    dead.process.kill();
    const { api } = open();
    const last = await api.state.messages.last(dead.threadId);
    const content = [
      { type: 'text' as const, text: { value: `⚠️ Noticed. ${'x'.repeat(99)}`, annotations: [] } },
    ];
    await api.state.messages.update(last?.id ?? '', (message) => ({ ...message, content }));
    await api.client.beta.threads.runs.retrieve(dead.id, { thread_id: dead.threadId });
    await until(() => server.requests.filter(({ method }) => method === 'GET').length === 2);
    go();
    expect((await finished(api, dead)).run.status).toBe('completed');
    expect(await transcript(api, dead.threadId)).toEqual(['user: Hello?', 'assistant: Another.']);
  });

  test('of another provider, or without the background', async () => {
    for (const elsewhere of [true, false]) {
      const { reply } = held({ text: CHUNK }, BEFORE_WORDS + 2);
      const { server, open } = await scene(reply, { text: 'Another.' });
      const other = await startResponses({ models: ['scripted'] });
      onTestFinished(() => other.close());
      other.next({ text: 'Another.' });
      const dead = await begun(open());
      await until(() => isWritten('upon')(dead));
      dead.process.kill();
      const { api } = open({}, elsewhere, elsewhere ? other.url : server.url);
      await finished(api, dead);
      expect(await transcript(api, dead.threadId)).toEqual(['user: Hello?', 'assistant: Another.']);
    }
  });
});
