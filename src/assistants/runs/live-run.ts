import { setTimeout as sleep } from 'node:timers/promises';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { Message } from 'openai/resources/beta/threads/messages';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { type Failures, told } from '../failures.ts';
import type { Run } from '../state.ts';
import { type Ending, endingOf, isTerminal, RunLeft, RunStopped } from './ending.ts';
import type { KeptRun } from './kept-run.ts';
import { type LoopDeps, type Progress, RunLoop } from './loop/run-loop.ts';
import { withContent } from './search/found.ts';
import type { EventStream } from './writer/event-stream.ts';
import { RunSink, type RunSinkOptions } from './writer/run-sink.ts';
import { RunWriter } from './writer/run-writer.ts';

export interface LiveRunOptions extends Failures {
  deps: Omit<LoopDeps, 'sink'> & { state: LoopDeps['sink']['state'] };
  /** Milliseconds until the run expires, whatever it waits for. */
  expiresAfterMs: number;
  checkpointMs: number | undefined;
  sink: RunSinkOptions;
  /** The run is over, or left: nothing of it is in memory any more. `isBroken`: even its end could not be kept. */
  onEnd: (isBroken: boolean) => void;
}

/**
 * How much of an answer a process that dies may lose, and how far behind it is what others see of it; each time costs one
 * write of the whole message, if something has come.
 */
const CHECKPOINT_MS = 1_000;

/** What can't be kept within so many ms while the store fails, whoever carries the run on has to do again. */
const LEAVE_WITHIN_MS = 3_000;

/** A run that this process carries out. At most one stream listens to it at a time. */
export class LiveRun {
  readonly run: Run;
  readonly #sink: RunSink;
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
  #isBroken = false;
  /** Asked for when the run was made; it holds for the streams that go on with it. */
  #includesContent = false;

  constructor(run: Run, options: LiveRunOptions) {
    const { state, ...rest } = options.deps;
    this.#sink = new RunSink(state, (event) => this.#stream?.send(this.#forStream(event)), options.sink);
    this.run = run;
    this.#options = options;
    this.#writer = new RunWriter(run, this.#sink);
    this.#loop = new RunLoop(this.#writer, { ...rest, sink: this.#sink });
  }

  /** Resolves when all that the run wrote so far is kept. */
  kept(): Promise<void> {
    return this.#writer.kept();
  }

  /** What the run wrote, as it stands now. */
  get written(): { messages: ReadonlyMap<string, Message>; steps: readonly RunStep[] } {
    return this.#sink;
  }

  start(stream?: EventStream): void {
    this.#watch();
    this.#stream = stream;
    this.#includesContent = stream?.hasContent ?? false;
    this.#writer.create();
    this.#carryOn((signal) => this.#loop.begin(signal));
  }

  /** Takes up what another process left of the run. Throws when it makes no sense; then nothing has been written. */
  restore(kept: KeptRun): void {
    this.#loop.restore(kept);
  }

  /** Goes on with a run that was restored. */
  carryOn(kept: KeptRun): void {
    this.#watch();
    this.#carryOn((signal) => this.#loop.carryOn(kept, signal));
  }

  /** The end of a step tells what its searches found, with the texts where they are asked for. */
  #forStream(event: AssistantStreamEvent): AssistantStreamEvent {
    if (event.event !== 'thread.run.step.completed') return event;
    const { found } = this.#sink;
    return this.#includesContent ? { ...event, data: withContent(event.data, found) } : event;
  }

  #watch(): void {
    this.#expiry = setTimeout(() => this.stop({ status: 'expired' }), this.#options.expiresAfterMs).unref();
    const checkpoint = () => {
      if (this.#working) this.#writer.checkpoint().catch(this.#options.onError);
    };
    this.#checkpoints = setInterval(checkpoint, this.#options.checkpointMs ?? CHECKPOINT_MS).unref();
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
    this.#interrupt(new RunStopped(ending));
  }

  /** Leaves the run as it stands to whoever carries it on; resolves when all that it wrote is kept, if it soon is. */
  async leave(): Promise<void> {
    this.#interrupt(new RunLeft());
    const patience = new AbortController();
    const late = sleep(LEAVE_WITHIN_MS, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([this.#work, late]);
    patience.abort();
    this.#sink.shut();
  }

  /** The run is another process's by now: nothing of it is written any more. */
  lose(): void {
    this.#sink.shut();
    this.#interrupt(new RunLeft());
  }

  #interrupt(reason: Error): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(reason);
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
    try {
      const progress = await work(signal).catch((error: unknown) => endingOf(error, signal, this.#options));
      await this.#settle(progress, signal);
    } catch (error) {
      this.#tellBroken(error);
    }
    this.#working = false;
    this.#stream?.end();
    this.#stream = undefined;
    if (this.run.status !== 'requires_action' || signal.reason instanceof RunLeft) this.#close();
  }

  async #settle(progress: Progress | RunLeft, signal: AbortSignal): Promise<void> {
    if (progress instanceof RunLeft) await this.#writer.leave();
    else if (progress.status !== 'requires_action') await this.#loop.end(progress);
    else if (signal.aborted) await this.#settle(endingOf(signal.reason, signal, this.#options), signal);
  }

  /** The run could not even be ended, as when the disk is full. */
  #tellBroken(error: unknown): void {
    const message = told(error, 'The server could not save the run. Please try again later.', this.#options);
    this.#stream?.send({
      event: 'error',
      data: { code: 'server_error', message, param: '', type: 'server_error' },
    });
    this.#isBroken = true;
    if (!isTerminal(this.run.status)) this.run.status = 'failed';
  }

  #close(): void {
    clearTimeout(this.#expiry);
    clearInterval(this.#checkpoints);
    this.#options.onEnd(this.#isBroken);
  }
}
