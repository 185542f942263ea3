import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Model } from '../../../src/assistants/models/model.ts';
import { responsesModel } from '../../../src/assistants/models/responses.ts';
import { MAX_RUN_OUTPUT } from '../../../src/assistants/runs/loop/output-limit.ts';
import type { Reply } from '../../sim/model-server.ts';
import { type ResponsesOptions, type ResponsesServer, startResponses } from '../../sim/responses.ts';
import { ScriptedInterpreter, type ScriptedResult } from '../../sim/scripted-interpreter.ts';
import { conversation, openApi, type TestApi, transcript } from './assistants-api.ts';
import { type Process, sharedStore } from './processes.ts';

const CHUNK = ['Once ', 'upon ', 'a ', 'time.'];
/** The frames that come before the first word: created, queued, in_progress, and the message with its part. */
const BEFORE_WORDS = 5;
/** The same for the arguments of a call. */
const BEFORE_ARGUMENTS = 4;

const code = (text: string, more: Partial<Reply> = {}): Reply => ({
  ...more,
  toolCalls: [
    { id: `call_${text}`, name: 'code_interpreter', arguments: ['{"co', 'de":', ` "${text}`, '"}'] },
  ],
});

/** Holds a reply back before a frame until it is let go. */
function held(reply: Reply, frame: number): { reply: Reply; go: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { reply: { ...reply, trouble: { waitAt: { frame, for: promise } } }, go: resolve };
}

/** A provider, and processes of one server that has its answers made there in the background. */
async function scene(...replies: Reply[]) {
  const parts = await sceneOf();
  parts.server.next(...replies);
  return parts;
}

async function sceneOf(options: ResponsesOptions = {}) {
  const server = await startResponses({ models: ['scripted'], ...options });
  onTestFinished(() => server.close());
  const processes = sharedStore();
  const open = (codes: Record<string, ScriptedResult> = {}, background = true, url = server.url) => {
    const process = processes();
    const model = responsesModel({ baseURL: url, apiKey: 'sk-test', background, retryDelayMs: 2 });
    const interpreter = new ScriptedInterpreter(codes);
    return { process, api: openApi(model, { keyv: process.keyv, interpreter, checkpointMs: 1 }) };
  };
  return { server, open };
}

interface Begun {
  api: TestApi<Model>;
  process: Process;
  threadId: string;
  id: string;
}

/** A run that another process than the one that is given has to go on with. */
async function begun({ api, process }: Pick<Begun, 'api' | 'process'>, run: object = {}): Promise<Begun> {
  const { threadId, ask } = await conversation(api);
  const { id } = await api.client.beta.threads.runs.create(threadId, { ...ask, ...run });
  return { api, process, threadId, id };
}

async function finished({ client }: TestApi<Model>, { threadId, id }: Begun) {
  const where = { thread_id: threadId };
  const run = await client.beta.threads.runs.poll(id, where, { pollIntervalMs: 1 });
  const steps = await Array.fromAsync(client.beta.threads.runs.steps.list(id, { ...where, order: 'asc' }));
  return { run, steps };
}

const created = ({ requests }: ResponsesServer) =>
  requests.filter(({ path }) => path === '/v1/responses').length;
const isKnown = async ({ api, id }: Begun) => (await api.state.resumable.get(id)) !== undefined;
const isWritten =
  (words: string) =>
  async ({ api, threadId }: Begun) =>
    JSON.stringify((await api.state.messages.last(threadId))?.content).includes(words);
const isCalled =
  (words: string) =>
  async ({ api, id }: Begun) =>
    JSON.stringify((await api.state.steps.last(id))?.step_details).includes(words);

async function until(isReached: () => unknown): Promise<void> {
  await expect.poll(async () => Boolean(await isReached())).toBe(true);
}

