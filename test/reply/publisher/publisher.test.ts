import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Budget, Claim } from '../../../src/budget.ts';
import { type Call, Gone, RateLimited, type Reply, Unavailable } from '../../../src/platform.ts';
import { Publisher, type PublisherOptions } from '../../../src/reply/publisher/publisher.ts';
import { emptyTranscript, type Transcript } from '../../../src/reply/transcript/transcript.ts';
import type { Limits, Outcome, View } from '../../../src/view.ts';
import { settled, VirtualClock } from './virtual-clock.ts';

const DONE: Outcome = { status: 'completed' };

function transcript(text: string): Transcript {
  const content = [{ index: 0, type: 'text' as const, value: text, annotations: [] }];
  return {
    ...emptyTranscript,
    entries: [{ type: 'message', id: 'm', status: 'in_progress', content, attachments: [] }],
  };
}

function searching(id: string): Transcript {
  const call = { type: 'file_search' as const, index: 0, id, results: [] };
  return {
    ...emptyTranscript,
    entries: [{ type: 'tool_calls', id, status: 'in_progress', tool_calls: [call] }],
  };
}

/** A budget that gives room only when the test says so. */
class Gate implements Budget {
  readonly refusals: number[] = [];
  readonly claims: Claim[] = [];
  #waiting: (() => void)[] = [];

  take(claim: Claim, signal: AbortSignal): Promise<boolean> {
    this.claims.push(claim);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const room = () => resolve(true);
    this.#waiting.push(room);
    signal.addEventListener('abort', () => {
      this.#waiting = this.#waiting.filter((other) => other !== room);
      resolve(false);
    });
    return promise;
  }

  refused(ms: number): void {
    this.refusals.push(ms);
  }

  async open(): Promise<void> {
    this.#waiting.shift()?.();
    await settled();
  }
}

