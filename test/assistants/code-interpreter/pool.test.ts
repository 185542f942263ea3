import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Pool } from '../../../src/assistants/code-interpreter/pool.ts';
import { Started, settle } from './started.ts';

const PROCESSES = 3;
const SESSIONS = ['a', 'b', 'c', 'd', 'e', 'f'];
const IDLE_MS = 1_000;

type Step =
  | { type: 'take' | 'release' | 'discard' | 'abort' | 'die'; session: string }
  | { type: 'start' | 'fail'; which: number }
  | { type: 'warm' | 'idle' | 'tick' };

const session = fc.constantFrom(...SESSIONS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('take' as const), session }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('release' as const), session }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom('discard' as const, 'abort' as const, 'die'), session }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('start' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('fail' as const), which: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('warm' as const, 'idle', 'tick') }) },
);

interface Call {
  session: string;
  stopping: AbortController;
  state: 'asked' | 'waits' | 'has' | 'over';
  python?: Started;
}

/** A pool, what was asked of it, and every process that it ever started. */
class Scene {
  readonly all: Started[] = [];
  readonly calls: Call[] = [];
  /** In the order in which they asked, and who of them was given a process anew, in this order. */
  readonly asked: Call[] = [];
  readonly served: Call[] = [];
  readonly pool = new Pool(
    () => {
      const process = new Started();
      this.all.push(process);
      return process.promise;
    },
    { processes: PROCESSES, idleMs: IDLE_MS },
  );

  living(): Started[] {
    return this.all.filter(({ isDead }) => !isDead);
  }

  async do(next: Step): Promise<void> {
    const call = 'session' in next ? this.calls.find((each) => each.session === next.session) : undefined;
    const starting = this.all.filter(({ isStarting }) => isStarting);
    switch (next.type) {
      case 'take':
        if (!call) this.#take(next.session);
        break;
      case 'release':
      case 'discard':
        if (call?.state !== 'has') break;
        this.#over(call);
        if (next.type === 'release' && !call.python?.isDead) this.pool.release(call.session);
        else this.pool.discard(call.session);
        break;
      case 'abort':
        if (call?.state === 'waits') call.stopping.abort(new Error('stopped'));
        break;
      case 'die':
        call?.python?.kill();
        break;
      case 'start':
      case 'fail':
        starting[next.which % starting.length]?.settle(next.type === 'fail' ? new Error('no') : undefined);
        break;
      case 'warm':
        this.pool.warmUp().catch(() => {});
        break;
      case 'idle':
        vi.advanceTimersByTime(IDLE_MS);
        break;
      case 'tick':
        await settle();
    }
  }

  #take(session: string): void {
    const call: Call = { session, stopping: new AbortController(), state: 'asked' };
    this.calls.push(call);
    this.asked.push(call);
    const onWait = () => {
      call.state = 'waits';
    };
    this.pool.take({ session }, call.stopping.signal, onWait).then(
      ({ python, fresh }) => {
        // Who has a process has it alone.
        expect(this.calls.some((other) => other.state === 'has' && other.python === python)).toBe(false);
        if (fresh) this.served.push(call);
        Object.assign(call, { state: 'has', python });
      },
      () => this.#over(call),
    );
  }

  /** Lets every start that was begun come to its end. */
  async calm(): Promise<void> {
    do {
      for (const process of this.all) if (process.isStarting) process.settle();
      await settle();
    } while (this.all.some(({ isStarting }) => isStarting));
  }

  #over(call: Call): void {
    call.state = 'over';
    this.calls.splice(this.calls.indexOf(call), 1);
  }
}

beforeAll(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterAll(() => void vi.useRealTimers());

it('never has more processes than it may, loses none, and leaves nobody in line who could be served', async () => {
  const steps = fc.array(step, { minLength: 20, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(steps, async (order) => {
      const scene = new Scene();
      for (const next of order) {
        await scene.do(next);
        expect(scene.living().length).toBeLessThanOrEqual(PROCESSES);
      }
      // Whoever has a process gives it back, until nobody waits any more.
      for (let turn = 0; turn === 0 || scene.calls.length > 0; turn++) {
        await scene.calm();
        const holders = scene.calls.filter(({ state }) => state === 'has');
        expect(holders.length).toBe(Math.min(scene.calls.length, PROCESSES));
        for (const { session } of holders) await scene.do({ type: 'release', session });
      }
      await scene.calm();
      await scene.do({ type: 'idle' });
      await scene.calm();
      // Only the spare is left, where one is kept at all.
      expect(scene.living().length).toBeLessThanOrEqual(1);
      scene.pool.close();
      expect(scene.living()).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

it('serves first who asked first, whatever else happens', async () => {
  /** Processes start in the order in which they were asked for; which of two starts ends first is not the pool's doing. */
  const inOrder = step
    .filter(({ type }) => type !== 'warm')
    .map((next): Step => ('which' in next ? { ...next, which: 0 } : next));
  await fc.assert(
    fc.asyncProperty(fc.array(inOrder, { minLength: 40, maxLength: 120 }), async (order) => {
      const scene = new Scene();
      for (const next of order) await scene.do(next);
      expect(scene.served).toEqual(scene.asked.filter((call) => scene.served.includes(call)));
    }),
    { numRuns: 1_000 },
  );
});
