import type { RequiredActionFunctionToolCall, Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { nowInSeconds } from '../../time.ts';
import { type Ending, isTerminal } from '../ending.ts';
import { MessageWriter } from './message-writer.ts';
import { ProducedFiles } from './produced-files.ts';
import type { RunSink } from './run-sink.ts';
import { ToolCallsWriter } from './tool-calls-writer.ts';

/**
 * Writes a run: its status, and the one message or step that is open at a time, for that is all a stream takes.
 * Text that comes after a tool call of the same answer waits until the call's step is done.
 */
export class RunWriter {
  readonly run: Run;
  readonly files = new ProducedFiles();
  readonly #sink: RunSink;
  #message: MessageWriter | undefined;
  #calls: ToolCallsWriter | undefined;
  #textAfterCalls = '';
  /** Kept with the run when it is created, and told when it begins. */
  readonly #atWork = { status: 'in_progress' as const, started_at: nowInSeconds() };

  constructor(run: Run, sink: RunSink) {
    this.run = run;
    this.#sink = sink;
  }

  /** Keeps the run, for which the thread's were looked at. It is at work right after, so the same write tells of that. */
  create(): void {
    this.#sink.keep(this.#sink.state.runs.append(this.run.thread_id, { ...this.run, ...this.#atWork }, true));
    this.#sink.emit({ event: 'thread.run.created', data: this.run });
    this.#sink.emit({ event: 'thread.run.queued', data: this.run });
  }

  /** What `create` has kept already. */
  begin(): void {
    this.#goOn(this.#atWork);
  }

  /** Resolves when all that the run wrote so far is kept. */
  kept(): Promise<void> {
    return this.#sink.kept();
  }

  /** Changes the run's metadata, at any time. */
  async describe(metadata: Run['metadata']): Promise<void> {
    Object.assign(this.run, { metadata });
    await this.#save({ metadata });
  }

  text(delta: string): void {
    if (delta === '') return;
    if (this.#calls) this.#textAfterCalls += delta;
    else this.#openMessage().text(delta);
  }

  refusal(delta: string): void {
    if (delta === '') return;
    if (this.#calls) this.#textAfterCalls += delta;
    else this.#openMessage().refusal(delta);
  }

  /** The id of the open message. */
  get messageId(): string | undefined {
    return this.#message?.id;
  }

  /** Takes back the text since the last tool call. */
  withdraw(): void {
    if (this.#calls) this.#textAfterCalls = '';
    else this.#message?.withdraw();
  }

  /** The open step of tool calls; opens one, and completes the message that came before. */
  calls(): ToolCallsWriter {
    if (this.#calls) return this.#calls;
    this.#closeMessage({ status: 'completed' }, null);
    this.#calls = ToolCallsWriter.open(this.run, this.#sink);
    return this.#calls;
  }

  /** Waits for a client: everything that it must know is kept first. */
  async requireAction(calls: RequiredActionFunctionToolCall[]): Promise<void> {
    await this.#calls?.save();
    await this.#rest({
      status: 'requires_action',
      required_action: { type: 'submit_tool_outputs', submit_tool_outputs: { tool_calls: calls } },
    });
  }

  /** The client has answered: the run is at work again. */
  resume(usage: RunStep.Usage | null): void {
    this.closeCalls(usage);
    this.#sink.emit({ event: 'thread.run.queued', data: this.run });
    const change = { status: 'in_progress' as const, required_action: null };
    this.#sink.keep(this.#save(change));
    this.#goOn(change);
  }

  closeCalls(usage: RunStep.Usage | null): void {
    this.#closeCalls({ status: 'completed' }, usage);
    this.#closeMessage({ status: 'completed' }, null);
  }

  /** Keeps what is written so far, in case the process dies. */
  async checkpoint(): Promise<void> {
    await (this.#message ?? this.#calls)?.save();
  }

  cancelling(): void {
    this.run.status = 'cancelling';
    this.#sink.emit({ event: 'thread.run.cancelling', data: this.run });
  }

  /**
   * Ends the run: closes what is open first, so that nothing written is lost. `usage` is that of the newest
   * answer, `total` that of all.
   */
  async end(ending: Ending, usage: RunStep.Usage | null, total: Run['usage']): Promise<void> {
    this.#closeMessage(ending, usage);
    this.#closeCalls(ending, usage);
    this.#closeMessage(ending, null);
    await this.#rest({
      status: ending.status,
      required_action: null,
      expires_at: null,
      usage: total,
      ...(ending.status === 'incomplete' && { incomplete_details: { reason: ending.reason } }),
      ...(ending.status === 'failed' && { last_error: ending.error, failed_at: nowInSeconds() }),
      ...(ending.status === 'cancelled' && { cancelled_at: nowInSeconds() }),
      ...(ending.status === 'completed' && { completed_at: nowInSeconds() }),
    });
  }

  /** At work: told while it is being kept. Once a cancel has begun, the run does not go back to work. */
  #goOn(change: Partial<Run>): void {
    if (this.run.status === 'cancelling') return;
    Object.assign(this.run, change);
    this.#sink.emit({ event: 'thread.run.in_progress', data: this.run });
  }

  /** To rest: kept with all that was written, then told, so that who sees a status can count on what goes with it. */
  async #rest(change: Partial<Run> & Pick<Run, 'status'>): Promise<void> {
    this.#sink.keep(this.#save(change));
    await this.#sink.kept();
    // Once a cancel has begun, the run waits for nobody.
    if (this.run.status === 'cancelling' && !isTerminal(change.status)) return;
    Object.assign(this.run, change);
    this.#sink.emit({ event: `thread.run.${change.status}`, data: this.run });
  }

  /** What is kept is changed, not replaced: changes may come at the same time. */
  async #save(change: Partial<Run>): Promise<void> {
    await this.#sink.state.runs.update(this.run.id, (kept) => ({ ...kept, ...change }));
  }

  #openMessage(): MessageWriter {
    this.#message ??= MessageWriter.open(this.run, this.#sink, this.files.takeImages());
    return this.#message;
  }

  #closeMessage(ending: Ending, usage: RunStep.Usage | null): void {
    const message = this.#message;
    this.#message = undefined;
    message?.close(ending, this.files, usage);
  }

  #closeCalls(ending: Ending, usage: RunStep.Usage | null): void {
    const calls = this.#calls;
    const text = this.#textAfterCalls;
    this.#calls = undefined;
    this.#textAfterCalls = '';
    calls?.close(ending, usage);
    this.text(text);
  }
}
