import type { Canaries } from '../canaries.ts';

/** A way out of the sandbox: code that tries it, and what it says when it is shut. */
export interface WayOut {
  name: string;
  code: (surroundings: Canaries & { dataDir: string }) => string;
  shut: RegExp;
}

/** What an exception is called, in Python or in JavaScript. */
export const KIND = 'kind = lambda e: e.name if type(e).__name__ == "JsException" else type(e).__name__';

/** Python that prints what each attempt ends with, so that none hides behind another. */
export function attempts(imports: string, ...expressions: string[]): string {
  const lines = expressions.map(
    (expression) => `try: print("DONE", ${expression})\nexcept BaseException as e: print(kind(e))`,
  );
  return [KIND, imports, ...lines].join('\n');
}

/** A text as Python writes it. */
export const py = (text: string) => JSON.stringify(text);
