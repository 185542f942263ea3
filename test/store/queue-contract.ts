import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Claim, Entry, Queue } from '../../src/store/queue.ts';
import type { Store } from '../../src/store/store.ts';

/** A database and the stores over it. */
export interface QueueScene {
  /** A store over what the ones before it kept, which is closed after the test. */
  open(): Promise<Store>;
  /** Ends a store as `kill -9` ends its process: nothing is given back. */
  crash(store: Store): Promise<void>;
  /** Cuts the connections by which processes are known to be alive, where there are any; they come back by themselves. */
  cut?(): Promise<unknown>;
}

let names = 0;
/** A name that no other test uses. */
const fresh = () => `queue-${names++}`;

const entry = (id: string, key = 'a'): Entry<string> => ({ id, key, data: `text of ${id}` });

/** A worker that notes what it is given and goes on when it is told to. */
export function worker() {
  const given: { key: string; isTakenOver: boolean; ids: string[]; claim: Claim<string>; end(): void }[] = [];
  const work = async (claim: Claim<string>) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const ids = (await claim.entries()).map(({ id }) => id);
    given.push({ key: claim.key, isTakenOver: claim.isTakenOver, ids, claim, end: resolve });
    await promise;
  };
  /** Waits for so many claims, and gives the last of them. */
  const nth = async (count: number) => {
    await expect.poll(() => given.length).toBeGreaterThanOrEqual(count);
    const found = given[count - 1];
    if (!found) throw new Error('That was not given.');
    return found;
  };
  return { work, given, nth };
}

/** A worker that does everything at once, and notes the ids in their order. */
function diligent() {
  const done: string[] = [];
  const work = async (claim: Claim<string>) => {
    const ids = (await claim.entries()).map(({ id }) => id);
    done.push(...ids);
    await claim.done(ids);
  };
  return { work, done };
}

