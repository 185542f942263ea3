import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type {
  CodeInterpreterOutputImage,
  CodeInterpreterToolCall,
  FileSearchToolCall,
  FunctionToolCall,
  RunStep,
  ToolCall,
  ToolCallDelta,
} from 'openai/resources/beta/threads/runs/steps';
import { type Ending, stepEnding } from '../ending.ts';
import type { KeptStep, WholeAnswer } from '../kept-step.ts';
import { type Found, foundId, withoutContent } from '../search/found.ts';
import { endStep, openStep, type RunSink } from './run-sink.ts';

/** Writes one step of tool calls: all those of one answer of the model. */
export class ToolCallsWriter {
  readonly #sink: RunSink;
  readonly #step: RunStep;
  readonly #calls: ToolCall[];
  #hasChanged = false;

  private constructor(sink: RunSink, step: RunStep, calls: ToolCall[]) {
    this.#sink = sink;
    this.#step = step;
    this.#calls = calls;
  }

  static open(run: Run, sink: RunSink): ToolCallsWriter {
    const calls: ToolCall[] = [];
    const step = openStep(run, sink, { type: 'tool_calls', tool_calls: calls });
    return new ToolCallsWriter(sink, step, calls);
  }

  /** A step that is kept already. */
  static reopen(sink: RunSink, { answer, isLast: _, ...step }: KeptStep): ToolCallsWriter {
    const { step_details: details } = step;
    const calls = details.type === 'tool_calls' ? details.tool_calls : [];
    sink.steps.push(step);
    if (answer) sink.putAside(step, { answer });
    return new ToolCallsWriter(sink, step, calls);
  }

  /** A step that is written once more from its beginning. */
  static anew(sink: RunSink, step: RunStep): ToolCallsWriter {
    const calls: ToolCall[] = [];
    step.step_details = { type: 'tool_calls', tool_calls: calls };
    return new ToolCallsWriter(sink, step, calls);
  }

  get calls(): ToolCall[] {
    return this.#calls;
  }

  get stepId(): string {
    return this.#step.id;
  }

  /** The step's number among all of its run, counted from 1. */
  get number(): number {
    return this.#sink.steps.indexOf(this.#step) + 1;
  }

