import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { invalidRequest, notFound, serverStopping } from '../api-error.ts';
import type { CodeInterpreter } from '../code-interpreter/code-interpreter.ts';
import type { Failures } from '../failures.ts';
import type { Model } from '../models/model.ts';
import type { State } from '../state.ts';
import { type Ending, isTerminal } from './ending.ts';
import { type LeaseStore, Leases } from './leases.ts';
import { LiveRun } from './live-run.ts';
import type { RunSettings } from './loop/run-loop.ts';
import { endOrphan } from './orphan.ts';
import type { EventStream } from './writer/event-stream.ts';

/** OpenAI's: a run that has not come to an end after ten minutes expires. */
export const EXPIRES_AFTER_MS = 600_000;

export interface ActiveRunsOptions extends Failures {
  state: State;
  model: Model;
  codeInterpreter: CodeInterpreter;
  /** Where processes that share the store see each other's runs; none when this one has the store to itself. */
  leases?: LeaseStore;
  checkpointMs?: number;
  heartbeatMs?: number;
  leaseMs?: number;
}

const STOPPED: Ending = {
  status: 'failed',
  error: {
    code: 'server_error',
    message: 'The server was stopped while it carried out this run. Start a new run to go on.',
  },
};

const UNKEPT: Ending = {
  status: 'failed',
  error: { code: 'server_error', message: 'The server could not save the run. Please try again later.' },
};

/** The runs that are not over yet: at most one a thread. */
export class ActiveRuns {
  readonly #options: ActiveRunsOptions;
  readonly #leases: Leases | undefined;
  /** By thread. A run stands here from before it is kept until after its end is. */
  readonly #live = new Map<string, LiveRun>();
  readonly #releases = new Map<string, () => void>();
  /** Runs on their way into the store. */
  readonly #starting = new Set<Promise<Run>>();
  #closing = false;

  constructor(options: ActiveRunsOptions) {
    this.#options = options;
    const { leases, heartbeatMs, leaseMs } = options;
    this.#leases = leases && new Leases(leases, heartbeatMs, leaseMs);
  }

  /** Unix time in seconds at which a run that begins now expires. */
  get expiresAt(): number {
    return Math.ceil((Date.now() + EXPIRES_AFTER_MS) / 1000);
  }