/** What every queue must do. */
export function queueContract(scene: () => QueueScene): void {
  const open = () => scene().open();
  const openQueue = async (): Promise<Queue<string>> => (await open()).queue<string>(fresh());

  test('the entries of a key come in their order, whole, and those of other keys do not wait', async () => {
    const queue = await openQueue();
    const puts = ['1', '2', '3'].map((id) => queue.put(entry(id)));
    expect(await Promise.all([...puts, queue.put(entry('x', 'b'))])).toEqual([true, true, true, true]);
    const { work, nth, given } = worker();
    await queue.start(work);
    await nth(2);
    expect(given.map(({ key, ids }) => [key, ids]).sort()).toEqual([
      ['a', ['1', '2', '3']],
      ['b', ['x']],
    ]);
    expect(await given.find(({ key }) => key === 'a')?.claim.entries()).toEqual(
      ['1', '2', '3'].map((id) => entry(id)),
    );
    expect(await queue.depth()).toBe(4);
  });

  test.each([
    ['any JSON', { a: [1, null, true, 'x'], b: {} }],
    ['a text that PostgreSQL would not take as JSON', 'a\0b \ud800 "\\'],
    ['null', null],
  ])('%s comes back as it was', async (_, data) => {
    const queue = (await open()).queue<unknown>(fresh());
    const got: unknown[] = [];
    await queue.put({ id: "it's", key: 'ключ:%_"', data });
    await queue.start(async (claim) => {
      for (const one of await claim.entries()) got.push(one);
      await claim.done(["it's"]);
    });
    await expect.poll(() => got).toEqual([{ id: "it's", key: 'ключ:%_"', data }]);
  });

  test('an entry that was put before is not put again, whether it waits, is worked on or is done', async () => {
    const queue = await openQueue();
    expect(await queue.put(entry('1'))).toBe(true);
    expect(await queue.put(entry('1'))).toBe(false);
    const { work, nth } = worker();
    await queue.start(work);
    const { claim, end } = await nth(1);
    expect(await queue.put(entry('1'))).toBe(false);
    await claim.done(['1']);
    end();
    expect(await queue.put({ ...entry('1'), key: 'another' })).toBe(false);
    expect(await queue.depth()).toBe(0);
  });

  test('the same id in two queues is two entries', async () => {
    const store = await open();
    const [one, two] = [store.queue<string>(fresh()), store.queue<string>(fresh())];
    expect([await one.put(entry('1')), await two.put(entry('1'))]).toEqual([true, true]);
    expect([await one.forget('a'), await one.depth(), await two.depth()]).toEqual([1, 0, 1]);
  });

  test('what comes while its key is worked on is seen by the worker, or given out when the work is over', async () => {
    const queue = await openQueue();
    const { work, nth, given } = worker();
    await queue.start(work);
    await queue.put(entry('1'));
    const first = await nth(1);
    await queue.put(entry('2'));
    await queue.put(entry('other', 'b'));
    expect((await nth(2)).key).toBe('b');
    expect((await first.claim.entries()).map(({ id }) => id)).toEqual(['1', '2']);
    // Not the one that was given out first, so that what is done first is one that was never fetched.
    await first.claim.done(['2']);
    expect((await first.claim.entries()).map(({ id }) => id)).toEqual(['1']);
    await first.claim.done(['1', 'unknown']);
    await queue.put(entry('3'));
    expect(given).toHaveLength(2);
    first.end();
    const next = await nth(3);
    expect([next.ids, next.isTakenOver]).toEqual([['3'], false]);
  });

  test('what was not done is given out again, and the worker is told', async () => {
    const queue = await openQueue();
    const { work, nth } = worker();
    await queue.start(work);
    await queue.put(entry('1'));
    await queue.put(entry('2'));
    const first = await nth(1);
    expect(first.isTakenOver).toBe(false);
    first.end();
    const again = await nth(2);
    expect([again.ids, again.isTakenOver]).toEqual([['1', '2'], true]);
    await again.claim.done(['1', '2']);
    again.end();
    await queue.put(entry('3'));
    const last = await nth(3);
    expect([last.ids, last.isTakenOver]).toEqual([['3'], false]);
  });

  test('after stop nothing is given out, and what is left is there at the next start', async () => {
    const queue = await openQueue();
    const { work, nth, given } = worker();
    await queue.start(work);
    await queue.put(entry('1'));
    const first = await nth(1);
    await queue.stop();
    await queue.put(entry('2'));
    await queue.put(entry('x', 'b'));
    await first.claim.done(['1']);
    first.end();
    expect(await queue.depth()).toBe(2);
    expect(given).toHaveLength(1);
    const { work: again, done } = diligent();
    await queue.start(again);
    await expect.poll(() => done.toSorted()).toEqual(['2', 'x']);
    await expect.poll(() => queue.depth()).toBe(0);
  });

  test('a key is forgotten with all that was done, and its worker finds nothing left', async () => {
    const queue = await openQueue();
    const { work, nth } = worker();
    await queue.start(work);
    await queue.put(entry('1'));
    const { claim } = await nth(1);
    await queue.put(entry('2'));
    await queue.put(entry('x', 'ab'));
    expect((await queue.keysWaiting()).toSorted()).toEqual(['a', 'ab']);
    await claim.done(['1']);
    expect(await queue.forget('a')).toBe(2);
    expect(await claim.entries()).toEqual([]);
    await claim.done(['2']);
    expect(await queue.put(entry('1'))).toBe(true);
    expect([...(await queue.keysSince(0)).keys()]).toEqual(['a', 'ab']);
  });

  test('the keys of what was put since a time are there, done or not, the newest first', async () => {
    const queue = await openQueue();
    const { work, done } = diligent();
    await queue.start(work);
    const before = Date.now() - 1_000;
    for (const [id, key] of [
      ['1', 'a'],
      ['2', 'b'],
      ['3', 'a'],
    ] as const)
      await queue.put(entry(id, key));
    await expect.poll(() => done.length).toBe(3);
    await expect.poll(() => queue.keysWaiting()).toEqual([]);
    const used = await queue.keysSince(before);
    expect([...used.keys()]).toEqual(['a', 'b']);
    for (const at of used.values()) expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
    expect(await queue.keysSince(Date.now() + 60_000)).toEqual(new Map());
  });

  test('signals reach those who listen to their topic, until they have heard enough', async () => {
    const { signals } = await open();
    const heard: string[] = [];
    const enough = signals.on('error', (text) => heard.push(text));
    signals.on('other', (text) => heard.push(`other ${text}`));
    await signals.send('error', 'a "quoted" ключ\0');
    await expect.poll(() => heard).toEqual(['a "quoted" ключ\0']);
    enough();
    await signals.send('error', 'unheard');
    await signals.send('other', 'last');
    await expect.poll(() => heard.at(-1)).toBe('other last');
    expect(heard).toHaveLength(2);
    await signals.send('error', 'x'.repeat(7_980));
    await expect(signals.send('error', 'ж'.repeat(4_000))).rejects.toThrow(RangeError);
  });
}

