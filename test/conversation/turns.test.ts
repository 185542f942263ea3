import fc from 'fast-check';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { Ledger, type TurnRecord } from '../../src/conversation/ledger.ts';
import { type TakeTurn, Turns, type TurnTask } from '../../src/conversation/turns.ts';
import type { IncomingMessage } from '../../src/platform.ts';
import type { Queue } from '../../src/store/queue.ts';
import { memoryStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { hurryClock } from '../sim/hurried-clock.ts';

const log = pino({ level: 'silent' });

const message = (conversation: string, text: string): IncomingMessage => ({
  id: text,
  conversation,
  author: { id: 'u1', name: 'Ann' },
  text,
});

const texts = ({ messages }: Pick<TurnTask, 'messages'>) => messages.map(({ text }) => text);

/** A process that takes turns over a store, which outlives it. */
async function turnsOver(
  takeTurn: TakeTurn,
  store: Store = memoryStore(),
  queue: Queue<IncomingMessage> = store.queue('test'),
) {
  const turns = new Turns({ queue, ledger: new Ledger(store.keyv('turns'), log), takeTurn, log });
  await turns.start();
  const close = async (graceMs: number) => {
    await turns.end(graceMs);
    await turns.leave();
  };
  onTestFinished(() => close(0));
  const push = (conversation: string, text: string) => turns.receive(message(conversation, text)).answered;
  return { turns, push, store, close };
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });

test('messages that arrive during a turn are answered together, in order, by one following turn', async () => {
  const taken: string[][] = [];
  const first = Promise.withResolvers<void>();
  const { push } = await turnsOver(async (task) => {
    taken.push(texts(task));
    if (taken.length === 1) await first.promise;
    return 'over';
  });
  const answered = push('c', '1');
  await expect.poll(() => taken).toEqual([['1']]);
  const later = [push('c', '2'), push('c', '3')];
  await expect.poll(async () => taken.length).toBe(1);
  first.resolve();
  await Promise.all([answered, ...later]);
  expect(taken).toEqual([['1'], ['2', '3']]);
});

test('one conversation does not wait for another', async () => {
  const endless = Promise.withResolvers<void>();
  const { push } = await turnsOver(async ({ messages }) => {
    if (messages[0]?.conversation === 'slow') await endless.promise;
    return 'over';
  });
  void push('slow', '1');
  await expect(push('quick', '1')).resolves.toBeUndefined();
  endless.resolve();
});

test('a message that is delivered twice is answered once, at once, later and after a restart', async () => {
  const taken: string[][] = [];
  const takeTurn: TakeTurn = async (task) => {
    taken.push(texts(task));
    return 'over';
  };
  const { push, close, store } = await turnsOver(takeTurn);
  await Promise.all([push('c', '1'), push('c', '1')]);
  await push('c', '1');
  await close(0);
  const next = await turnsOver(takeTurn, store);
  await next.push('c', '1');
  await next.push('elsewhere', '1');
  expect(taken).toEqual([['1'], ['1']]);
});

test('stop aborts only the turn that runs, and what waits behind it is answered', async () => {
  const taken: string[][] = [];
  const { push, turns } = await turnsOver(async (task) => {
    taken.push(texts(task));
    if (taken.length === 1) await aborted(task.stop);
    else expect(task.stop.aborted).toBe(false);
    return 'over';
  });
  const answered = push('c', '1');
  await expect.poll(() => taken).toEqual([['1']]);
  const later = push('c', '2');
  expect(turns.stop('c')).toBe(true);
  await Promise.all([answered, later]);
  expect(taken).toEqual([['1'], ['2']]);
  expect(turns.stop('c')).toBe(false);
});

test('a process that closes lets a turn end within its grace, and begins no more', async () => {
  const taken: string[][] = [];
  const end = Promise.withResolvers<void>();
  const { push, turns, close, store } = await turnsOver(async (task) => {
    taken.push(texts(task));
    await Promise.race([end.promise, aborted(task.leave)]);
    return task.leave.aborted ? 'left' : 'over';
  });
  void push('c', '1');
  await expect.poll(() => taken).toEqual([['1']]);
  await turns.receive(message('c', '2')).kept;
  const closed = close(60_000);
  end.resolve();
  await closed;
  expect(taken).toEqual([['1']]);
  await turnsOver(async (task) => {
    taken.push(texts(task));
    return 'over';
  }, store);
  await expect.poll(() => taken).toEqual([['1'], ['2']]);
});

test('what a process leaves is gone on with by the next one, which gets to know what was done', async () => {
  const taken = Promise.withResolvers<void>();
  const { push, turns, close, store } = await turnsOver(async ({ entry, leave }) => {
    taken.resolve();
    entry.note({ reply: { ts: '1.1' } });
    await aborted(leave);
    await entry.kept();
    return 'left';
  });
  void push('c', '1');
  await taken.promise;
  await turns.receive(message('c', '2')).kept;
  await close(0);
  const seen: [string[], TurnRecord | undefined][] = [];
  await turnsOver(async (task) => {
    seen.push([texts(task), task.begun?.record]);
    return 'over';
  }, store);
  await expect.poll(() => seen.length).toBe(2);
  expect(seen[0]?.[0]).toEqual(['1']);
  expect(seen[0]?.[1]).toMatchObject({ messages: ['1'], reply: { ts: '1.1' } });
  expect(seen[1]).toEqual([['2'], undefined]);
});

