import { setTimeout as sleep } from 'node:timers/promises';
import { notFound, serverStopping } from '../api-error.ts';
import type { Run } from '../state.ts';
import { type Ending, isTerminal } from './ending.ts';
import { isTooLate, renewed } from './expiry.ts';
import { type KeptRun, keptRun, readStored, type StoredRun } from './kept-run.ts';
import type { LiveRun } from './live-run.ts';
import { LiveRuns, type LiveRunsOptions } from './live-runs.ts';
import { ALONE, type Lock, type Locks } from './locks.ts';
import { endOrphan, LOST } from './orphan.ts';
import { alreadyActive, carriedOutElsewhere, checkOutputs, noOutputsIn, notCancellable } from './refusals.ts';
import { Wishes, type WishStore } from './wishes.ts';
import type { EventStream } from './writer/event-stream.ts';

export interface ActiveRunsOptions extends LiveRunsOptions {
  /** How processes that share the store keep out of each other's way; none when this one has the store to itself. */
  shared?: { locks: Locks; wishes: WishStore };
  lookMs?: number;
}

/** For another process to leave a run, in ms: it looks each second, and a dead machine's locks are free after 15. */
const FETCH_PATIENCE_MS = 20_000;

/** Between two attempts to take it, in ms. */
const FETCH_PAUSE_MS = 100;

const UNKEPT: Ending = {
  status: 'failed',
  error: { code: 'server_error', message: 'The server could not save the run. Please try again later.' },
};

/** The runs that are not over yet: at most one a thread, and each in the hands of one process. */
export class ActiveRuns {
  readonly #options: ActiveRunsOptions;
  readonly #locks: Locks;
  readonly #wishes: Wishes | undefined;
  readonly #live: LiveRuns;
  /** Runs on their way into the store. */
  readonly #starting = new Set<Promise<Run>>();
  /** By id: runs that were in nobody's hands. */
  readonly #taking = new Map<string, Promise<Run>>();
  #closing = false;

  constructor(options: ActiveRunsOptions) {
    const { shared, onError, lookMs } = options;
    this.#options = options;
    this.#locks = shared?.locks ?? ALONE;
    this.#wishes = shared && new Wishes(shared.wishes, onError, lookMs);
    this.#live = new LiveRuns(options, this.#wishes);
  }

  /** The run that holds the thread now. */
  async ofThread(threadId: string): Promise<Run | undefined> {
    const run = await this.newest(threadId);
    return run && !isTerminal(run.status) ? run : undefined;
  }

  /** The thread's newest run as it stands now. One whose process died is carried on from here. */
  async newest(threadId: string): Promise<Run | undefined> {
    const live = this.#live.holding(threadId);
    if (live) return live.run;
    const newest = await this.#options.state.runs.last(threadId);
    // Another request may have started one meanwhile.
    const started = this.#live.holding(threadId);
    if (started) return started.run;
    return newest && this.#current(newest);
  }

  /** The run as it stands now. Throws a 404 ApiError when the thread has no such run. */
  async find(threadId: string, runId: string): Promise<Run> {
    const live = this.#live.of(threadId);
    if (live?.run.id === runId) return live.run;
    const run = await this.#options.state.runs.get(runId);
    if (run?.thread_id !== threadId) throw notFound('run', runId);
    return this.#current(run);
  }

  /** What the thread's run wrote, as it stands now, while this process carries it out; `runId`: only if it is that one. */
  written(threadId: string, runId?: string): LiveRun['written'] | undefined {
    const live = this.#live.of(threadId);
    return runId === undefined || live?.run.id === runId ? live?.written : undefined;
  }

  /** Throws a 400 ApiError when the thread has an active run, in this process or another. */
  async checkFree(threadId: string): Promise<void> {
    const active = await this.ofThread(threadId);
    if (active) throw alreadyActive(active);
  }

