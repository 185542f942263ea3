import type { RequiredActionFunctionToolCall } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { Run } from '../../state.ts';
import { nowInSeconds } from '../../time.ts';
import { type Ending, isTerminal } from '../ending.ts';
import type { Stored } from '../kept-run.ts';
import type { KeptStep } from '../kept-step.ts';
import { Citations } from '../search/citations.ts';
import { BegunAnswer } from './begun-answer.ts';
import { MessageWriter } from './message-writer.ts';
import { filesIn, ProducedFiles } from './produced-files.ts';
import type { RunSink } from './run-sink.ts';
import { ToolCallsWriter } from './tool-calls-writer.ts';

/**
 * Writes a run: its status, and the one message or step that is open at a time, for that is all a stream takes.
 * Text that comes after a tool call of the same answer waits until the call's step is done.
 */
export class RunWriter {
  readonly run: Run;
  readonly files = new ProducedFiles();
  /** What its messages may cite; undefined for a run that does not search, whose words stay as they are. */
  readonly citations: Citations | undefined;
  readonly #sink: RunSink;
  #message: MessageWriter | undefined;
  #calls: ToolCallsWriter | undefined;
  #begun: BegunAnswer | undefined;
  #textAfterCalls = '';
  /** Kept with the run when it is created, and told when it begins. */
  readonly #atWork: { status: 'in_progress'; started_at: number };
  /** All that became of the run since it was created, or taken over. */
  readonly #changes: Partial<Run> = {};

  constructor(run: Run, sink: RunSink) {
    this.run = run;
    this.#sink = sink;
    if (run.tools?.some(({ type }) => type === 'file_search')) this.citations = new Citations();
    this.#atWork = { status: 'in_progress', started_at: run.started_at ?? nowInSeconds() };
  }

  /** Keeps the run, for which the thread's were looked at. It is at work right after, so the same write tells of that. */
  create(): void {
    const { runs } = this.#sink.state;
    const { thread_id } = this.run;
    this.#sink.keep(() => runs.append(thread_id, { ...this.run, ...this.#atWork, ...this.#changes }, true));
    this.#sink.emit({ event: 'thread.run.created', data: this.run });
    this.#sink.emit({ event: 'thread.run.queued', data: this.run });
  }

  /** What `create` has kept already. */
  begin(): void {
    this.#goOn(this.#atWork);
  }