test.each([
  [true, undefined, true],
  [true, { messages: ['1'], attempts: 0 }, undefined],
  [undefined, undefined, undefined],
] as const)(
  'where posts are kept first (%j), a turn says so from its beginning, unless an earlier release has begun it (%j)',
  async (keepsFirst, earlier, says) => {
    const store = memoryStore();
    const kept = store.keyv<TurnRecord>('turns');
    const begins = async () => {
      const { promise: isRecorded, resolve } = Promise.withResolvers<TurnRecord>();
      const takeTurn: TakeTurn = async ({ entry }) => {
        await entry.kept();
        resolve(entry.record);
        return 'left';
      };
      const ledger = new Ledger(kept, log);
      const turns = new Turns({ queue: store.queue('test'), ledger, takeTurn, keepsFirst, log });
      await turns.start();
      void turns.receive(message('c', '1'));
      const record = await isRecorded;
      await turns.end(0);
      await turns.leave();
      return record;
    };
    await begins();
    if (earlier) await kept.set('c', earlier);
    const record = await begins();
    expect(record.keepsFirst).toBe(says);
  },
);

test('a record that a process has left of an earlier turn is none of the next one', async () => {
  const store = memoryStore();
  const kept = store.keyv<TurnRecord>('turns');
  const { push, close } = await turnsOver(async () => 'left', store);
  void push('c', '2');
  await expect.poll(async () => (await kept.get('c'))?.messages).toEqual(['2']);
  await close(0);
  // The process that answered message 1 died between taking it out of the queue and deleting its record.
  const reply = { part: 'of message 1' };
  await kept.set('c', { messages: ['1'], attempts: 3, reply });
  const taken: TurnTask[] = [];
  await turnsOver(async (task) => {
    taken.push(task);
    return 'over';
  }, store);
  await expect.poll(() => taken.map(texts)).toEqual([['2']]);
  expect(taken[0]?.begun).toEqual({ record: undefined });
  expect(taken[0]?.entry.record).toEqual({ messages: ['2'], attempts: 0 });
});

test.each(['left', 'over'] as const)(
  'a process that has lost a conversation (%s) writes nothing over the record of whoever has it',
  async (end) => {
    const store = memoryStore();
    const lost = new AbortController();
    const ledger = new Ledger(store.keyv('turns'), log);
    const theirs: TurnRecord = { messages: ['2'], attempts: 0 };
    const { push } = await turnsOver(
      async ({ entry }) => {
        await entry.kept();
        lost.abort();
        await ledger.open('c', theirs).kept();
        entry.note({ reply: { late: true } });
        await entry.kept();
        return end;
      },
      store,
      losing(store.queue('test'), lost.signal),
    );
    await push('c', '1');
    expect(await ledger.find('c')).toEqual(theirs);
  },
);

/** The queue, whose claims are lost with a signal. */
function losing(queue: Queue<IncomingMessage>, lost: AbortSignal): Queue<IncomingMessage> {
  const start: typeof queue.start = (work) =>
    queue.start((claim) =>
      work(new Proxy(claim, { get: (of, name) => (name === 'lost' ? lost : bound(of, name)) })),
    );
  return new Proxy(queue, { get: (of, name) => (name === 'start' ? start : bound(of, name)) });
}

function bound(of: object, name: string | symbol): unknown {
  const value = Reflect.get(of, name, of);
  return typeof value === 'function' ? value.bind(of) : value;
}

test('a record that makes no sense costs the turn only what is not found again', async () => {
  const { push, turns, close, store } = await turnsOver(async ({ leave }) => {
    await aborted(leave);
    return 'left';
  });
  void push('c', '1');
  await turns.receive(message('c', '2')).kept;
  await close(0);
  await store.keyv('turns').set('c', { messages: 'all of them' });
  const seen: TurnTask[] = [];
  await turnsOver(async (task) => {
    seen.push(task);
    return 'over';
  }, store);
  await expect.poll(() => seen.map(texts)).toEqual([['1', '2']]);
  expect(seen[0]?.begun).toEqual({ record: undefined });
});

test('a message that can’t be kept is taken all the same, so that its author is told', async () => {
  const store = memoryStore();
  const queue = store.queue<IncomingMessage>('test');
  const broken = {
    ...queue,
    start: async () => {},
    stop: async () => {},
    put: async () => Promise.reject(new Error('full')),
  };
  const taken: string[][] = [];
  const { turns } = await turnsOver(
    async (task) => {
      taken.push(texts(task));
      return 'over';
    },
    store,
    broken,
  );
  hurryClock(50);
  const { kept, answered } = turns.receive(message('c', '1'));
  await kept;
  await answered;
  expect(taken).toEqual([['1']]);
});

test('whatever arrives whenever, every message is answered once, in order, one turn at a time', async () => {
  const arrivals = fc.array(fc.record({ conversation: fc.constantFrom('a', 'b', 'c'), pause: fc.nat(3) }));
  await fc.assert(
    fc.asyncProperty(arrivals, fc.nat(3), async (list, work) => {
      const answered: Record<string, string[]> = {};
      const running = new Set<string>();
      const { push } = await turnsOver(async (task) => {
        const conversation = task.messages[0]?.conversation ?? '';
        expect(running.has(conversation)).toBe(false);
        running.add(conversation);
        for (let i = 0; i < work; i++) await Promise.resolve();
        answered[conversation] = [...(answered[conversation] ?? []), ...texts(task)];
        running.delete(conversation);
        return 'over';
      });
      const sent: Record<string, string[]> = {};
      const done: Promise<void>[] = [];
      for (const [index, { conversation, pause }] of list.entries()) {
        for (let i = 0; i < pause; i++) await Promise.resolve();
        sent[conversation] = [...(sent[conversation] ?? []), String(index)];
        done.push(push(conversation, String(index)));
      }
      await Promise.all(done);
      expect(answered).toEqual(sent);
    }),
  );
});