  /**
   * Starts `run` on a thread that is free, once `prepare` has added the messages that come with it. Throws a 400
   * ApiError when another one was faster, and a 503 once the server is being stopped. A client that goes away does not
   * end the run.
   */
  async start(run: Run, prepare: () => Promise<void>, stream?: EventStream): Promise<Run> {
    if (this.#closing) throw serverStopping();
    const starting = this.#begin(run, prepare, stream);
    this.#starting.add(starting);
    return starting.finally(() => this.#starting.delete(starting));
  }

  async #begin(run: Run, prepare: () => Promise<void>, stream?: EventStream): Promise<Run> {
    const claimed = this.#live.holding(run.thread_id);
    if (claimed) throw alreadyActive(claimed.run);
    const lock = this.#locks.take(run.id);
    const live = this.#live.open(run, lock);
    this.#live.hold(live, true);
    try {
      await Promise.all([lock, prepare()]);
    } catch (error) {
      this.#live.drop(run, lock);
      throw error;
    }
    const created = structuredClone(run);
    live.start(stream);
    if (!stream) await this.#beKept(live);
    return created;
  }

  /** Goes on with a run in `requires_action`. Throws a 400 ApiError when it waits for other outputs, or for none. */
  async submit(
    threadId: string,
    runId: string,
    outputs: ReadonlyMap<string, string>,
    stream?: EventStream,
  ): Promise<Run> {
    const run = await this.find(threadId, runId);
    if (run.status !== 'requires_action') throw noOutputsIn(run);
    checkOutputs(run, outputs);
    if (this.#closing) throw serverStopping();
    const live = this.#live.holding(threadId) ?? (await this.#fetch(run));
    if (!live) throw carriedOutElsewhere(run);
    await live.rest();
    if (live.run.status !== 'requires_action') throw noOutputsIn(live.run);
    live.submit(outputs, stream);
    return structuredClone(live.run);
  }

  /** Takes a run that waits in another process, which leaves it; undefined when it does not. */
  async #fetch({ thread_id, id }: Run): Promise<LiveRun | undefined> {
    const patience = performance.now() + FETCH_PATIENCE_MS;
    await this.#wishes?.tell('leave', id);
    while (performance.now() < patience) {
      const run = await this.find(thread_id, id);
      const live = this.#live.holding(thread_id);
      if (live || run.status !== 'requires_action') return live;
      await sleep(FETCH_PAUSE_MS);
    }
    await this.#wishes?.forget('leave', id);
    return undefined;
  }

  /** Cancels the run and answers at once. Throws a 400 ApiError when it is over, or as good as that. */
  async cancel(threadId: string, runId: string): Promise<Run> {
    const run = await this.find(threadId, runId);
    if (isTerminal(run.status) || run.status === 'cancelling') throw notCancellable(run);
    const live = this.#live.holding(threadId);
    if (live) {
      live.cancel();
      return structuredClone(live.run);
    }
    if (this.#wishes) await this.#wishes.tell('cancel', runId);
    else await this.#options.state.runs.update(runId, (kept) => ({ ...kept, status: 'cancelling' }));
    return { ...run, status: 'cancelling' };
  }

  async describe(threadId: string, runId: string, metadata: Run['metadata']): Promise<Run> {
    const run = await this.find(threadId, runId);
    const live = this.#live.holding(threadId);
    if (live?.run.id === runId) {
      await live.describe(metadata);
      return live.run;
    }
    return (await this.#options.state.runs.update(runId, (kept) => ({ ...kept, metadata }))) ?? run;
  }

  /** Leaves every run that this process carries out to whoever asks for it next, and takes no more. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.allSettled([...this.#starting, ...this.#taking.values()]);
    await this.#live.leave();
  }

  /** Who has no stream is told here that a run could not be kept. */
  async #beKept(live: LiveRun): Promise<void> {
    try {
      await live.kept();
    } catch (error) {
      live.stop(UNKEPT);
      throw error;
    }
  }

  /** A kept run that this process does not carry out: over, in another process's hands, or in nobody's. */
  async #current(run: Run): Promise<Run> {
    if (isTerminal(run.status) || this.#closing) return run;
    const taking = this.#taking.get(run.id) ?? this.#take(run).finally(() => this.#taking.delete(run.id));
    this.#taking.set(run.id, taking);
    return taking;
  }

  /** Carries on a run that nobody does. */
  async #take(run: Run): Promise<Run> {
    const { state } = this.#options;
    const lock = await this.#locks.take(run.id);
    if (!lock) return run;
    let isTaken = false;
    try {
      // Whoever takes it need not leave it at once.
      await this.#wishes?.forget('leave', run.id);
      // It may have ended between the two reads.
      const now = await state.runs.get(run.id);
      if (!now || isTerminal(now.status) || this.#closing) return now ?? run;
      const stored = await readStored(state, now);
      const ending = await this.#endingOf(now);
      const live = ending ? undefined : await this.#revive(renewed(now), stored, lock);
      isTaken = live !== undefined;
      if (live) return live.run;
      if (stored.resumable) this.#live.abandon(stored.resumable.answer);
      const ended = await endOrphan(state, now, stored, ending ?? LOST);
      this.#live.broken.delete(run.id);
      return ended;
    } finally {
      if (!isTaken) await lock.release();
    }
  }

  /** How a run ends that is not worth going on with, if it is not. */
  async #endingOf(run: Run): Promise<Ending | undefined> {
    if (isTooLate(run)) return { status: 'expired' };
    if (this.#live.broken.has(run.id)) return UNKEPT;
    if (run.status === 'cancelling' || (await this.#wishes?.isTold('cancel', run.id)))
      return { status: 'cancelled' };
    const newest = await this.#options.state.runs.last(run.thread_id);
    return newest?.id === run.id && !this.#live.holding(run.thread_id) ? undefined : LOST;
  }

  /** Undefined when what is kept of it makes no sense. */
  async #revive(run: Run, stored: StoredRun, lock: Lock): Promise<LiveRun | undefined> {
    let kept: KeptRun;
    const live = this.#live.open(run, Promise.resolve(lock));
    try {
      kept = keptRun(run, stored);
      live.restore(kept);
    } catch (error) {
      this.#options.onError(error);
      return undefined;
    }
    this.#live.hold(live, false);
    live.carryOn(kept);
    return live;
  }
}