/** What every queue must do that outlives its process. */
export function survivalContract(scene: () => QueueScene): void {
  test('what a dead process had is taken over, and what it had not begun is not', async () => {
    const name = fresh();
    const dead = await scene().open();
    const queue = dead.queue<string>(name);
    const { work, nth } = worker();
    await queue.start(work);
    for (const [id, key] of [
      ['1', 'done'],
      ['2', 'begun'],
      ['3', 'begun'],
    ] as const)
      await queue.put(entry(id, key));
    await (await nth(1)).claim.done(['1']);
    await nth(2);
    await queue.stop();
    await queue.put(entry('4', 'fresh'));
    await scene().crash(dead);
    const next = worker();
    await (await scene().open()).queue<string>(name).start(next.work);
    await next.nth(2);
    // Which comes first is up to how soon the death is noticed.
    const given = next.given.map(({ key, ids, isTakenOver }) => [key, ids, isTakenOver]);
    expect(given.toSorted()).toEqual([
      ['begun', ['2', '3'], true],
      ['fresh', ['4'], false],
    ]);
  });

  test('what a process still had when it closed is taken over', async () => {
    const name = fresh();
    const closing = await scene().open();
    const queue = closing.queue<string>(name);
    const { work, nth } = worker();
    await queue.start(work);
    await queue.put(entry('1'));
    await nth(1);
    await queue.put(entry('2'));
    await closing.close();
    const next = worker();
    await (await scene().open()).queue<string>(name).start(next.work);
    const { ids, isTakenOver } = await next.nth(1);
    expect([ids, isTakenOver]).toEqual([['1', '2'], true]);
  });

  test('whatever is put, done, crashed and started, each entry comes to its end once its time, in its order', async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant('put' as const), key: fc.constantFrom('a', 'b', 'c') }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('again' as const), number: fc.nat(5) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const name = fresh();
        const history = new History();
        let { store, queue } = await history.begin(scene(), name);
        const put: Entry<string>[] = [];
        for (const one of steps) {
          if (one.do === 'put') {
            const next = entry(`${put.length}`, one.key);
            put.push(next);
            expect(await queue.put(next)).toBe(true);
          } else if (one.do === 'again') {
            const old = put[one.number];
            if (old) expect(await queue.put(old)).toBe(false);
          } else if (one.do === 'cut') {
            await scene().cut?.();
          } else if (one.do === 'turn') {
            await new Promise(setImmediate);
          } else {
            history.end();
            await (one.do === 'crash' ? scene().crash(store) : store.close());
            ({ store, queue } = await history.begin(scene(), name));
          }
        }
        await expect.poll(() => queue.depth()).toBe(0);
        await store.close();
        history.check(put);
      }),
      { numRuns: 15 },
    );
  });
}

/** What workers of one store after the other have done. */
class History {
  /** The store whose workers count. */
  #store: Store | undefined;
  readonly #done: string[] = [];
  #busy = new Set<string>();
  #overlaps = 0;

  async begin(scene: QueueScene, name: string) {
    const store = await scene.open();
    const queue = store.queue<string>(name);
    this.#store = store;
    this.#busy = new Set();
    await queue.start((claim) => this.#work(claim, store, this.#busy).catch(() => {}));
    return { store, queue };
  }

  /** What the workers do from now on does not count. */
  end(): void {
    this.#store = undefined;
  }

  async #work(claim: Claim<string>, store: Store, busy: Set<string>): Promise<void> {
    if (busy.has(claim.key)) this.#overlaps++;
    busy.add(claim.key);
    try {
      const [first] = await claim.entries();
      await new Promise(setImmediate);
      if (!first) return;
      await claim.done([first.id]);
      if (this.#store === store) this.#done.push(first.id);
    } finally {
      busy.delete(claim.key);
    }
  }

  /** One worker a key; each entry done once, where its process lived to note it; and those of a key in their order. */
  check(put: readonly Entry<string>[]): void {
    expect(this.#overlaps).toBe(0);
    const known = new Set(this.#done);
    expect(known.size).toBe(this.#done.length);
    for (const key of new Set(put.map((one) => one.key))) {
      const ids = put.filter((one) => one.key === key).map(({ id }) => id);
      expect(this.#done.filter((id) => ids.includes(id))).toEqual(ids.filter((id) => known.has(id)));
    }
  }
}