describe('the same answer goes on when its process died', () => {
  const text: Reply = { text: CHUNK };
  const words = { text: ['Let me see. '], ...code('1') };
  test.each<[when: string, replies: Reply[], hold: number, reached: (b: Begun) => unknown, said: string[]]>([
    ['before the first word', [text], 3, isKnown, ['Once upon a time.']],
    ['in its text', [text], BEFORE_WORDS + 2, isWritten('Once upon'), ['Once upon a time.']],
    [
      'in a refusal',
      [{ refusal: 'I can not do that.' }],
      BEFORE_WORDS + 2,
      isWritten('I can'),
      ['I can not do that.'],
    ],
    [
      'in the arguments of code',
      [code('1'), text],
      BEFORE_ARGUMENTS + 3,
      isCalled('"input":"1'),
      ['Once upon a time.'],
    ],
    [
      'in code after words',
      [words, text],
      BEFORE_WORDS + 4 + 1 + 3,
      isCalled('"input":"1'),
      ['Let me see. ', 'Once upon a time.'],
    ],
  ])('%s', async (_when, [first = {}, ...more], frame, isReached, said) => {
    const { reply, go } = held(first, frame);
    const { server, open } = await scene(reply, ...more);
    const dead = await begun(open());
    await until(() => isReached(dead));
    await until(() => isKnown(dead));
    dead.process.kill();
    const { api } = open();
    const resumed = api.client.beta.threads.runs.retrieve(dead.id, { thread_id: dead.threadId });
    go();
    await resumed;
    const { run, steps } = await finished(api, dead);
    expect(run).toMatchObject({ id: dead.id, status: 'completed', last_error: null });
    expect(steps.filter(({ status }) => status !== 'completed')).toEqual([]);
    expect(run.usage).toMatchObject({ total_tokens: 15 * (1 + more.length) });
    const messages = await Array.fromAsync(
      api.client.beta.threads.messages.list(dead.threadId, { order: 'asc', run_id: dead.id }),
    );
    const spoken = messages.flatMap(({ content }) =>
      content.map((part) =>
        part.type === 'text' ? part.text.value : part.type === 'refusal' ? part.refusal : '',
      ),
    );
    expect(spoken).toEqual(said);
    expect(api.interpreter.requests.map((request) => request.code)).toEqual(more.length > 0 ? ['1'] : []);
    expect(created(server)).toBe(1 + more.length);
    expect(server.statuses()).toEqual(Array(1 + more.length).fill('completed'));
    expect(api.errors).toEqual([]);
  });

  test('when it was whole at the provider before anybody came back', async () => {
    for (const age of [0, 6 * 60_000]) {
      const { reply, go } = held({ text: CHUNK }, BEFORE_WORDS + 1);
      const { server, open } = await scene(reply);
      const dead = await begun(open());
      await until(() => isWritten('Once')(dead));
      dead.process.kill();
      go();
      await until(() => server.statuses()[0] === 'completed');
      server.pass(age);
      const { api } = open();
      expect((await finished(api, dead)).run.status).toBe('completed');
      expect(await transcript(api, dead.threadId)).toEqual(['user: Hello?', 'assistant: Once upon a time.']);
      expect(created(server)).toBe(1);
    }
  });

  test('when the provider streams it no more, because it takes so long', async () => {
    const { reply, go } = held({ text: CHUNK }, BEFORE_WORDS + 2);
    const { server, open } = await scene(reply);
    const dead = await begun(open());
    await until(() => isWritten('upon')(dead));
    dead.process.kill();
    server.pass(6 * 60_000);
    const { api } = open();
    await api.client.beta.threads.runs.retrieve(dead.id, { thread_id: dead.threadId });
    await until(() => server.requests.filter(({ method }) => method === 'GET').length > 3);
    go();
    expect((await finished(api, dead)).run.status).toBe('completed');
    expect(await transcript(api, dead.threadId)).toEqual(['user: Hello?', 'assistant: Once upon a time.']);
    expect(created(server)).toBe(1);
  });

  test('in the second of its answers, and between the two', async () => {
    const second = held({ text: CHUNK }, BEFORE_WORDS + 2);
    const { server, open } = await scene(code('1'), second.reply);
    const dead = await begun(open());
    await until(() => isWritten('upon')(dead));
    dead.process.kill();
    const next = open();
    second.go();
    expect((await finished(next.api, dead)).steps).toHaveLength(2);
    expect(next.api.interpreter.requests).toEqual([]);
    expect(created(server)).toBe(2);

    const other = await scene(code('loop'), { text: CHUNK });
    const loop = { loop: { prints: ['1\n'], hangs: true } };
    const hanging = await begun(other.open(loop));
    await until(() => hanging.api.interpreter.requests.length > 0);
    hanging.process.kill();
    const { api } = other.open();
    expect((await finished(api, hanging)).run.status).toBe('completed');
    expect(await transcript(api, hanging.threadId)).toEqual(['user: Hello?', 'assistant: Once upon a time.']);
    expect(created(other.server)).toBe(2);
  });

  test('through many deaths', async () => {
    const { reply, go } = held({ text: CHUNK }, BEFORE_WORDS + 2);
    const { server, open } = await scene(reply);
    const dead = await begun(open());
    await until(() => isWritten('upon')(dead));
    dead.process.kill();
    for (let deaths = 0; deaths < 3; deaths++) {
      const next = open();
      await next.api.client.beta.threads.runs.retrieve(dead.id, { thread_id: dead.threadId });
      await sleep(10);
      next.process.kill();
    }
    const { api } = open();
    go();
    await finished(api, dead);
    expect(await transcript(api, dead.threadId)).toEqual(['user: Hello?', 'assistant: Once upon a time.']);
    expect(created(server)).toBe(1);
  });

  test('and who looks at it meanwhile sees no less than before', async () => {
    const { reply, go } = held(
      { text: ['Let ', 'me ', 'see. '], ...code('1') },
      BEFORE_WORDS + 3 + 3 + 1 + 3,
    );
    const { open } = await scene(reply, { text: CHUNK });
    const dead = await begun(open());
    await until(() => isCalled('"input":"1')(dead));
    await until(() => isKnown(dead));
    dead.process.kill();
    const { api } = open();
    const { runs, messages } = api.client.beta.threads;
    const where = { thread_id: dead.threadId };
    const look = async () => {
      const parts: string[] = [];
      for await (const step of runs.steps.list(dead.id, { ...where, order: 'asc' })) {
        const { step_details: details } = step;
        if (details.type === 'message_creation') {
          const { content } = await messages.retrieve(details.message_creation.message_id, where);
          parts.push(content.map((part) => (part.type === 'text' ? part.text.value : '')).join(''));
        } else {
          const inputs = details.tool_calls.map(
            (call) => 'code_interpreter' in call && call.code_interpreter.input,
          );
          parts.push(inputs.join(''));
        }
      }
      return parts.join('|');
    };
    const looks: string[] = [];
    for (let run = await runs.retrieve(dead.id, where); run.status === 'in_progress'; ) {
      looks.push(await look());
      await sleep(1);
      if (looks.length === 5) go();
      run = await runs.retrieve(dead.id, where);
    }
    expect(looks[0]).toBe('Let me see. |1');
    for (const [at, seen] of looks.entries()) expect(seen.startsWith(looks[at - 1] ?? '')).toBe(true);
    expect(await look()).toBe('Let me see. |1|Once upon a time.');
  });
});

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

