import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { TurnRecord } from '../../../src/conversation/ledger.ts';
import { APPROVALS } from '../../../src/conversation/namespaces.ts';
import type { Question } from '../../../src/functions/approval/question.ts';
import type { TeamFunction } from '../../../src/functions/team-function.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { askingFunction, callsOf } from '../../sim/asking-function.ts';
import { ScriptedModel, says, text } from '../../sim/scripted-model.ts';
import { from, openHarness, SeenReply } from '../harness.ts';
import { WAYS } from '../ways.ts';

const RESET: [string, string] = ['reset_vpn', '{"user":"ann"}'];
const QUESTION = [from('Ann', 'reset my vpn')];

const asking = (...wishes: [string, string][]) =>
  new ScriptedModel(callsOf(...(wishes.length > 0 ? wishes : [RESET])), says('Done.'));
const toldTo = ({ requests }: ScriptedModel) => JSON.stringify(requests.at(-1)?.items);
const decisionsIn = (store: Store) => store.page(APPROVALS, '', 10);

/** What is asked in a conversation, once it is so many. */
async function questions(store: Store, count = 1): Promise<Question[]> {
  for (;;) {
    const record = await store.keyv<TurnRecord>('turns').get('test:1');
    const asked = Object.values(record?.approvals ?? {});
    if (asked.length >= count) return asked;
    await sleep(1);
  }
}

type Harness = Awaited<ReturnType<typeof openHarness>>;

const ANN = { id: 'ann', name: 'Ann' };

async function decide({ approvals }: Harness, { id }: Question, isApproved = true, reason?: string) {
  return approvals.decide({ conversation: 'test:1', approval: id, person: ANN, isApproved, reason });
}

async function first(store: Store, count = 1): Promise<Question> {
  const [question] = await questions(store, count);
  if (!question) throw new Error('Nothing is asked.');
  return question;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1);
}

test.each(WAYS)(
  'in %s a call waits for its asker’s word, is made once, and who gave it stands there',
  async (_, options) => {
    const [store, model] = [memoryStore(), asking()];
    const { team, made } = askingFunction();
    const harness = await openHarness({ store, model, functions: [team], ...(await options(model)) });
    const reply = new SeenReply();
    const over = harness.turnInto(reply, QUESTION);
    const question = await first(store);
    await until(() => reply.text.includes('May I use `reset_vpn`'));
    expect(made).toEqual([]);
    expect(await decide(harness, question)).toBeUndefined();
    await over;
    expect(made).toEqual([{ user: 'ann' }]);
    expect(reply.outcome).toEqual({ status: 'completed' });
    expect(reply.text).toMatch(/May I use [\s\S]*✅ Approved by Ann, .* UTC\.\n\nDone\.$/);
    expect(toldTo(model)).toContain('reset_vpn is done.');
    expect(await decisionsIn(store)).toEqual([]);
  },
);

test('a refusal is told to the model with its reason, and the call is not made', async () => {
  const [store, model] = [memoryStore(), asking()];
  const { team, made } = askingFunction();
  const harness = await openHarness({ store, model, functions: [team] });
  const turn = harness.turn(QUESTION);
  await decide(harness, await first(store), false, 'Not on a Friday.');
  const { text: shown } = await turn;
  expect(made).toEqual([]);
  expect(shown).toMatch(/🚫 Refused by Ann, .* UTC: “Not on a Friday\.”\n\nDone\.$/);
  expect(toldTo(model)).toContain('Not on a Friday.');
});

test('nobody saying anything in time is a no, which the model is told', async () => {
  const [store, model] = [memoryStore(), asking()];
  const { team, made } = askingFunction();
  const harness = await openHarness({ store, model, functions: [team], approvalMs: 20 });
  const { text: shown, outcome } = await harness.turn(QUESTION);
  expect(made).toEqual([]);
  expect(outcome).toEqual({ status: 'completed' });
  expect(shown).toMatch(/Nobody said so in time, so it was not done\.\n\nDone\.$/);
  expect(toldTo(model)).toContain('can be asked for again');
});