  /** The run that holds the thread now. A run whose process died is ended first, and holds nothing. */
  async ofThread(threadId: string): Promise<Run | undefined> {
    const live = this.#holder(threadId);
    if (live) return live.run;
    const newest = await this.#options.state.runs.last(threadId);
    // Another request may have started one meanwhile.
    const started = this.#holder(threadId);
    if (started) return started.run;
    const run = newest && (await this.#current(newest));
    return run && !isTerminal(run.status) ? run : undefined;
  }

  /** The run as it stands now. Throws a 404 ApiError when the thread has no such run. */
  async find(threadId: string, runId: string): Promise<Run> {
    const live = this.#live.get(threadId);
    if (live?.run.id === runId) return live.run;
    const run = await this.#options.state.runs.get(runId);
    if (run?.thread_id !== threadId) throw notFound('run', runId);
    return this.#current(run);
  }

  /** Throws a 400 ApiError when the thread has an active run, in this process or another. */
  async checkFree(threadId: string): Promise<void> {
    const active = await this.ofThread(threadId);
    if (active) throw alreadyActive(active);
  }

  /**
   * Starts `run` on a thread that is free, once `prepare` has added the messages that come with it. Throws a 400
   * ApiError when another one was faster, and a 503 once all runs are being ended. A client that goes away does not end
   * the run.
   */
  async start(
    run: Run,
    settings: RunSettings,
    prepare: () => Promise<void>,
    stream?: EventStream,
  ): Promise<Run> {
    if (this.#closing) throw serverStopping();
    const starting = this.#begin(run, settings, prepare, stream);
    this.#starting.add(starting);
    return starting.finally(() => this.#starting.delete(starting));
  }

  async #begin(
    run: Run,
    settings: RunSettings,
    prepare: () => Promise<void>,
    stream?: EventStream,
  ): Promise<Run> {
    const { state } = this.#options;
    const threadId = run.thread_id;
    const claimed = this.#holder(threadId);
    if (claimed) throw alreadyActive(claimed.run);
    const live = this.#newLive(run, settings);
    this.#live.set(threadId, live);
    // Others are refused while it is active.
    state.messages.hold(threadId, false);
    state.steps.hold(run.id, true);
    try {
      await prepare();
      await this.#hold(live);
    } catch (error) {
      this.#drop(run);
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
    const live = this.#holder(threadId);
    if (!live) {
      throw invalidRequest(`Run ${runId} is carried out by another server process: submit to that one.`);
    }
    await live.rest();
    if (live.run.status !== 'requires_action') throw noOutputsIn(live.run);
    live.submit(outputs, stream);
    return structuredClone(live.run);
  }

  /** Cancels the run and answers at once. Throws a 400 ApiError when it is over, or as good as that. */
  async cancel(threadId: string, runId: string): Promise<Run> {
    const run = await this.find(threadId, runId);
    if (isTerminal(run.status) || run.status === 'cancelling') {
      throw invalidRequest(`Cannot cancel run with status '${run.status}'.`);
    }
    const live = this.#holder(threadId);
    if (live) {
      live.cancel();
      return structuredClone(live.run);
    }
    await this.#leases?.cancel(runId);
    return { ...run, status: 'cancelling' };
  }

  async describe(threadId: string, runId: string, metadata: Run['metadata']): Promise<Run> {
    const run = await this.find(threadId, runId);
    const live = this.#holder(threadId);
    if (live?.run.id === runId) {
      await live.describe(metadata);
      return live.run;
    }
    return (await this.#options.state.runs.update(runId, (kept) => ({ ...kept, metadata }))) ?? run;
  }

  /** How many runs this process carries out. */
  get count(): number {
    return this.#live.size;
  }

  /** Ends every run that this process carries out, as failed, and takes no more. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.allSettled(this.#starting);
    const live = [...this.#live.values()];
    for (const run of live) run.stop(STOPPED);
    await Promise.all(live.map((run) => run.rest()));
  }

  #newLive(run: Run, settings: RunSettings): LiveRun {
    const { state, model, codeInterpreter, checkpointMs, onError, explain } = this.#options;
    return new LiveRun(run, {
      deps: { state, model, codeInterpreter },
      settings,
      expiresAfterMs: EXPIRES_AFTER_MS,
      checkpointMs,
      onError,
      ...(explain && { explain }),
      onEnd: () => this.#drop(run),
    });
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

  async #hold(live: LiveRun): Promise<void> {
    const { onError } = this.#options;
    const release = await this.#leases?.hold(live.run.id, () => live.cancel(), onError);
    if (release) this.#releases.set(live.run.id, release);
  }

  /** The live run that still holds the thread: one that is over may be about to leave. */
  #holder(threadId: string): LiveRun | undefined {
    const live = this.#live.get(threadId);
    return live && !isTerminal(live.run.status) ? live : undefined;
  }

  #drop(run: Run): void {
    const { state } = this.#options;
    if (this.#live.get(run.thread_id)?.run === run) {
      this.#live.delete(run.thread_id);
      state.messages.release(run.thread_id);
    }
    state.steps.release(run.id);
    this.#releases.get(run.id)?.();
    this.#releases.delete(run.id);
  }

  /** A kept run that this process does not carry out: over, in another process, or an orphan. */
  async #current(run: Run): Promise<Run> {
    if (isTerminal(run.status)) return run;
    const late = run.expires_at !== null && run.expires_at * 1000 <= Date.now();
    if (!late && (await this.#leases?.isHeld(run.id))) return run;
    // It may have ended between the two reads.
    const now = await this.#options.state.runs.get(run.id);
    if (!now || isTerminal(now.status)) return now ?? run;
    return endOrphan(this.#options.state, now);
  }
}

/** Wording: https://github.com/TripSit/TripBot/issues/939 */
function alreadyActive(run: Run): Error {
  return invalidRequest(`Thread ${run.thread_id} already has an active run ${run.id}.`);
}

function noOutputsIn(run: Run): Error {
  return invalidRequest(`Runs in status "${run.status}" do not accept tool outputs.`);
}

function checkOutputs(run: Run, outputs: ReadonlyMap<string, string>): void {
  const wanted = run.required_action?.submit_tool_outputs.tool_calls.map(({ id }) => id) ?? [];
  const given = [...outputs.keys()];
  if (wanted.length === given.length && wanted.every((id) => outputs.has(id))) return;
  const list = (ids: string[]) => `[${ids.map((id) => `'${id}'`).join(', ')}]`;
  throw invalidRequest(`Expected tool outputs for call_ids ${list(wanted)}, got ${list(given)}`);
}
