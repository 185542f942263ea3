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

  constructor(run: Run, sink: RunSink) {
    this.run = run;
    this.#sink = sink;
  }

  /** Keeps the run, for which the thread's were looked at. It is at work right after, so the same write tells of that. */
  async create(): Promise<void> {
    await this.#sink.state.runs.append(this.run.thread_id, { ...this.run, ...atWork() }, true);
  }

  tellCreated(): void {
    this.#sink.emit({ event: 'thread.run.created', data: this.run });
    this.#sink.emit({ event: 'thread.run.queued', data: this.run });
  }

  /** What `create` has kept already. */
  begin(): void {
    if (this.run.status === 'cancelling') return;
    Object.assign(this.run, atWork());
    this.#sink.emit({ event: 'thread.run.in_progress', data: this.run });
  }

  /** Changes the run's metadata, at any time. */
  async describe(metadata: Run['metadata']): Promise<void> {
    await this.#save({ metadata });
  }

  async text(delta: string): Promise<void> {
    if (delta === '') return;
    if (this.#calls) this.#textAfterCalls += delta;
    else (await this.#openMessage()).text(delta);
  }

  async refusal(delta: string): Promise<void> {
    if (delta === '') return;
    if (this.#calls) this.#textAfterCalls += delta;
    else (await this.#openMessage()).refusal(delta);
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
  async calls(): Promise<ToolCallsWriter> {
    if (this.#calls) return this.#calls;
    await this.#closeMessage({ status: 'completed' }, null);
    this.#calls = await ToolCallsWriter.open(this.run, this.#sink);
    return this.#calls;
  }

  /** Waits for a client: everything that it must know is kept first. */
  async requireAction(calls: RequiredActionFunctionToolCall[]): Promise<void> {
    await this.#calls?.save();
    await this.#enter({
      status: 'requires_action',
      required_action: { type: 'submit_tool_outputs', submit_tool_outputs: { tool_calls: calls } },
    });
  }

  /** The client has answered: the run is at work again. */
  async resume(usage: RunStep.Usage | null): Promise<void> {
    await this.closeCalls(usage);
    this.#sink.emit({ event: 'thread.run.queued', data: this.run });
    await this.#enter({ status: 'in_progress', required_action: null });
  }

  async closeCalls(usage: RunStep.Usage | null): Promise<void> {
    await this.#closeCalls({ status: 'completed' }, usage);
    await this.#closeMessage({ status: 'completed' }, null);
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
    await this.#closeMessage(ending, usage);
    await this.#closeCalls(ending, usage);
    await this.#closeMessage(ending, null);
    await this.#enter({
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

  /** Kept first, then shown: who sees a status can count on what goes with it. */
  async #enter(change: Partial<Run> & Pick<Run, 'status'>): Promise<void> {
    await this.#save(change);
    if (this.run.status === change.status) {
      this.#sink.emit({ event: `thread.run.${change.status}`, data: this.run });
    }
  }

  /** What is kept is changed, not replaced: changes may come at the same time. */
  async #save(change: Partial<Run>): Promise<void> {
    await this.#sink.state.runs.update(this.run.id, (kept) => ({ ...kept, ...change }));
    // Once a cancel has begun, the run does not go back to work.
    const tooLate = this.run.status === 'cancelling' && change.status && !isTerminal(change.status);
    if (!tooLate) Object.assign(this.run, change);
  }

  async #openMessage(): Promise<MessageWriter> {
    this.#message ??= await MessageWriter.open(this.run, this.#sink, this.files.takeImages());
    return this.#message;
  }

  async #closeMessage(ending: Ending, usage: RunStep.Usage | null): Promise<void> {
    const message = this.#message;
    this.#message = undefined;
    await message?.close(ending, this.files, usage);
  }

  async #closeCalls(ending: Ending, usage: RunStep.Usage | null): Promise<void> {
    const calls = this.#calls;
    const text = this.#textAfterCalls;
    this.#calls = undefined;
    this.#textAfterCalls = '';
    await calls?.close(ending, usage);
    await this.text(text);
  }
}

function atWork(): Pick<Run, 'status' | 'started_at'> {
  return { status: 'in_progress', started_at: nowInSeconds() };
}