class Screen implements Reply {
  readonly limits: Limits = { characters: 2_000, tables: 'markdown' };
  readonly sent: string[] = [];
  outcome: Outcome | undefined;
  isClosed = false;
  showsCalls = false;
  failWith: Error[] = [];
  keepFirst: Call['keepFirst'];
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  next({ parts, calls, outcome }: View): Call | undefined {
    const text = [
      ...parts.map((part) => part.text),
      ...(this.showsCalls ? calls : []).map(({ id }) => id),
    ].join('');
    if (text === (this.sent.at(-1) ?? '') && outcome === this.outcome) return undefined;
    const send = async () => {
      const failure = this.failWith.shift();
      if (failure) throw failure;
      this.sent.push(text);
      this.outcome = outcome;
    };
    return { budget: this.#budget, send, ...(this.keepFirst && { keepFirst: this.keepFirst }) };
  }

  close(): void {
    this.isClosed = true;
  }
}

function open(options: PublisherOptions = {}) {
  const gate = new Gate();
  const screen = new Screen(gate);
  const style = { toolCall: () => undefined };
  const publisher = new Publisher(screen, style, pino({ level: 'silent' }), options);
  return { gate, screen, publisher };
}

test('an edit that waits for room is replaced by the newer one', async () => {
  const { gate, screen, publisher } = open();
  publisher.update(transcript('a'));
  publisher.update(transcript('ab'));
  publisher.update(transcript('abc'));
  await gate.open();
  expect(screen.sent).toEqual(['abc']);
});

test('the first text and the last edit may use the room that is kept for them, others may not', async () => {
  const { gate, screen, publisher } = open();
  publisher.update(transcript('a'));
  await gate.open();
  publisher.update(transcript('ab'));
  await gate.open();
  publisher.update(transcript('abc'));
  const finished = publisher.finish(DONE);
  await settled();
  await gate.open();
  await finished;
  expect(gate.claims.map(({ room }) => room)).toEqual(['all', 'paced', 'paced', 'all']);
  expect(screen.sent.at(-1)).toBe('abc');
  expect(screen.outcome).toBe(DONE);
});

test.each(['kept', 'left meanwhile'])(
  'what a call asks to have kept first is %s before it goes',
  async (what) => {
    const kept = Promise.withResolvers<void>();
    const asked: unknown[] = [];
    const { gate, screen, publisher } = open({
      keepFirst: (first) => {
        asked.push(first);
        return kept.promise;
      },
    });
    screen.keepFirst = () => ({ posting: true });
    publisher.update(transcript('a'));
    await gate.open();
    expect([asked, screen.sent]).toEqual([[{ posting: true }], []]);
    if (what === 'left meanwhile') publisher.leave();
    kept.resolve();
    await settled();
    expect(screen.sent).toEqual(what === 'kept' ? ['a'] : []);
  },
);

test.each([
  ['seen', ['shared', 'paced', 'all']],
  ['perhaps seen', ['all', 'paced', 'all']],
] as const)(
  'of a reply that another process has begun, %s, the room that is kept is for news of what nobody sees and for the end',
  async (begun, rooms) => {
    const { gate, publisher } = open({ begun });
    publisher.update(transcript('a'));
    await gate.open();
    publisher.update(transcript('ab'));
    const finished = publisher.finish(DONE);
    await settled();
    await gate.open();
    await finished;
    expect(gate.claims.map(({ room }) => room)).toEqual(rooms);
  },
);

test('steps that change before there is text use no room that is kept, but for the first sign of life', async () => {
  const { gate, screen, publisher } = open();
  screen.showsCalls = true;
  for (const id of ['one', 'two', 'three']) {
    publisher.update(searching(id));
    await gate.open();
  }
  publisher.update(transcript('text'));
  await gate.open();
  expect(gate.claims.map(({ room }) => room)).toEqual(['all', 'paced', 'paced', 'all']);
});

test('a rate limit is told to the budget, and what is sent afterwards is the newest state', async () => {
  const { gate, screen, publisher } = open();
  screen.failWith = [new RateLimited(1_500)];
  publisher.update(transcript('a'));
  await gate.open();
  expect(gate.refusals).toEqual([1_500]);
  publisher.update(transcript('abc'));
  await gate.open();
  expect(screen.sent).toEqual(['abc']);
});

test('a last edit that fails is sent again until people see it', async () => {
  const { gate, screen, publisher } = open();
  screen.failWith = [new Error('503'), new RateLimited(1)];
  publisher.update(transcript('whole'));
  const finished = publisher.finish(DONE);
  let over = false;
  void finished.then(() => {
    over = true;
  });
  while (!over) await gate.open();
  expect(screen.sent.at(-1)).toBe('whole');
  expect(screen.outcome).toBe(DONE);
});

test('a reply that was left while a call was under way is not touched again when that fails', async () => {
  const { gate, screen, publisher } = open();
  const call = Promise.withResolvers<never>();
  screen.next = ({ outcome }) => ({
    budget: gate,
    send: async () => {
      if (!outcome) await call.promise;
      screen.sent.push(outcome?.status ?? 'growing');
    },
  });
  publisher.update(transcript('begun'));
  await gate.open();
  publisher.leave();
  const finished = publisher.finish({ status: 'stopped' });
  call.reject(new Unavailable('no answer in time'));
  await settled();
  await gate.open();
  await finished;
  expect(screen.sent).toEqual([]);
});

test('while the platform fails a reply is not given up before ten minutes: its end is seen when it is well again', async () => {
  const whileFailing = async (failures: number) => {
    const clock = new VirtualClock();
    const { gate, screen, publisher } = open({ clock });
    screen.failWith = Array.from({ length: failures }, () => new Unavailable('503'));
    publisher.update(transcript('whole'));
    let over = false;
    void publisher.finish(DONE).then(() => {
      over = true;
    });
    for (let now = 0; !over; now += 1_000) {
      await gate.open();
      await clock.runUntil(now);
    }
    return { sent: screen.sent, minutes: clock.now() / 60_000 };
  };
  expect((await whileFailing(30)).sent).toEqual(['whole']);
  const { sent, minutes } = await whileFailing(1_000);
  expect(sent).toEqual([]);
  expect(Math.floor(minutes)).toBe(10);
});

test('a reply whose place is gone is given up and closed, and finish returns', async () => {
  const { gate, screen, publisher } = open();
  screen.failWith = [new Gone('The channel was deleted.')];
  publisher.update(transcript('a'));
  await gate.open();
  await publisher.finish(DONE);
  publisher.update(transcript('ab'));
  expect(screen.sent).toEqual([]);
  expect(screen.isClosed).toBe(true);
});

test('a reply is closed once people see its end, not before', async () => {
  const { gate, screen, publisher } = open();
  publisher.update(transcript('a'));
  const finished = publisher.finish(DONE);
  await settled();
  expect(screen.isClosed).toBe(false);
  await gate.open();
  await finished;
  expect(screen.isClosed).toBe(true);
});

test('what grew most, and longest ago, is most urgent', async () => {
  const clock = new VirtualClock();
  const urgencyOf = async (growth: string) => {
    const { gate, publisher } = open({ clock });
    publisher.update(transcript('.'));
    await gate.open();
    publisher.update(transcript(`.${growth}`));
    return () => gate.claims.at(-1)?.urgency();
  };
  const fast = await urgencyOf('ten more..');
  const slow = await urgencyOf('four');
  await clock.runUntil(1_000);
  expect([fast(), slow()]).toEqual([10_000, 4_000]);
  await clock.runUntil(2_000);
  expect([fast(), slow()]).toEqual([20_000, 8_000]);
});

/** A reply in messages, one call for each. */
class Pages implements Reply {
  readonly limits: Limits = { characters: 100, tables: 'markdown' };
  readonly sent: string[] = [];
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  next({ parts }: View): Call | undefined {
    const index = parts.findIndex(({ text }, at) => text !== this.sent[at]);
    if (index < 0) return undefined;
    const send = async () => {
      this.sent[index] = parts[index]?.text ?? '';
    };
    return { budget: this.#budget, shows: index + 1, send };
  }
}

/** The urgency, a second later, of a reply in messages that said `before` first, and then `after`. */
async function urgencyOfPages(before: string, after: string) {
  const clock = new VirtualClock();
  const gate = new Gate();
  const pages = new Pages(gate);
  const publisher = new Publisher(pages, { toolCall: () => undefined }, pino({ level: 'silent' }), { clock });
  publisher.update(transcript(before));
  await gate.open();
  publisher.update(transcript(after));
  await clock.runUntil(1_000);
  return { sent: pages.sent, urgency: gate.claims.at(-1)?.urgency() ?? 0 };
}

test('what has no room in a message is not taken for shown with it', async () => {
  const [start, rest] = ['word '.repeat(20), 'the rest'];
  const { sent, urgency } = await urgencyOfPages(start + rest, start + rest);
  expect(sent).toEqual([start.trim()]);
  expect(urgency).toBe(rest.length * 1_000);
});

test('a call after which a message is whole is more urgent than one for a message that goes on', async () => {
  const whole = await urgencyOfPages('a'.repeat(10), 'a'.repeat(101));
  const goesOn = await urgencyOfPages('a'.repeat(10), 'a'.repeat(100));
  expect(goesOn.urgency).toBe(90_000);
  expect(whole.urgency).toBe(910_000);
});

test('a message that gets whole while its call waits is more urgent from then on', async () => {
  const clock = new VirtualClock();
  const gate = new Gate();
  const publisher = new Publisher(new Pages(gate), { toolCall: () => undefined }, pino({ level: 'silent' }), {
    clock,
  });
  publisher.update(transcript('a'));
  await gate.open();
  publisher.update(transcript('a'.repeat(51)));
  await clock.runUntil(1_000);
  const [, claim] = gate.claims;
  expect(claim?.urgency()).toBe(50_000);
  publisher.update(transcript('a'.repeat(251)));
  expect(claim?.urgency()).toBe(2_500_000);
});