  /** How many results the searches of the step have so far. */
  get results(): number {
    const results = this.#calls.map((call) =>
      call.type === 'file_search' ? (call.file_search.results?.length ?? 0) : 0,
    );
    return results.reduce((sum, count) => sum + count, 0);
  }

  addCode(id: string): CodeCallWriter {
    const call: CodeInterpreterToolCall = {
      id,
      type: 'code_interpreter',
      code_interpreter: { input: '', outputs: [] },
    };
    const index = this.#calls.push(call) - 1;
    this.#delta({ index, id, type: call.type, code_interpreter: { input: '', outputs: [] } });
    return this.codeCall(call, index);
  }

  addSearch(id: string): SearchCallWriter {
    const call: FileSearchToolCall = { id, type: 'file_search', file_search: {} };
    const index = this.#calls.push(call) - 1;
    this.#delta({ index, id, type: call.type, file_search: {} });
    return this.searchCall(call, index);
  }

  addFunction(id: string, name: string): FunctionCallWriter {
    const call: FunctionToolCall = { id, type: 'function', function: { name, arguments: '', output: null } };
    const index = this.#calls.push(call) - 1;
    this.#delta({ index, id, type: call.type, function: { ...call.function } });
    return this.functionCall(call, index);
  }

  /** The writer of a call that the step has. */
  codeCall(call: CodeInterpreterToolCall, index: number): CodeCallWriter {
    return new CodeCallWriter(call, index, (delta) => this.#delta(delta));
  }

  searchCall(call: FileSearchToolCall, index: number): SearchCallWriter {
    return new SearchCallWriter(call, foundId(this.#step.id, index));
  }

  functionCall(call: FunctionToolCall, index: number): FunctionCallWriter {
    return new FunctionCallWriter(call, index, (delta) => this.#delta(delta));
  }

  /** What is kept with the step from now on: who takes the run over goes on from there. */
  set answer(answer: WholeAnswer) {
    this.#sink.putAside(this.#step, { answer });
    this.#hasChanged = true;
  }

  /** Keeps the calls as they stand. */
  async save(): Promise<void> {
    await this.#sink.write(() => this.#save());
  }

  /** Keeps what was written since it was last kept, in case the process dies. */
  async checkpoint(): Promise<void> {
    if (this.#hasChanged) await this.save();
  }

  async #save(): Promise<void> {
    this.#hasChanged = false;
    await this.#sink.state.steps.put(this.#sink.keptStep(this.#step));
  }

  close(ending: Ending, usage: RunStep.Usage | null): void {
    endStep(this.#step, this.#sink, stepEnding(ending), usage);
  }

  #delta(call: ToolCallDelta): void {
    this.#hasChanged = true;
    const delta = { step_details: { type: 'tool_calls' as const, tool_calls: [call] } };
    const data = { id: this.#step.id, object: 'thread.run.step.delta' as const, delta };
    this.#sink.emit({ event: 'thread.run.step.delta', data });
  }
}

type Tell = (delta: ToolCallDelta) => void;

/** Writes one call of the code interpreter. */
export class CodeCallWriter {
  readonly call: CodeInterpreterToolCall;
  readonly #index: number;
  readonly #tell: Tell;

  constructor(call: CodeInterpreterToolCall, index: number, tell: Tell) {
    this.call = call;
    this.#index = index;
    this.#tell = tell;
  }

  code(delta: string): void {
    if (delta === '') return;
    this.call.code_interpreter.input += delta;
    this.#tell({ index: this.#index, type: 'code_interpreter', code_interpreter: { input: delta } });
  }

  logs(delta: string): void {
    if (delta === '') return;
    const { outputs } = this.call.code_interpreter;
    const last = outputs.at(-1);
    if (last?.type === 'logs') last.logs += delta;
    else outputs.push({ type: 'logs', logs: delta });
    this.#output({ index: outputs.length - 1, type: 'logs', logs: delta });
  }

  image(fileId: string): void {
    const { outputs } = this.call.code_interpreter;
    const index = outputs.push({ type: 'image', image: { file_id: fileId } }) - 1;
    this.#output({ index, type: 'image', image: { file_id: fileId } });
  }

  #output(output: CodeInterpreterOutputImage | { index: number; type: 'logs'; logs: string }): void {
    this.#tell({ index: this.#index, type: 'code_interpreter', code_interpreter: { outputs: [output] } });
  }
}

/** Writes one search: as in OpenAI's API, its results come with the step's end, and never in a delta. */
export class SearchCallWriter {
  readonly call: FileSearchToolCall;
  /** Under which is kept what it finds. */
  readonly foundId: string;

  constructor(call: FileSearchToolCall, foundId: string) {
    this.call = call;
    this.foundId = foundId;
  }

  /** Shows what was found; nothing where a search did not come to its end. */
  show(found: Found | undefined): void {
    this.call.file_search = found
      ? { ranking_options: found.ranking, results: found.results.map(withoutContent) }
      : {};
  }
}

/** Writes one call of a function. */
export class FunctionCallWriter {
  readonly call: FunctionToolCall;
  readonly #index: number;
  readonly #tell: Tell;

  constructor(call: FunctionToolCall, index: number, tell: Tell) {
    this.call = call;
    this.#index = index;
    this.#tell = tell;
  }

  arguments(delta: string): void {
    this.call.function.arguments += delta;
    this.#tell({ index: this.#index, type: 'function', function: { arguments: delta } });
  }

  /** Answers a call that no client can answer. */
  output(output: string): void {
    this.call.function.output = output;
    this.#tell({ index: this.#index, type: 'function', function: { output } });
  }
}