  /** Goes on with a run that another process carried out. */
  takeOver(): void {
    const change = { ...this.#atWork, required_action: null };
    if (this.run.status !== 'in_progress') this.#keep(change);
    this.#goOn(change);
  }

  /** What a run that is taken over has of messages and files. */
  restore({ steps, messages }: Stored): void {
    for (const message of messages) this.#sink.messages.set(message.id, message);
    for (const { answer } of steps) for (const file of answer?.files ?? []) this.files.add(file);
    this.files.forget(new Set(messages.flatMap(filesIn)));
  }

  /** What there is of an answer is to come once more. */
  restoreBegun(begun: Stored): void {
    this.#begun = new BegunAnswer(this.#sink, begun);
  }

  /** So much has to come of it before people see more than they have seen, in UTF-16 code units. */
  get begunLength(): number {
    return this.#begun?.length ?? 0;
  }

  /** What there is of it and has not come once more will not come. */
  dropBegun(): void {
    this.#begun?.drop();
  }

  /** Goes on with a step whose calls are not all answered. */
  reopen(step: KeptStep): ToolCallsWriter {
    this.#calls = ToolCallsWriter.reopen(this.#sink, step);
    this.#textAfterCalls = step.answer?.textAfter ?? '';
    return this.#calls;
  }

  /** A message that is whole at once. */
  say(text: string): void {
    this.text(text);
    this.#closeMessage({ status: 'completed' }, null);
  }

  /** Resolves when all that the run wrote so far is kept. */
  kept(): Promise<void> {
    return this.#sink.kept();
  }

  /** Changes the run's metadata, at any time. */
  async describe(metadata: Run['metadata']): Promise<void> {
    Object.assign(this.run, { metadata });
    Object.assign(this.#changes, { metadata });
    await this.#sink.write(() => this.#save());
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

  /** What the searches of the step found can be cited. */
  cite(calls: ToolCallsWriter): void {
    const step = this.#sink.steps[calls.number - 1];
    if (step) this.citations?.add(calls.number, step);
  }

  /** The open step of tool calls; opens one, and completes the message that came before. */
  calls(): ToolCallsWriter {
    if (this.#calls) return this.#calls;
    this.#closeMessage({ status: 'completed' }, null);
    const begun = this.#begun?.calls();
    this.#calls = begun
      ? ToolCallsWriter.anew(this.#sink, begun)
      : ToolCallsWriter.open(this.run, this.#sink);
    return this.#calls;
  }

  /** What the run says so far, or will say when its calls are answered. */
  texts(): string[] {
    const parts = [...this.#sink.messages.values()].flatMap(({ content }) => content);
    return [...parts.map((part) => (part.type === 'text' ? part.text.value : '')), this.#textAfterCalls];
  }

  /** What the model said after the calls that are open. */
  get textAfterCalls(): string {
    return this.#textAfterCalls;
  }

  /** Waits for a client: everything that it must know is kept first. */
  async requireAction(calls: RequiredActionFunctionToolCall[]): Promise<void> {
    this.#sink.keep(async () => this.#calls?.save());
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
    this.#keep(change);
    this.#goOn(change);
  }

  closeCalls(usage: RunStep.Usage | null): void {
    this.#closeCalls({ status: 'completed' }, usage);
    this.#closeMessage({ status: 'completed' }, null);
  }

  /** Keeps what is written so far, in case the process dies. */
  async checkpoint(): Promise<void> {
    await (this.#message ?? this.#calls)?.checkpoint();
  }

  /** Leaves the run as it stands to whoever carries it on. */
  async leave(): Promise<void> {
    await this.checkpoint();
    await this.kept();
  }

  cancelling(): void {
    this.run.status = 'cancelling';
    this.#keep({ status: 'cancelling' });
    this.#sink.emit({ event: 'thread.run.cancelling', data: this.run });
  }

  /**
   * Ends the run: closes what is open first, so that nothing written is lost. `usage` is that of the newest
   * answer, `total` that of all.
   */
  async end(ending: Ending, usage: RunStep.Usage | null, total: Run['usage']): Promise<void> {
    this.#closeMessage(ending, usage, true);
    this.#closeCalls(ending, usage);
    this.#closeMessage(ending, null, true);
    this.#begun?.end(ending);
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
    // Who sees from another process that it is over finds all of it.
    if (isTerminal(change.status)) await this.#sink.kept();
    this.#keep(change);
    await this.#sink.kept();
    // Once a cancel has begun, the run waits for nobody.
    if (this.run.status === 'cancelling' && !isTerminal(change.status)) return;
    Object.assign(this.run, change);
    this.#sink.emit({ event: `thread.run.${change.status}`, data: this.run });
  }

  /** Lets a change be kept. */
  #keep(change: Partial<Run>): void {
    Object.assign(this.#changes, change);
    this.#sink.keep(() => this.#save());
  }

  /** What is kept is changed, not replaced: changes may come at the same time. */
  async #save(): Promise<void> {
    await this.#sink.state.runs.update(this.run.id, (kept) => ({ ...kept, ...this.#changes }));
  }

  #openMessage(): MessageWriter {
    if (this.#message) return this.#message;
    const begun = this.#begun?.message();
    const given = { images: this.files.takeImages(), citations: this.citations };
    this.#message = begun
      ? MessageWriter.anew(this.#sink, begun, given)
      : MessageWriter.open(this.run, this.#sink, given);
    return this.#message;
  }

  #closeMessage(ending: Ending, usage: RunStep.Usage | null, isLast = false): void {
    const message = this.#message;
    this.#message = undefined;
    message?.close(ending, this.files, usage, isLast);
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
