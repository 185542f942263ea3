/**
 * How a request fails: with a status of 400 or more; `hang` never answers; `cut` drops the connection before
 * anything is done; `lost-answer` does what was asked and then drops the connection; `retryAfter` is a 429 with so many
 * seconds to wait, in the scope `shared`: the resource's own limit, of which no header tells before.
 */
export type Fault = number | 'hang' | 'cut' | 'lost-answer' | { retryAfter: number };

interface Planned {
  route: string;
  fault: Fault;
  left: number;
}

/** Failures that a test has ordered. */
export class Faults {
  readonly #planned: Planned[] = [];

  /** @param route Such as `POST /channels/:channel/messages`, or `*` for any. */
  plan(route: string, fault: Fault, times: number): void {
    this.#planned.push({ route, fault, left: times });
  }

  next(route: string): Fault | null {
    const planned = this.#planned.find((one) => one.left > 0 && (one.route === '*' || one.route === route));
    if (!planned) return null;
    planned.left -= 1;
    return planned.fault;
  }
}
