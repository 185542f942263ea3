import type { Model, OfferedModel } from './model.ts';

/** How long the provider's list, and what it refused, is believed: models come and go, by the hour at most. */
const BELIEVED_MS = 60_000;

/** A name that is not in the list is looked for in a newer one, at most this often: it may just have been added. */
const FRESH_MS = 5_000;

/** What the provider offers, as far as it says so or has shown by a refusal. Asks it seldom. */
export class Catalogue {
  readonly #model: Pick<Model, 'offered'>;
  readonly #now: () => number;
  readonly #refused = new Set<string>();
  #list: Promise<OfferedModel[]> | undefined;
  #askedAt = 0;

  /** `now` tells the time in milliseconds. */
  constructor(model: Pick<Model, 'offered'>, now: () => number = () => performance.now()) {
    this.#model = model;
    this.#now = now;
  }

  /** The models that the provider lists; none when it does not say. Never throws. */
  async list(): Promise<OfferedModel[]> {
    return this.#listOfAge(BELIEVED_MS);
  }

  /** Whether the provider has a model of this name; undefined when that is not known. */
  async offers(name: string): Promise<boolean | undefined> {
    const list = await this.#listOfAge(BELIEVED_MS);
    if (this.#refused.has(name)) return false;
    if (list.length === 0) return undefined;
    return isIn(list, name) || isIn(await this.#listOfAge(FRESH_MS), name);
  }

  /** The provider, asked for this model, said that it has none. */
  refused(name: string): void {
    this.#refused.add(name);
  }

  #listOfAge(maxMs: number): Promise<OfferedModel[]> {
    const now = this.#now();
    if (this.#list && now - this.#askedAt <= maxMs) return this.#list;
    if (now - this.#askedAt > BELIEVED_MS) this.#refused.clear();
    this.#askedAt = now;
    this.#list = this.#model.offered(new AbortController().signal);
    return this.#list;
  }
}

/** Ollama takes a name without its tag `latest`, and Gemini one without the `models/` that it lists. */
export function isIn(list: OfferedModel[], name: string): boolean {
  return list.some(({ id }) => id === name || id === `${name}:latest` || id === `models/${name}`);
}
