import { setImmediate as tick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Fetch } from '../../../src/assistants/in-process-fetch.ts';
import { ModelError } from '../../../src/assistants/models/model.ts';
import type { TurnRecord } from '../../../src/conversation/ledger.ts';
import type { TeamFunction } from '../../../src/functions/team-function.ts';
import type { Call, IncomingMessage } from '../../../src/platform.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import type { View } from '../../../src/view.ts';
import {
  calls,
  end,
  failsAfter,
  hangsAfter,
  python,
  ScriptedModel,
  says,
  text,
} from '../../sim/scripted-model.ts';
import { from, openHarness, SeenReply } from '../harness.ts';

/** A network that goes silent with request number `last`, as a process does that is killed. */
function silentAfter(last: number) {
  let requests = 0;
  const network = (fetch: Fetch): Fetch => {
    return (input, init) => (++requests > last ? new Promise(() => {}) : fetch(input, init));
  };
  return { network, isSilent: () => requests > last };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await tick();
}

/** The roles and texts of a thread's messages, oldest first. */
async function messagesOf({ client, threadId }: Awaited<ReturnType<typeof openHarness>>) {
  const { data } = await client.beta.threads.messages.list(await threadId(), { order: 'asc' });
  return data.map(({ role, content }) =>
    [role, ...content.map((part) => (part.type === 'text' ? part.text.value : part.type))].join(': '),
  );
}

test.each([0, 1, 2, 3, 4])(
  'a turn whose process died at its request number %i is gone on with: each message once, one answer',
  async (last) => {
    const store = memoryStore();
    const question = [from('Ann', 'one'), from('Ann', 'two')];
    const dying = silentAfter(last + 2);
    const first = await openHarness({
      store,
      model: new ScriptedModel(says('Whole.')),
      network: dying.network,
    });
    const reply = new SeenReply();
    void first.turnInto(reply, question);
    await until(() => dying.isSilent() || reply.outcome !== undefined);
    await first.close();
    const next = await openHarness({ store, model: new ScriptedModel(says('Whole.')) });
    const seen = new SeenReply();
    expect(await next.goOn(seen, question)).toBe('over');
    expect(seen).toMatchObject({ text: 'Whole.', outcome: { status: 'completed' } });
    expect(await messagesOf(next)).toEqual(['user: one', 'user: two', 'assistant: Whole.']);
    const runs = await next.client.beta.threads.runs.list(await next.threadId());
    expect(runs.data.map(({ status }) => status)).toEqual(['completed']);
  },
);

/** A process begins to answer, people read "Half of", and it is stopped. */
async function leftHalfway(store: Store, question: IncomingMessage[]): Promise<void> {
  const first = await openHarness({ store, model: new ScriptedModel(hangsAfter(text('Half of'))) });
  const reply = new SeenReply();
  const leaving = new AbortController();
  const left = first.goOn(reply, question, leaving.signal);
  await until(() => reply.text === 'Half of');
  leaving.abort();
  await left;
  await first.close();
}

test('what a reply asks to have kept first stands in the store before its call goes', async () => {
  const store = memoryStore();
  const kept = () => store.keyv<TurnRecord>('turns').get('test:1');
  const found: unknown[] = [];
  class Announcing extends SeenReply {
    override next(view: View): Call | undefined {
      const call = super.next(view);
      const send = async () => {
        found.push((await kept())?.reply);
        await call?.send();
      };
      return call && { ...call, keepFirst: () => ({ posting: found.length }), send };
    }
  }
  const bot = await openHarness({ store, model: new ScriptedModel(says('Whole.')) });
  const reply = new Announcing();
  await bot.turnInto(reply, [from('Ann', 'one')]);
  expect(reply.text).toBe('Whole.');
  expect(found.length).toBeGreaterThan(0);
  expect(found).toEqual(found.map((_, index) => ({ posting: index })));
});

/** A server whose answer number `at` is an error, though it may have done what it was asked for. */
function failsAt(at: number, hasDone: boolean) {
  let requests = 0;
  return (fetch: Fetch): Fetch =>
    async (input, init) => {
      const fails = ++requests === at;
      if (!fails || hasDone) {
        const response = await fetch(input, init);
        if (!fails) return response;
        await response.body?.cancel();
      }
      return Response.json({ error: { message: 'The store fails.' } }, { status: 500 });
    };
}

test('a server that fails once, before or after what it was asked for, costs nothing: each message once, one answer', async () => {
  const question = [from('Ann', 'one'), from('Ann', 'two')];
  const cases = [1, 2, 3, 4].flatMap((at) => [true, false].map((hasDone) => ({ at: at + 2, hasDone })));
  const ends = cases.map(async ({ at, hasDone }) => {
    const model = new ScriptedModel(says('Whole.'));
    const bot = await openHarness({ model, network: failsAt(at, hasDone) });
    const seen = new SeenReply();
    await bot.turnInto(seen, question);
    const runs = await bot.client.beta.threads.runs.list(await bot.threadId());
    return { seen, messages: await messagesOf(bot), statuses: runs.data.map(({ status }) => status) };
  });
  for (const { seen, messages, statuses } of await Promise.all(ends)) {
    expect(seen).toMatchObject({ text: 'Whole.', outcome: { status: 'completed' } });
    expect(messages).toEqual(['user: one', 'user: two', 'assistant: Whole.']);
    expect(statuses).toEqual(['completed']);
  }
});

