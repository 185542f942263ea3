import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { type Failures, told } from '../failures.ts';
import { type Ending, endingOf, isTerminal, RunStopped } from './ending.ts';
import { type LoopDeps, type Progress, RunLoop, type RunSettings } from './loop/run-loop.ts';
import type { EventStream } from './writer/event-stream.ts';
import { RunSink } from './writer/run-sink.ts';
import { RunWriter } from './writer/run-writer.ts';

export interface LiveRunOptions extends Failures {
  deps: Omit<LoopDeps, 'sink'> & { state: LoopDeps['sink']['state'] };
  settings: RunSettings;
  /** Milliseconds until the run expires, whatever it waits for. */
  expiresAfterMs: number;
  checkpointMs: number | undefined;
  /** The run is over: nothing of it is in memory any more. */
  onEnd: () => void;
}

/** How much of an answer a process that dies may lose; each time costs one write. */
const CHECKPOINT_MS = 2_000;

/** A run that this process carries out. At most one stream listens to it at a time. */
export class LiveRun {
  readonly run: Run;
  readonly #writer: RunWriter;
  readonly #loop: RunLoop;
  readonly #options: LiveRunOptions;
  readonly #abort = new AbortController();
  #stream: EventStream | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #checkpoints: NodeJS.Timeout | undefined;
  /** Settled when the run waits for a client or is over. */
  #work: Promise<void> = Promise.resolve();
  #working = false;

  constructor(run: Run, options: LiveRunOptions) {
    const { state, ...rest } = options.deps;
    const sink = new RunSink(state, (event) => this.#stream?.send(event));
    this.run = run;
    this.#options = options;
    this.#writer = new RunWriter(run, sink);
    this.#loop = new RunLoop(this.#writer, options.settings, { ...rest, sink });
  }

  /** Resolves when all that the run wrote so far is kept. */
  kept(): Promise<void> {
    return this.#writer.kept();
  }

  start(stream?: EventStream): void {
    this.#expiry = setTimeout(() => this.stop({ status: 'expired' }), this.#options.expiresAfterMs).unref();
    const checkpoint = () => {
      if (this.#working) this.#writer.checkpoint().catch(this.#options.onError);
    };
    this.#checkpoints = setInterval(checkpoint, this.#options.checkpointMs ?? CHECKPOINT_MS).unref();
    this.#stream = stream;
    this.#writer.create();
    this.#carryOn((signal) => this.#loop.begin(signal));
  }

  /** Goes on with the outputs of the functions that the run waits for. */
  submit(outputs: ReadonlyMap<string, string>, stream?: EventStream): void {
    this.#stream = stream;
    this.run.status = 'queued';
    this.run.required_action = null;
    this.#carryOn((signal) => this.#loop.resume(outputs, signal));
  }

  /** Begins to cancel: the model and the code are stopped, and the run is over soon after. */
  cancel(): void {
    if (this.run.status === 'cancelling') return;
    this.#writer.cancelling();
    this.stop({ status: 'cancelled' });
  }

  /** Ends the run from outside; what it wrote so far is kept. */
  stop(ending: Ending): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(new RunStopped(ending));
    if (!this.#working) this.#carryOn((signal) => Promise.reject(signal.reason));
  }

  async describe(metadata: Run['metadata']): Promise<void> {
    await this.#writer.describe(metadata);
  }

  /** Resolves when the run is over or waits for a client. */
  async rest(): Promise<void> {
    await this.#work;
  }

  #carryOn(work: (signal: AbortSignal) => Promise<Progress>): void {
    this.#working = true;
    this.#work = this.#attempt(work);
  }

  async #attempt(work: (signal: AbortSignal) => Promise<Progress>): Promise<void> {
    const { signal } = this.#abort;
    const progress = await work(signal).catch((error: unknown) => endingOf(error, signal, this.#options));
    try {
      if (progress.status !== 'requires_action') await this.#loop.end(progress);
      else if (signal.aborted) await this.#loop.end(endingOf(signal.reason, signal, this.#options));
    } catch (error) {
      this.#tellBroken(error);
    }
    this.#working = false;
    this.#stream?.end();
    this.#stream = undefined;
    if (this.run.status !== 'requires_action') this.#close();
  }

  /** The run could not even be ended, as when the disk is full. */
  #tellBroken(error: unknown): void {
    const message = told(error, 'The server could not save the run. Please try again later.', this.#options);
    this.#stream?.send({
      event: 'error',
      data: { code: 'server_error', message, param: '', type: 'server_error' },
    });
    if (!isTerminal(this.run.status)) this.run.status = 'failed';
  }

  #close(): void {
    clearTimeout(this.#expiry);
    clearInterval(this.#checkpoints);
    this.#options.onEnd();
  }
}
