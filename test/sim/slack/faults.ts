/** What goes wrong with a call. */
export type Fault = {
  /** How many calls it strikes. Default: 1. */
  times?: number;
  /** Lets so many calls pass first. */
  after?: number;
  /** Is the call carried out all the same, and only its answer lost? Default: no. */
  applied?: boolean;
} & (
  | { /** An answer with this HTTP status and an HTML body. */ status: number }
  | { /** An answer `{ok: false, error}`. */ error: string }
  | { /** HTTP 429 with this many seconds in `Retry-After`. */ retryAfter: number }
  | { /** No answer ever, or the socket is destroyed. */ network: 'silent' | 'reset' }
  | { /** The usual answer, so much later. */ delayMs: number }
);

/** How the counters name what a fault made of a call; `undefined` when the answer is the usual one. */
export function nameOf(fault: Fault): string | undefined {
  if ('status' in fault) return `http_${fault.status}`;
  if ('error' in fault) return fault.error;
  if ('retryAfter' in fault) return 'ratelimited';
  return 'network' in fault ? fault.network : undefined;
}

/** The faults that tests have ordered, by method. */
export class Faults {
  readonly #waiting = new Map<string, Fault[]>();

  add(method: string, fault: Fault): void {
    this.#waiting.set(method, [...(this.#waiting.get(method) ?? []), { ...fault }]);
  }

  /** The next fault that strikes this method. */
  take(method: string): Fault | undefined {
    const [fault, ...rest] = this.#waiting.get(method) ?? [];
    if (fault === undefined) return undefined;
    const { after = 0, times = 1 } = fault;
    if (after > 0) {
      fault.after = after - 1;
      return undefined;
    }
    fault.times = times - 1;
    if (fault.times <= 0) this.#waiting.set(method, rest);
    return fault;
  }
}
