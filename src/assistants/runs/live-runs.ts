import type { CodeInterpreter } from '../code-interpreter/code-interpreter.ts';
import type { Failures } from '../failures.ts';
import type { FileSearch } from '../file-search/file-search.ts';
import type { Model } from '../models/model.ts';
import type { Run, State } from '../state.ts';
import { isTerminal } from './ending.ts';
import { msLeft } from './expiry.ts';
import { LiveRun } from './live-run.ts';
import type { Lock } from './locks.ts';
import type { Wish, Wishes } from './wishes.ts';

export interface LiveRunsOptions extends Failures {
  state: State;
  model: Model;
  codeInterpreter: CodeInterpreter;
  /** Left out, there is nothing to search. */
  fileSearch?: FileSearch;
  checkpointMs?: number;
  /** How long a run tries to keep what it wrote while the store fails, in ms. */
  storePatienceMs?: number;
}

/** A run's lock, which may still be on its way. */
type Locked = Promise<Lock | undefined>;

/** The runs that this process carries out. */
export class LiveRuns {
  readonly #options: LiveRunsOptions;
  readonly #wishes: Wishes | undefined;
  /** By thread. A run stands here from before it is kept until after its end is. */
  readonly #byThread = new Map<string, LiveRun>();
  readonly #releasing = new Set<Promise<void>>();
  readonly #cancelling = new Set<Promise<void>>();
  /** By id: those whose end was told, but could not be kept. */
  readonly broken = new Set<string>();

  constructor(options: LiveRunsOptions, wishes: Wishes | undefined) {
    this.#options = options;
    this.#wishes = wishes;
  }

  of(threadId: string): LiveRun | undefined {
    return this.#byThread.get(threadId);
  }

  /** The live run that still holds the thread: one that is over may be about to leave. */
  holding(threadId: string): LiveRun | undefined {
    const live = this.of(threadId);
    return live && !isTerminal(live.run.status) ? live : undefined;
  }

  /** A run that can be held; its lock is given back when it is over or left. */
  open(run: Run, lock: Locked): LiveRun {
    const { state, model, codeInterpreter, fileSearch, checkpointMs, storePatienceMs, onError, explain } =
      this.#options;
    let held: Lock | undefined;
    const live = new LiveRun(run, {
      deps: {
        ...{ state, model, codeInterpreter, onError, ...(fileSearch && { fileSearch }) },
        abandon: (answer) => this.abandon(answer),
      },
      expiresAfterMs: msLeft(run),
      checkpointMs,
      sink: { unsure: () => held?.unsure(), patienceMs: storePatienceMs },
      onError,
      ...(explain && { explain }),
      onEnd: (isBroken) => {
        if (isBroken) this.broken.add(run.id);
        this.drop(run, lock);
      },
    });
    lock.then(
      (it) => {
        held = it;
        it?.lost.addEventListener('abort', () => live.lose(), { once: true });
      },
      () => {},
    );
    return live;
  }

  /** The run is in this process's hands; `isNew`: it has no steps yet. */
  hold(live: LiveRun, isNew: boolean): void {
    const { state } = this.#options;
    const { id, thread_id } = live.run;
    this.#byThread.set(thread_id, live);
    // Others are refused while it is active.
    state.messages.hold(thread_id, false);
    state.steps.hold(id, isNew);
    this.#wishes?.watch(id, (wish) => fulfil(wish, live));
  }

  drop(run: Run, lock: Locked): void {
    const { state, onError } = this.#options;
    if (this.#byThread.get(run.thread_id)?.run === run) {
      this.#byThread.delete(run.thread_id);
      state.messages.release(run.thread_id);
    }
    state.steps.release(run.id);
    this.#wishes?.unwatch(run.id);
    const releasing = lock.then((it) => it?.release()).catch(onError);
    this.#releasing.add(releasing);
    void releasing.then(() => this.#releasing.delete(releasing));
  }

  /** Ends an answer that would go on at its provider though nobody takes it. */
  abandon(answer: unknown): void {
    const cancelling = this.#options.model.cancel?.(answer) ?? Promise.resolve();
    this.#cancelling.add(cancelling);
    void cancelling.finally(() => this.#cancelling.delete(cancelling));
  }

  /** Leaves all of them as they stand, each to whoever takes its lock next. */
  async leave(): Promise<void> {
    await Promise.all([...this.#byThread.values()].map((run) => run.leave()));
    await Promise.all([...this.#releasing, ...this.#cancelling]);
  }
}

/** A run that is at work is not left for a wish. */
function fulfil(wish: Wish, live: LiveRun): void {
  if (wish === 'cancel') live.cancel();
  else if (live.run.status === 'requires_action') void live.leave();
}
