import type { Json } from './objects.ts';

export interface RecordedCall {
  method: string;
  args: Json;
  /** `Date.now()` of its arrival. */
  at: number;
  /** `ok`, or the error. */
  answer: string;
}

export interface MethodCounts {
  calls: number;
  /** Answers with 429. */
  limited: number;
  /** Other answers than ok, by error. */
  errors: Record<string, number>;
  /** Characters of text, blocks and chunks that were sent, refused calls included. */
  characters: number;
}

/** Every call that came in, and sums of them. */
export class Counters {
  readonly calls: RecordedCall[] = [];
  readonly #counts = new Map<string, MethodCounts>();

  count(call: RecordedCall): void {
    this.calls.push(call);
    const counts = this.of(call.method);
    counts.calls += 1;
    counts.characters += characters(call.args);
    if (call.answer === 'ratelimited') counts.limited += 1;
    else if (call.answer !== 'ok') counts.errors[call.answer] = (counts.errors[call.answer] ?? 0) + 1;
    this.#counts.set(call.method, counts);
  }

  /** Begins to count anew. */
  reset(): void {
    this.calls.length = 0;
    this.#counts.clear();
  }

  /** Zeros for a method that was never called. */
  of(method: string): MethodCounts {
    return this.#counts.get(method) ?? { calls: 0, limited: 0, errors: {}, characters: 0 };
  }

  /** Over all methods. */
  total(): MethodCounts {
    const sum: MethodCounts = { calls: 0, limited: 0, errors: {}, characters: 0 };
    for (const each of this.#counts.values()) {
      sum.calls += each.calls;
      sum.limited += each.limited;
      sum.characters += each.characters;
      for (const [error, count] of Object.entries(each.errors))
        sum.errors[error] = (sum.errors[error] ?? 0) + count;
    }
    return sum;
  }
}

const CONTENT = ['text', 'markdown_text', 'blocks', 'chunks'];

function characters(args: Json): number {
  return CONTENT.reduce((sum, name) => {
    const value = args[name];
    if (value === undefined || value === null) return sum;
    return sum + (typeof value === 'string' ? value : JSON.stringify(value)).length;
  }, 0);
}