test('a run that a process has left goes on with its id after its last finished step', async () => {
  const store = memoryStore();
  const question = [from('Ann', 'compute')];
  const model = new ScriptedModel([...python('print(1)'), end()], hangsAfter(text('Half of')));
  const first = await openHarness({ store, model });
  const reply = new SeenReply();
  const leaving = new AbortController();
  const left = first.goOn(reply, question, leaving.signal);
  await until(() => reply.text.includes('Half of'));
  const [before] = (await first.client.beta.threads.runs.list(await first.threadId())).data;
  leaving.abort();
  expect(await left).toBe('left');
  expect(reply.outcome).toBeUndefined();
  await first.close();
  const second = new ScriptedModel(says('The whole answer.'));
  const next = await openHarness({ store, model: second });
  const seen = new SeenReply();
  expect(await next.goOn(seen, question)).toBe('over');
  expect(seen.text).toBe('```python\nprint(1)\n```\n\n```\nran print(1)\n```\n\nThe whole answer.');
  const runs = (await next.client.beta.threads.runs.list(await next.threadId())).data;
  expect(runs.map(({ id, status }) => [id, status])).toEqual([[before?.id, 'completed']]);
  expect(await messagesOf(next)).toEqual(['user: compute', 'assistant: The whole answer.']);
});

test('what people have read stays said in the thread, also when the model then fails', async () => {
  const store = memoryStore();
  const question = [from('Ann', 'one')];
  await leftHalfway(store, question);
  const down = failsAfter(new ModelError('server_error', 'It is down.'));
  const next = await openHarness({ store, model: new ScriptedModel(down) });
  const seen = new SeenReply();
  expect(await next.goOn(seen, question)).toBe('over');
  expect(seen).toMatchObject({ text: 'Half of', outcome: { status: 'failed' } });
  expect(await messagesOf(next)).toEqual(['user: one', 'assistant: Half of']);
});

test('a function that was called when its process died is not called again, and the model is told', async () => {
  const store = memoryStore();
  const question = [from('Ann', 'restart the server')];
  const made: unknown[] = [];
  const functions: TeamFunction[] = [
    {
      name: 'restart',
      description: 'Restarts the server.',
      parameters: { type: 'object', properties: {} },
      strict: false,
      call: (args) => {
        made.push(args);
        return new Promise(() => {});
      },
    },
  ];
  const model = new ScriptedModel([...calls('restart', '{}'), end()]);
  const first = await openHarness({ store, model, functions });
  const leaving = new AbortController();
  const left = first.goOn(new SeenReply(), question, leaving.signal);
  await until(() => made.length === 1);
  leaving.abort();
  await left;
  await first.close();
  const second = new ScriptedModel(says('I do not know whether it worked.'));
  const next = await openHarness({ store, model: second, functions });
  const seen = new SeenReply();
  expect(await next.goOn(seen, question)).toBe('over');
  expect(made).toHaveLength(1);
  expect(seen.text).toContain('I do not know whether it worked.');
  expect(JSON.stringify(second.requests[0]?.items)).toContain('was not made again');
});

test('a run that a process lives with for a while is not what ended those before', async () => {
  const store = memoryStore();
  const question = [from('Ann', 'one')];
  await leftHalfway(store, question);
  const kept = store.keyv<{ attempts: number }>('turns');
  await kept.set('test:1', { ...(await kept.get('test:1')), attempts: 29 });
  const model = new ScriptedModel(hangsAfter(text('Half of it, anew')));
  const next = await openHarness({ store, model, livedMs: 1 });
  const handing = new AbortController();
  const handed = next.goOn(new SeenReply(), question, handing.signal);
  await expect.poll(async () => (await kept.get('test:1'))?.attempts).toBe(0);
  handing.abort();
  await handed;
  expect((await kept.get('test:1'))?.attempts).toBe(0);
  await next.close();
});

test('a run that no process lives through is given up with a sentence', async () => {
  const store = memoryStore();
  const question = [from('Ann', 'one')];
  await leftHalfway(store, question);
  const kept = store.keyv<object>('turns');
  await kept.set('test:1', { ...(await kept.get('test:1')), attempts: 30 });
  const model = new ScriptedModel(hangsAfter(text('Half of it, anew')));
  const next = await openHarness({ store, model });
  const seen = new SeenReply();
  expect(await next.goOn(seen, question)).toBe('over');
  expect(seen.outcome).toMatchObject({ status: 'failed', error: expect.stringMatching(/again and again/) });
  const runs = (await next.client.beta.threads.runs.list(await next.threadId())).data;
  expect(runs.map(({ status }) => status)).toEqual(['cancelled']);
  // Its process may die before people see that.
  await next.close();
  const last = await openHarness({ store, model });
  const again = new SeenReply();
  expect(await last.goOn(again, question)).toBe('over');
  expect(again.outcome).toEqual(seen.outcome);
});
