import type { CodeInterpreter, CodeRequest, CodeResult } from '../code-interpreter.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { Output } from '../output.ts';
import type { LeftBehind } from './left-behind.ts';

/** Of code that the provider has run only what it left is fetched; all other code is run by `own`. */
export class HostedInterpreter implements CodeInterpreter {
  readonly #own: CodeInterpreter;
  readonly #left: LeftBehind;

  constructor(own: CodeInterpreter, left: LeftBehind) {
    this.#own = own;
    this.#left = left;
  }

  async run(
    request: CodeRequest,
    onOutput: (text: string) => void,
    signal: AbortSignal,
  ): Promise<CodeResult> {
    const { ran, session } = request;
    if (!ran) return this.#own.run(request, onOutput, signal);
    const output = new Output(DEFAULT_LIMITS.outputBytes, onOutput);
    output.write(Buffer.from(ran.logs));
    output.tellCut();
    const files = await this.#left.of(session, ran, (sentence) => output.tell(sentence), signal);
    output.end();
    return { status: ran.status, fresh: false, files };
  }

  async packages(): Promise<readonly string[]> {
    return (await this.#own.packages?.()) ?? [];
  }

  close(): Promise<void> {
    return this.#own.close();
  }
}