test('whenever its process dies, a run with an answer in the background ends as one that was not disturbed', async () => {
  const replies: Reply[] = [{ text: ['Let ', 'me ', 'see.'], ...code('1') }, { text: CHUNK }];
  const answer = ({ input }: Record<string, unknown>) =>
    replies[JSON.stringify(input).includes('ran 1') ? 1 : 0] ?? {};
  const played = async (writes: number) => {
    const { server, open } = await sceneOf({ answer });
    const first = open();
    const { threadId, ask } = await conversation(first.api);
    const { id } = await first.api.client.beta.threads.runs.create(threadId, ask);
    first.process.after(writes, () => first.process.kill());
    const run = { ...first, threadId, id };
    const isEnded = await Promise.race([first.process.dead, finished(first.api, run)]);
    const { api } = open();
    const { steps } = await finished(api, run);
    expect(api.errors).toEqual([]);
    const types = steps.map(({ type, status }) => `${type} ${status}`);
    return {
      isEnded: Boolean(isEnded),
      types,
      said: await transcript(api, threadId),
      asked: created(server),
    };
  };
  const undisturbed = await played(Number.POSITIVE_INFINITY);
  expect(undisturbed.asked).toBe(2);
  for (let writes = 0, isEnded = false; !isEnded && writes < 60; writes++) {
    const { asked, ...outcome } = await played(writes);
    isEnded = outcome.isEnded;
    expect(outcome).toEqual({ isEnded, types: undisturbed.types, said: undisturbed.said });
    // Once more at most: when it died before the id was kept.
    expect(asked).toBeLessThanOrEqual(3);
  }
});
