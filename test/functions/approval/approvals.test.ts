import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { Ledger } from '../../../src/conversation/ledger.ts';
import { APPROVALS, TURNS } from '../../../src/conversation/namespaces.ts';
import { Approvals } from '../../../src/functions/approval/approvals.ts';
import type { Question } from '../../../src/functions/approval/question.ts';
import type { Platform } from '../../../src/platform.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';

const CONVERSATION = 'test:1';
const log = pino({ level: 'silent' });
const ANN = { id: 'U1', name: 'Ann' };
const BEN = { id: 'U2', name: 'Ben *Bold*' };
const OPEN: Question = { id: 'q1', approve: 'channel', asker: ANN, until: Date.now() + 3_600_000 };

/** Processes over one store, in which one question is open. */
async function processes(
  question: Partial<Question> = {},
  options: Partial<Platform> = {},
  store = memoryStore(),
) {
  onTestFinished(() => store.close());
  const ledger = new Ledger(store.keyv(TURNS), log);
  const asked = { ...OPEN, ...question };
  const entry = ledger.open(CONVERSATION, { messages: ['m1'], attempts: 0, approvals: { call_1: asked } });
  await entry.kept();
  const open = (over: Pick<Store, 'keyv' | 'setOnce' | 'signals'> = store) =>
    new Approvals({ store: over, ledger, platformOf: () => options, log });
  return { store, entry, question: asked, one: open(), other: open(), open };
}

const says = (person: typeof ANN, isApproved = true, reason?: string) => ({
  conversation: CONVERSATION,
  approval: 'q1',
  person,
  isApproved,
  reason,
});
const NEVER = { signal: new AbortController().signal, onLook: () => {} };

test('of all who press at the same time in several processes one decides, and the others are told who', async () => {
  const { one, other, question } = await processes();
  const waiting = one.awaits(CONVERSATION, question, NEVER);
  const people = Array.from({ length: 20 }, (_, i) => ({ id: `U${i}`, name: `P${i}` }));
  const told = await Promise.all(
    people.map((person, i) => (i % 2 ? one : other).decide(says(person, i % 3 > 0))),
  );
  const decision = await waiting;
  expect(told.filter((sentence) => sentence === undefined)).toHaveLength(1);
  expect(told.indexOf(undefined)).toBe(people.findIndex(({ id }) => id === decision?.by?.id));
  const word = decision?.isApproved ? 'approved' : 'refused';
  const others = told.filter((sentence) => sentence !== undefined);
  expect(new Set(others)).toEqual(new Set([`${decision?.by?.name} has ${word} this already.`]));
});

test('who presses twice is told that it is decided, also in another process', async () => {
  const { one, other } = await processes();
  expect(await one.decide(says(BEN, false, ' too risky '))).toBeUndefined();
  expect(await other.decide(says(BEN))).toBe('Ben ∗Bold∗ has refused this already.');
  expect(await other.objection(says(ANN))).toBe('Ben ∗Bold∗ has refused this already.');
});

test.each<[Partial<Question>, string]>([
  [{ approve: 'asker' }, 'This is not yours to decide: it needs the word of Ann, who asked.'],
  [
    { approve: ['slack:@it', 'slack:U9'] },
    'This is not yours to decide: it needs the word of `slack:@\u200bit` or `slack:U9`.',
  ],
])('a stranger decides nothing: %o', async (question, sentence) => {
  const { one, other, store } = await processes(question, { namesOf: async () => ['slack:@hr', 'slack:U2'] });
  for (const process of [one, other]) {
    expect(await process.objection(says(BEN))).toBe(sentence);
    expect(await process.decide(says(BEN))).toBe(sentence);
  }
  expect(await store.keyv(APPROVALS).get(`${CONVERSATION} q1`)).toBeUndefined();
});