test('a run’s end comes before the usual time: then it is waited for no longer', async () => {
  const store = memoryStore();
  const { team } = askingFunction();
  const harness = await openHarness({ store, model: asking(), functions: [team], approvalMs: 3_600_000 });
  const stop = new AbortController();
  const turn = harness.turn(QUESTION, stop.signal);
  const { until: end } = await first(store);
  const [run] = (await harness.client.beta.threads.runs.list(await harness.threadId())).data;
  expect(end).toBe((run?.expires_at ?? 0) * 1_000 - 60_000);
  stop.abort();
  await turn;
});

test('a stop ends the wait: the call is not made, and a word that comes later counts for nothing', async () => {
  const store = memoryStore();
  const { team, made } = askingFunction();
  const harness = await openHarness({ store, model: asking(), functions: [team] });
  const stop = new AbortController();
  const turn = harness.turn(QUESTION, stop.signal);
  const question = await first(store);
  stop.abort();
  const { outcome } = await turn;
  expect(outcome).toEqual({ status: 'stopped' });
  expect(await decide(harness, question)).toBe('The time to decide this is over: it was not done.');
  expect(made).toEqual([]);
  const runs = await harness.client.beta.threads.runs.list(await harness.threadId());
  expect(runs.data.map(({ status }) => status)).toEqual(['cancelled']);
});

test('several calls wait at once, and each is decided by itself', async () => {
  const store = memoryStore();
  const model = asking(['reset_vpn', '{"user":"ann"}'], ['reset_vpn', '{"user":"ben"}'], ['status', '{}']);
  const { team, made } = askingFunction();
  const status: TeamFunction = { ...askingFunction('asker', 'status').team };
  const { approve: _, ...free } = status;
  const harness = await openHarness({ store, model, functions: [team, free] });
  const turn = harness.turn(QUESTION);
  const [one, two] = await questions(store, 2);
  if (!one || !two) throw new Error('Two are asked.');
  await decide(harness, two);
  await until(() => made.length === 1);
  await decide(harness, one, false);
  const { text: shown } = await turn;
  expect(made).toEqual([{ user: 'ben' }]);
  expect(shown).toMatch(/2: ✅ Approved by Ann[\s\S]*1: 🚫 Refused by Ann/);
});

/** A process that asks, and then does nothing more: another one finds what it has kept. */
async function askingProcess(store: Store, functions: readonly TeamFunction[], model = asking()) {
  const harness = await openHarness({ store, model, functions });
  const leaving = new AbortController();
  const reply = new SeenReply();
  const left = harness.goOn(reply, QUESTION, leaving.signal);
  const question = await first(store);
  await until(() => reply.text.includes('May I use'));
  const leave = async () => {
    leaving.abort();
    expect(await left).toBe('left');
    await harness.close();
  };
  return { harness, question, reply, leave };
}

test('the process dies after the question: another one asks the same, and makes the call after the press', async () => {
  const store = memoryStore();
  const { team, made } = askingFunction();
  const { leave, question, reply } = await askingProcess(store, [team]);
  await leave();
  const model = new ScriptedModel(says('Done.'));
  const next = await openHarness({ store, model, functions: [team] });
  const seen = new SeenReply();
  const over = next.goOn(seen, QUESTION);
  await until(() => seen.text === reply.text);
  expect(await questions(store)).toEqual([question]);
  await decide(next, question);
  expect(await over).toBe('over');
  expect(made).toEqual([{ user: 'ann' }]);
  expect(seen.text).toMatch(/✅ Approved by Ann, .* UTC\.\n\nDone\.$/);
});

