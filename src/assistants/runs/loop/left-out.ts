import type { ModelItem } from '../../models/model.ts';
import type { Entry } from '../context/entry.ts';
import { type Cause, hasImages, type Omission, withoutOmitted, withoutPart } from '../context/omissions.ts';

/** With more messages than this to answer, a refused one among them is not looked for one by one. */
const MAX_SUSPECTS = 4;

/** So many are left out one by one: what is refused is mostly new. Each attempt costs a request. */
const ONE_BY_ONE = 8;

/** What a request is made of. */
export interface Given {
  runId: string;
  /** Newest first. */
  history: readonly Entry[];
  /** What the run itself said and did. */
  items: readonly ModelItem[];
}

/**
 * What of a thread the model is not given. When a provider refuses something without saying what it is, one thing
 * after the other is left out, the likeliest first, until it takes the rest: that much stays left out.
 */
export class LeftOut {
  readonly #given: () => Given;
  /** What was known to be refused before the search that is going on. */
  #settled: Map<string, Omission>;
  #tried: Omission[] = [];
  #search: { cause: Cause; attempts: Iterator<Omission[]> } | undefined;
  #told: Set<Omission>;

  constructor(known: readonly Omission[], given: () => Given) {
    this.#given = given;
    this.#settled = byId(known);
    this.#told = new Set(known);
  }

  get history(): Entry[] {
    const omissions = this.#all();
    return this.#given().history.map((entry) => withoutOmitted(entry, omissions));
  }

  get items(): ModelItem[] {
    const { runId, items } = this.#given();
    const omission = this.#all().get(runId);
    return items.map((item) => (omission ? withoutPart(item, omission) : item));
  }

  /** Leaves out something else after a refusal for this cause; false when there is nothing left. */
  tryAnother(cause: Cause): boolean {
    if (this.#search?.cause !== cause) {
      this.#settled = this.#all();
      this.#tried = [];
      this.#search = { cause, attempts: attempts(cause, this.#suspects()) };
    }
    const { value, done } = this.#search.attempts.next();
    if (done) return false;
    this.#tried = value;
    return true;
  }

  /** The provider took the rest. Gives everything that is left out now, and what of it is new. */
  settle(): { all: Omission[]; fresh: Omission[] } {
    this.#settled = this.#all();
    this.#tried = [];
    this.#search = undefined;
    const all = [...this.#settled.values()];
    const fresh = all.filter((omission) => !this.#told.has(omission));
    for (const omission of fresh) this.#told.add(omission);
    return { all, fresh };
  }

  /** What is not wholly left out yet. */
  #suspects(): Given {
    const isThere = ({ id }: Entry) => this.#settled.get(id)?.part !== 'everything';
    const { runId } = this.#given();
    return { runId, history: this.history.filter(isThere), items: this.items };
  }

  #all(): Map<string, Omission> {
    return new Map([...this.#settled, ...byId(this.#tried)]);
  }
}

function byId(omissions: readonly Omission[]): Map<string, Omission> {
  return new Map(omissions.map((omission) => [omission.of, omission]));
}

/** What to leave out, attempt after attempt: each stands for itself. */
function* attempts(cause: Cause, given: Given): Generator<Omission[]> {
  if (cause === 'words') return yield* withoutWords(given);
  const images = given.history
    .filter(hasImages)
    .map(({ id }): Omission => ({ of: id, part: 'images', cause }));
  if (images.length === 0) return;
  const [newest, ...older] = images;
  switch (cause) {
    case 'image':
      // Older ones were taken before.
      return yield* growing(images);
    case 'size':
      yield* growing(older.toReversed());
      if (newest && older.length > 0) yield [newest];
  }
  yield images;
}

function* withoutWords({ runId, history, items }: Given): Generator<Omission[]> {
  const cause = 'words';
  const outputs: Omission[] = items.some(({ type }) => type === 'tool_output')
    ? [{ of: runId, part: 'outputs', cause }]
    : [];
  if (outputs.length > 0) yield outputs;
  const entries = history.map(({ id }): Omission => ({ of: id, part: 'everything', cause }));
  const firstEarlier = history.findIndex(({ fromUser }) => !fromUser);
  const answered = entries.slice(0, firstEarlier === -1 ? entries.length : firstEarlier);
  if (answered.length <= MAX_SUSPECTS) for (const each of answered) yield [each];
  else yield* growing(answered);
  yield* growing(entries.slice(answered.length));
  if (entries.length > 1 || outputs.length > 0) yield [...outputs, ...entries];
}

/** The first one, two, three and so on, and soon by half more each time, to all. */
function* growing<T>(list: T[]): Generator<T[]> {
  let size = 1;
  while (size < list.length) {
    yield list.slice(0, size);
    size += size < ONE_BY_ONE ? 1 : Math.ceil(size / 2);
  }
  if (list.length > 0) yield list;
}
