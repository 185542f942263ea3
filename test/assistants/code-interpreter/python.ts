import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { CodeRequest, CodeResult } from '../../../src/assistants/code-interpreter/code-interpreter.ts';
import {
  createSandbox,
  type Sandbox,
  type SandboxOptions,
} from '../../../src/assistants/code-interpreter/sandbox.ts';

/** All tests start Python from one snapshot, which outlives them. */
export const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/bobbin', import.meta.url));

export interface Told extends CodeResult {
  output: string;
  pieces: string[];
}

/** A sandbox, and a way to run code in it that gives back everything it told. */
export function python(options: SandboxOptions = {}): Sandbox & {
  tell: (
    code: string,
    request?: Partial<CodeRequest>,
    signal?: AbortSignal,
    onOutput?: () => void,
  ) => Promise<Told>;
} {
  const sandbox = createSandbox({ cacheDir: CACHE, ...options });
  return {
    run: sandbox.run.bind(sandbox),
    close: sandbox.close.bind(sandbox),
    warmUp: sandbox.warmUp.bind(sandbox),
    processIds: sandbox.processIds.bind(sandbox),
    packages: async () => (await sandbox.packages?.()) ?? [],
    async tell(code, request = {}, signal = new AbortController().signal, onOutput = () => {}) {
      const pieces: string[] = [];
      const all = { session: 'thread_a', files: [], ...request, code };
      const keep = (text: string) => {
        pieces.push(text);
        onOutput();
      };
      const result = await sandbox.run(all, keep, signal);
      return { ...result, output: pieces.join(''), pieces };
    },
  };
}

/** A file of a request. */
export function file(name: string, text: string): CodeRequest['files'][number] {
  return { name, read: async () => Buffer.from(text) };
}

/** The same, closed when the test is over. */
export function start(options: SandboxOptions = {}): ReturnType<typeof python> {
  const sandbox = python(options);
  onTestFinished(() => sandbox.close());
  return sandbox;
}