test.each<Partial<Question>>([
  { approve: 'asker' },
  { approve: 'channel' },
  { approve: ['slack:@it', 'slack:U9'] },
])('whose word is asked for decides: %o', async (question) => {
  const { one, other } = await processes(question, { namesOf: async () => ['slack:@it'] });
  expect(await other.objection(says(ANN))).toBeUndefined();
  expect(await other.decide(says(ANN, false, ' not today '))).toBeUndefined();
  const decision = await one.awaits(CONVERSATION, OPEN, NEVER);
  expect(decision).toMatchObject({ isApproved: false, by: ANN, reason: 'not today' });
});

test('after the end, and for what was never asked, nothing is decided', async () => {
  const { one, entry, store } = await processes();
  expect(await one.decide({ ...says(ANN), approval: 'q2' })).toBe(
    'This is not open any more, so nothing came of it.',
  );
  await entry.close();
  expect(await one.decide(says(ANN))).toBe('This is not open any more, so nothing came of it.');
  expect(await store.page(APPROVALS, '', 10)).toEqual([]);
});

test('nobody pressing in time is a no, and whoever comes later is told so', async () => {
  const { one, other, question, store } = await processes({ until: Date.now() - 1 });
  expect(await other.decide(says(ANN))).toBe('The time to decide this is over: it was not done.');
  const decisions = await Promise.all([one, other].map((each) => each.awaits(CONVERSATION, question, NEVER)));
  expect(decisions[0]).toEqual({ isApproved: false, at: expect.any(Number) });
  expect(decisions[1]).toEqual(decisions[0]);
  expect(await store.keyv(APPROVALS).get(`${CONVERSATION} q1`)).toMatchObject({ decision: decisions[0] });
});

test('a press that comes before the time is over counts, whoever looks first afterwards', async () => {
  const { one, other, question } = await processes();
  await other.decide(says(ANN));
  const late = { ...question, until: Date.now() - 1 };
  expect(await one.awaits(CONVERSATION, late, NEVER)).toMatchObject({ isApproved: true, by: ANN });
});

test('who waits hears of a decision at once, and finds one that nobody has told of', async () => {
  const { store, one, other, question, open } = await processes();
  const mute = { ...store, signals: { send: async () => {}, on: () => () => {} } };
  const deaf = open(mute);
  const heard = one.awaits(CONVERSATION, question, NEVER);
  const found = deaf.awaits(CONVERSATION, question, NEVER);
  await sleep(1);
  await other.decide(says(ANN));
  expect(await heard).toMatchObject({ isApproved: true });
  expect(await found).toMatchObject({ isApproved: true });
});

test('a stop ends the wait', async () => {
  const { one, question } = await processes();
  const stop = new AbortController();
  const waiting = one.awaits(CONVERSATION, question, { signal: stop.signal, onLook: () => stop.abort() });
  expect(await waiting).toBeUndefined();
});

test('where it can’t be found out whose word counts, or kept what was said, nobody decides and everybody is told', async () => {
  const unknown = async () => {
    throw new Error('Slack is down.');
  };
  const { one, store, open } = await processes({ approve: ['slack:@it'] }, { namesOf: unknown });
  expect(await one.decide(says(ANN))).toMatch(/could not be found out/);
  const full = open({ ...store, setOnce: unknown });
  const { one: fine } = await processes();
  expect(await fine.objection(says(ANN))).toBeUndefined();
  const { open: again } = await processes();
  expect(await again({ ...store, setOnce: unknown }).decide(says(ANN))).toMatch(/could not be kept/);
  expect(await full.objection({ ...says(ANN), approval: 'q9' })).toMatch(/not open any more/);
});

test('a store that fails for long does not keep a call waiting for ever', async () => {
  const { question, store, open } = await processes({ until: Date.now() - 60_000 });
  const fails = async () => {
    throw new Error('The disk is full.');
  };
  const failing = open({ ...store, setOnce: fails });
  expect(await failing.awaits(CONVERSATION, question, NEVER)).toMatchObject({ isApproved: false });
});
