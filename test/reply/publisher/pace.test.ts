import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { type Call, type Pace, type Reply, unlimited } from '../../../src/platform.ts';
import { Publisher } from '../../../src/reply/publisher/publisher.ts';
import { type Entry, emptyTranscript, type Transcript } from '../../../src/reply/transcript/transcript.ts';
import type { View } from '../../../src/view.ts';
import { VirtualClock } from './virtual-clock.ts';

const PACE: Pace = { leastMs: 500, mostMs: 1_500 };
const WORD = 'word ';

function message(text: string, id = 'm'): Entry {
  const content = [{ index: 0, type: 'text' as const, value: text, annotations: [] }];
  return { type: 'message', id, status: 'in_progress', content, attachments: [] };
}

function search(status: 'in_progress' | 'completed'): Entry {
  const call = { type: 'file_search' as const, index: 0, id: 'search', results: [] };
  return { type: 'tool_calls', id: 'step', status, tool_calls: [call] };
}

function calls(doing?: string): Entry {
  const call = { type: 'function' as const, index: 0, id: 'c', name: 'f', arguments: '{}', output: null };
  const now = doing === undefined ? call : { ...call, doing };
  return { type: 'tool_calls', id: 'step', status: 'in_progress', tool_calls: [now] };
}

/** A reply that is shown at once whenever it is sent; when, and what of it. */
class Paced implements Reply {
  readonly limits = { characters: 10_000, tables: 'markdown' } as const;
  readonly pace = PACE;
  readonly sent: { at: number; text: string; tools: string }[] = [];
  readonly #clock: VirtualClock;
  #isOver = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  next({ parts, calls, outcome }: View): Call | undefined {
    const text = parts.map((part) => part.text).join('');
    const tools = calls.map(({ status, call }) => ('doing' in call ? call.doing : status)).join();
    const last = this.sent.at(-1);
    if (text === (last?.text ?? '') && tools === (last?.tools ?? '') && !outcome === !this.#isOver)
      return undefined;
    const send = async () => {
      this.#isOver = outcome !== undefined;
      this.sent.push({ at: this.#clock.now(), text, tools });
    };
    return { budget: unlimited, send };
  }
}

function open() {
  const clock = new VirtualClock();
  const reply = new Paced(clock);
  const publisher = new Publisher(reply, { toolCall: () => undefined }, pino({ level: 'silent' }), { clock });
  const told = (...entries: Entry[]) => publisher.update({ ...emptyTranscript, entries } as Transcript);
  /** Words come at an even pace from now on. */
  const flows = async (words: number, everyMs: number) => {
    for (let word = 1; word <= words; word++) {
      told(message(WORD.repeat(word)));
      await clock.runUntil(clock.now() + everyMs);
    }
  };
  return { clock, reply, publisher, told, flows };
}

test('a text that flows faster than anybody reads is shown in a few calls, its first words and its end at once', async () => {
  const { clock, reply, publisher, flows } = open();
  await flows(300, 20);
  await publisher.finish({ status: 'completed' });
  expect(reply.sent.length).toBeLessThanOrEqual(6);
  expect(reply.sent[0]).toMatchObject({ at: 0, text: WORD.trim() });
  expect(reply.sent.at(-1)).toMatchObject({ at: clock.now(), text: WORD.repeat(300).trim() });
});

test('nobody who reads sees a text stand still for longer than the pace, nor twice within its least', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 5, max: 700 }), async (everyMs) => {
      const { reply, flows } = open();
      await flows(Math.ceil(10_000 / everyMs), everyMs);
      const times = reply.sent.map(({ at }) => at);
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(PACE.leastMs);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(PACE.mostMs + everyMs);
    }),
    { numRuns: 30 },
  );
});

test('a text that comes more slowly than one reads is shown as soon as all before it is read', async () => {
  const { reply, flows } = open();
  await flows(20, 600);
  expect(reply.sent).toHaveLength(20);
});

test('a tool that is called, or done, and the message after it interrupt the pause between two calls', async () => {
  const { clock, reply, told } = open();
  told(message('Let me see.'));
  await clock.runUntil(50);
  told(message('Let me see. First'));
  await clock.runUntil(100);
  told(message('Let me see. First'), search('in_progress'));
  await clock.runUntil(200);
  told(message('Let me see. First'), search('completed'));
  await clock.runUntil(300);
  told(message('Let me see. First'), search('completed'), message('Found', 'n'));
  await clock.runUntil(301);
  expect(reply.sent.map(({ at, tools }) => ({ at, tools }))).toEqual([
    { at: 0, tools: '' },
    { at: 100, tools: 'in_progress' },
    { at: 200, tools: 'completed' },
    { at: 300, tools: 'completed' },
  ]);
});

test('a stop in the pause between two calls is shown at once', async () => {
  const { clock, reply, publisher, told } = open();
  told(message('One'));
  await clock.runUntil(100);
  told(message('One two'));
  await clock.runUntil(200);
  publisher.stop();
  await publisher.finish({ status: 'stopped' });
  expect(reply.sent.at(-1)).toMatchObject({ at: 200, text: 'One' });
});

test.each([
  ['a text that is read', 'One'],
  ['a very long answer', WORD.repeat(10_000)],
])('what a call does right now is shown at once, also after %s', async (_, before) => {
  const { clock, reply, told } = open();
  told(message(before));
  await clock.runUntil(600);
  told(message(before), message('two', 'n'));
  await clock.runUntil(700);
  told(message(before), message('two', 'n'), calls());
  await clock.runUntil(710);
  told(message(before), message('two', 'n'), calls('Looking'));
  await clock.runUntil(720);
  told(message(before), message('two', 'n'), calls('Writing'));
  await clock.runUntil(730);
  expect(reply.sent.slice(-3).map(({ at, tools }) => [at, tools])).toEqual([
    [700, 'in_progress'],
    [710, 'Looking'],
    [720, 'Writing'],
  ]);
});

test('in the pause between two calls a new piece of an answer costs no look at the steps that came before', async () => {
  const { clock, told } = open();
  let looks = 0;
  const get = (entry: Entry, name: string | symbol) => {
    looks++;
    return Reflect.get(entry, name);
  };
  const steps = Array.from({ length: 50 }, (_, index) => ({ ...search('completed'), id: `step ${index}` }));
  const watched = steps.map((step) => new Proxy(step, { get }));
  told(...watched, message('One'));
  await clock.runUntil(1);
  told(...watched, message('One two'));
  await clock.runUntil(2);
  looks = 0;
  for (let word = 3; word < 20; word++) told(...watched, message(WORD.repeat(word)));
  expect(looks).toBe(0);
});