test('the press comes while nobody has the turn: whoever takes it over makes the call, once', async () => {
  const store = memoryStore();
  const { team, made } = askingFunction();
  const { harness, leave, question } = await askingProcess(store, [team]);
  await leave();
  expect(await decide(harness, question)).toBeUndefined();
  expect(made).toEqual([]);
  const next = await openHarness({ store, model: new ScriptedModel(says('Done.')), functions: [team] });
  const seen = new SeenReply();
  expect(await next.goOn(seen, QUESTION)).toBe('over');
  expect(made).toHaveLength(1);
  expect(seen.text).toMatch(/✅ Approved by Ann, .* UTC\.\n\nDone\.$/);
});

test('the process dies in the call that was approved: it is not made again, and nobody is asked again', async () => {
  const store = memoryStore();
  const { team } = askingFunction();
  const made: unknown[] = [];
  const hanging: TeamFunction = {
    ...team,
    call: (args) => {
      made.push(args);
      return new Promise(() => {});
    },
  };
  const { harness, leave, question } = await askingProcess(store, [hanging]);
  await decide(harness, question);
  await until(() => made.length === 1);
  await leave();
  const model = new ScriptedModel(says('I do not know whether it worked.'));
  const next = await openHarness({ store, model, functions: [hanging] });
  const seen = new SeenReply();
  expect(await next.goOn(seen, QUESTION)).toBe('over');
  expect(made).toHaveLength(1);
  expect(toldTo(model)).toContain('was not made again');
  expect(seen.text).toMatch(/✅ Approved by Ann/);
});

test('what was decided in an earlier step stands there after another process has taken over', async () => {
  const store = memoryStore();
  const { team } = askingFunction();
  const model = new ScriptedModel(callsOf(RESET), [
    text('And now?'),
    ...callsOf(['reset_vpn', '{"user":"ben"}']),
  ]);
  const { harness, leave, question } = await askingProcess(store, [team], model);
  await decide(harness, question, false, 'No.');
  const all = await questions(store, 1);
  await leave();
  expect(all).toHaveLength(1);
  const next = await openHarness({ store, model: new ScriptedModel(says('Done.')), functions: [team] });
  const seen = new SeenReply();
  const over = next.goOn(seen, QUESTION);
  const open = async () => (await questions(store)).find(({ decision }) => !decision);
  for (let one = await open(); one; one = await open()) await decide(next, one);
  await over;
  expect(seen.text).toMatch(/🚫 Refused by Ann[\s\S]*Done\.$/);
});

test('a run that expires while nobody is there tells its asker how to go on', async () => {
  const store = memoryStore();
  const { team, made } = askingFunction();
  const { harness, leave } = await askingProcess(store, [team]);
  const thread = await harness.threadId();
  await leave();
  const runs = store.keyv<Record<string, unknown>>('runs');
  const [run] = (await harness.client.beta.threads.runs.list(thread)).data;
  const [[key = '', kept = {}] = []] = await keysWith(store, 'runs', run?.id ?? '');
  await runs.set(key, { ...kept, expires_at: 1 });
  const next = await openHarness({ store, model: new ScriptedModel(says('Done.')), functions: [team] });
  const seen = new SeenReply();
  expect(await next.goOn(seen, QUESTION)).toBe('over');
  expect(seen.outcome).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/Nobody said in time .* Ask again, and you are asked anew\./),
  });
  expect(made).toEqual([]);
});

async function keysWith(store: Store, namespace: string, id: string) {
  const all = await store.page<Record<string, unknown>>(namespace, '', 1_000);
  return all.filter(([key]) => key.includes(id));
}

test('where nobody can be asked whose word is needed, the model is told at once', async () => {
  const model = asking();
  const { team, made } = askingFunction(['slack:@it', 'discord:123456789012345678']);
  const harness = await openHarness({ model, functions: [team] });
  await harness.turn(QUESTION);
  expect(made).toEqual([]);
  expect(toldTo(model)).toContain('cannot be asked in this conversation');
});
