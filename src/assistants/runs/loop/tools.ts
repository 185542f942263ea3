import type { CodeInterpreter, CodeResult } from '../../code-interpreter/code-interpreter.ts';
import type { RunSink } from '../writer/run-sink.ts';
import type { RunWriter } from '../writer/run-writer.ts';
import type { Answer } from './answer.ts';
import type { CallLimits } from './call-limits.ts';
import type { Call } from './calls.ts';
import { type CodeCallContext, keepFile, runCode } from './code-calls.ts';
import type { Prompt } from './prompt.ts';
import type { Searches } from './searches.ts';
import type { Spending } from './spending.ts';

export interface ToolsDeps {
  sink: RunSink;
  codeInterpreter: CodeInterpreter;
}

/** What the tools of one run share. */
export interface ToolsParts {
  limits: CallLimits;
  searches: Searches;
  prompt: Prompt;
  spending: Spending;
}

/** Carries out what a run's answers call, but for functions that the run has: those are the client's. */
export class Tools {
  readonly #writer: RunWriter;
  readonly #deps: ToolsDeps;
  readonly #parts: ToolsParts;

  constructor(writer: RunWriter, deps: ToolsDeps, parts: ToolsParts) {
    this.#writer = writer;
    this.#deps = deps;
    this.#parts = parts;
  }

  /**
   * Runs the code and the searches of the answer whose calls are open, call after call, and answers those that are not to
   * be made.
   */
  async carryOut(answer: Answer, signal: AbortSignal): Promise<void> {
    const { limits, spending } = this.#parts;
    const calls = this.#writer.calls();
    const note = () => {
      calls.answer = answer.kept(spending.spent);
    };
    const refusals = limits.judge(answer.calls);
    note();
    for (const [at, call] of answer.calls.entries()) {
      if (call.output !== undefined) continue;
      const refusal = refusals[at];
      if (refusal === undefined) await this.#make(call, answer, signal);
      else refuse(call, refusal);
      // What was done to its end is kept, also by a run that is left.
      note();
      signal.throwIfAborted();
    }
  }

  /** The calls of an answer that was carried out by another process count as if this one had done it. */
  recall({ calls }: Answer): void {
    const refusals = this.#parts.limits.judge(calls);
    for (const [at, call] of calls.entries()) {
      const refusal = refusals[at];
      if (refusal !== undefined) call.output ??= refusal;
    }
  }

  /** A file to which the answer's text links; one of that name which the run has already is the same. */
  async takeFile(answer: Answer, file: CodeResult['files'][number]): Promise<void> {
    if (this.#writer.files.byName.has(file.name)) return;
    await keepFile(file, this.#writer.run.thread_id, this.#codeContext(answer));
  }

  async #make(call: Call, answer: Answer, signal: AbortSignal): Promise<void> {
    const { searches, prompt } = this.#parts;
    const writer = this.#writer;
    if (call.kind === 'search') {
      call.output = await searches.run(call, prompt.roomForResults(), signal);
    } else if (call.kind === 'code') {
      await writer.calls().save();
      await writer.kept();
      call.output = await runCode(writer.run.thread_id, call, this.#codeContext(answer), signal);
    }
  }

  #codeContext({ calls, files }: Answer): CodeCallContext {
    const { prompt } = this.#parts;
    return {
      state: this.#deps.sink.state,
      codeInterpreter: this.#deps.codeInterpreter,
      files: prompt.files.forCode(),
      onFile: (file) => {
        files.push(file);
        this.#writer.files.add(file);
      },
      runId: this.#writer.run.id,
      user: this.#writer.run.metadata?.user || undefined,
      ranBefore: calls.some(hasRun) || prompt.holdsCode(),
    };
  }
}

function hasRun({ kind, output }: Call): boolean {
  return kind === 'code' && output !== undefined;
}

/** Who looks at the step sees why no client was asked. */
function refuse(call: Call, told: string): void {
  call.output = told;
  if (call.kind === 'function') call.writer.output(told);
}
