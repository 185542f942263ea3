import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ModelEvent } from '../../../src/assistants/models/model.ts';
import {
  calls,
  end,
  hangsAfter,
  python,
  type ScriptedAnswer,
  ScriptedModel,
  says,
  text,
} from '../../sim/scripted-model.ts';
import { conversation, openApi, transcript } from './assistants-api.ts';
import { sharedLocks, sharedStore } from './processes.ts';

/** Processes over one store and its locks. */
function processes() {
  const [newProcess, newLocks] = [sharedStore(), sharedLocks()];
  return (...answers: ScriptedAnswer[]) => {
    const [process, locks] = [newProcess(), newLocks()];
    const shared = { locks, wishes: process.keyv<true>('wishes') };
    const { keyv } = process;
    const api = openApi(new ScriptedModel(...answers), { keyv, shared, checkpointMs: 1, lookMs: 1 });
    return Object.assign(api, { locks, kill: process.kill, written: process.written });
  };
}

test('processes leave each other’s runs alone, see what is kept of them, and cancel them', async () => {
  const open = processes();
  const [first, second] = [open(hangsAfter(text('Once '))), open(says('never'))];
  const { threadId, ask } = await conversation(first);
  const { id } = await first.client.beta.threads.runs.create(threadId, ask);
  const { runs } = second.client.beta.threads;
  const params = { thread_id: threadId };
  expect((await runs.retrieve(id, params)).status).toBe('in_progress');
  await expect.poll(() => transcript(second, threadId)).toContain('assistant: Once ');
  await expect(runs.create(threadId, ask)).rejects.toThrow(
    `400 Thread ${threadId} already has an active run ${id}.`,
  );
  expect((await runs.cancel(id, params)).status).toBe('cancelling');
  expect((await runs.poll(id, params, { pollIntervalMs: 1 })).status).toBe('cancelled');
  expect(second.model.requests).toEqual([]);
});

test('outputs may be given to any process: the one where the run waits leaves it to that', async () => {
  const open = processes();
  const answers: ScriptedAnswer[] = [[...calls('weather', '{}'), end()], says('Sunny.')];
  const [first, second] = [open(...answers), open(...answers.slice(1))];
  const { threadId, ask } = await conversation(first);
  const { id } = await first.client.beta.threads.runs.stream(threadId, ask).finalRun();
  const params = { thread_id: threadId, tool_outputs: [{ tool_call_id: 'call_weather', output: '' }] };
  await second.client.beta.threads.runs.submitToolOutputs(id, params);
  const run = await first.client.beta.threads.runs.poll(id, params, { pollIntervalMs: 1 });
  expect(run.status).toBe('completed');
  expect([first.model.requests.length, second.model.requests.length]).toEqual([1, 1]);
  expect(await transcript(first, threadId)).toEqual(['user: Hello?', 'assistant: Sunny.']);
});

test('of many processes that find a dead one’s run, exactly one carries it on', async () => {
  const open = processes();
  const dead = open(hangsAfter(text('Once ')));
  const { threadId, ask } = await conversation(dead);
  const { id } = await dead.client.beta.threads.runs.create(threadId, ask);
  dead.kill();
  dead.locks.cutOff();
  const others = Array.from({ length: 4 }, () => open(says('Hello.')));
  const looks = others.flatMap((api) => [api, api]).map((api) => api.runs.find(threadId, id));
  await Promise.all(looks);
  const [first] = others;
  await first?.client.beta.threads.runs.poll(id, { thread_id: threadId }, { pollIntervalMs: 1 });
  expect(others.flatMap(({ model }) => model.requests)).toHaveLength(1);
  if (first) expect(await transcript(first, threadId)).toEqual(['user: Hello?', 'assistant: Hello.']);
});

/** An answer that begins, and goes on once `more` resolves. */
function goesOn(begin: ModelEvent[], rest: ModelEvent[], more: Promise<void>): ScriptedAnswer {
  return async function* () {
    yield* begin;
    await more;
    yield* rest;
  };
}

test.each<[where: string, begin: ModelEvent[], rest: ModelEvent[]]>([
  ['speaks', [text('Once ')], [text('upon a time.'), end()]],
  ['calls', python('1').slice(0, 2), [...python('1').slice(2), end()]],
  ['waits', [...calls('weather', '{}'), end()], []],
])(
  'a process that was cut off while its run %s writes no more, and the other’s run is whole',
  async (_where, begin, rest) => {
    const open = processes();
    const more = Promise.withResolvers<void>();
    const waits = rest.length === 0;
    const cut = open(waits ? begin : goesOn(begin, rest, more.promise), says('More.'));
    const { threadId, ask } = await conversation(cut);
    const { id } = await cut.client.beta.threads.runs.create(threadId, ask);
    await expect.poll(async () => (await cut.state.steps.last(id))?.status).toBe('in_progress');
    if (waits) await expect.poll(async () => (await cut.state.runs.get(id))?.status).toBe('requires_action');
    // What is being written while the lock is lost.
    await setTimeout(20);
    cut.locks.cutOff();
    const before = cut.written.length;
    const other = open(hangsAfter(text('Hello')), says('never'));
    await other.runs.find(threadId, id);
    // It goes on for a while, and does not know yet.
    more.resolve();
    await setTimeout(20);
    cut.locks.notice();
    // It lets go of the run, and only looks on.
    await expect.poll(() => cut.runs.written(threadId)).toBeUndefined();
    expect((await cut.runs.find(threadId, id)).status).toBe(waits ? 'requires_action' : 'in_progress');
    if (!waits) {
      await expect.poll(() => transcript(cut, threadId)).toEqual(['user: Hello?', 'assistant: Hello']);
    }
    await other.client.beta.threads.runs.cancel(id, { thread_id: threadId });
    const run = await cut.client.beta.threads.runs.poll(id, { thread_id: threadId }, { pollIntervalMs: 1 });
    expect(run.status).toBe('cancelled');
    expect(cut.written.slice(before)).toEqual([]);
  },
);

test('a cancel that reached nobody is done by whoever takes the run over', async () => {
  const open = processes();
  const [dead, second] = [open(hangsAfter(text('Once '))), open(says('never'))];
  const { threadId, ask } = await conversation(dead);
  const { id } = await dead.client.beta.threads.runs.create(threadId, ask);
  dead.kill();
  await second.client.beta.threads.runs.cancel(id, { thread_id: threadId });
  dead.locks.cutOff();
  expect((await second.client.beta.threads.runs.retrieve(id, { thread_id: threadId })).status).toBe(
    'cancelled',
  );
});

test('a lock is given back when its run is over, and where it could not begin', async () => {
  const open = processes();
  const api = open(says('Hello.'));
  const other = open();
  const { threadId, ask } = await conversation(api);
  const { id } = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
  await expect.poll(async () => (await other.locks.take(id)) !== undefined).toBe(true);
});
