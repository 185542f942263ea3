import type {
  CodeInterpreter,
  CodeRequest,
  CodeResult,
} from '../../src/assistants/code-interpreter/code-interpreter.ts';
import { aborted } from './scripted-model.ts';

/** What a call of the scripted interpreter prints and leaves. */
export interface ScriptedResult extends Partial<CodeResult> {
  prints?: string[];
  hangs?: boolean;
  /** No Python is free at first. */
  waits?: boolean;
}

/** An interpreter that does for each code what it was told, or prints that it ran; it keeps the requests. */
export class ScriptedInterpreter implements CodeInterpreter {
  readonly requests: CodeRequest[] = [];
  readonly #results: Record<string, ScriptedResult>;

  constructor(results: Record<string, ScriptedResult> = {}) {
    this.#results = results;
  }

  async run(
    request: CodeRequest,
    onOutput: (text: string) => void,
    signal: AbortSignal,
  ): Promise<CodeResult> {
    this.requests.push(request);
    const result = this.#results[request.code] ?? { prints: [`ran ${request.code}\n`] };
    if (result.waits) request.onWait?.();
    for (const piece of result.prints ?? []) onOutput(piece);
    if (result.hangs) await aborted(signal);
    return { status: result.status ?? 'completed', fresh: result.fresh ?? false, files: result.files ?? [] };
  }

  async close(): Promise<void> {}
}
