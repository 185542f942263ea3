import type { Keyv } from 'keyv';
import { couldBeId } from './ids.ts';

/** The most entries that are read at once while a list is walked. */
const CHUNK = 100;

export interface PageQuery {
  order: 'asc' | 'desc';
  limit: number;
  /** The id that the page comes right after, or right before; an unknown id gives an empty page. */
  after?: string;
  before?: string;
}

export interface Page<T> {
  data: T[];
  hasMore: boolean;
}

type Range = Pick<PageQuery, 'order' | 'after' | 'before'>;

/** A page before a cursor alone is the previous page: the nearest to the cursor, not the first of the list. */
export function startsAtEnd({ after, before }: PageQuery): boolean {
  return before !== undefined && after === undefined;
}

/**
 * Documents with an id, each in the list of one parent (a thread's messages, a run's steps) in the order in which
 * they came. Keyv has neither lists nor transactions, so a list is a counter and numbered keys, and a removed
 * document leaves a hole that readers pass over: it stays good as a cursor. One process writes a parent's list at
 * a time; where two do, no document is lost, but the list may miss one.
 */
export class Collection<T extends { id: string }> {
  readonly #documents: Keyv<T>;
  readonly #places: Keyv<number | string>;
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(documents: Keyv<T>, places: Keyv<number | string>) {
    this.#documents = documents;
    this.#places = places;
  }

  async get(id: string): Promise<T | undefined> {
    return couldBeId(id) ? this.#documents.get(id) : undefined;
  }

  /** The documents with these ids, in the order of the ids; one that does not exist is left out. */
  async getMany(ids: string[]): Promise<T[]> {
    const known = ids.filter(couldBeId);
    if (known.length === 0) return [];
    const documents = await this.#documents.getMany(known);
    return documents.filter((document) => document !== undefined);
  }

  /** Replaces a document that is in a list already, or keeps one that belongs to no list. */
  async put(document: T): Promise<void> {
    await this.#oneAtATime(document.id, () => this.#documents.set(document.id, document));
  }

  /** Replaces the document by what `change` makes of it; undefined when it does not exist. */
  async update(id: string, change: (document: T) => T): Promise<T | undefined> {
    return this.#oneAtATime(id, async () => {
      const document = await this.get(id);
      if (document === undefined) return undefined;
      const changed = change(document);
      await this.#documents.set(id, changed);
      return changed;
    });
  }

  /** Adds a document at the end of `parent`'s list. */
  async append(parent: string, document: T): Promise<void> {
    await this.#oneAtATime(parent, async () => {
      const place = await this.count(parent);
      await Promise.all([
        this.#documents.set(document.id, document),
        this.#places.setMany([
          { key: `at/${parent}/${place}`, value: document.id },
          { key: `of/${document.id}`, value: place },
          { key: `count/${parent}`, value: place + 1 },
        ]),
      ]);
    });
  }

  /** Removes a document; true when it was there. */
  async remove(id: string): Promise<boolean> {
    if (!couldBeId(id)) return false;
    return this.#oneAtATime(id, () => this.#documents.delete(id));
  }

  /** Removes `parent`'s list with everything in it. */
  async clear(parent: string): Promise<void> {
    await this.#oneAtATime(parent, async () => {
      const count = await this.count(parent);
      for (let first = 0; first < count; first += CHUNK) {
        const keys = range(first, Math.min(first + CHUNK, count)).map((place) => `at/${parent}/${place}`);
        const ids = (await this.#places.getMany(keys)).filter((id) => typeof id === 'string');
        await this.#documents.deleteMany(ids);
        await this.#places.deleteMany([...keys, ...ids.map((id) => `of/${id}`)]);
      }
      await this.#places.delete(`count/${parent}`);
    });
  }

  /** How many documents were ever added to `parent`'s list, removed ones included. */
  async count(parent: string): Promise<number> {
    const count = await this.#places.get(`count/${parent}`);
    return typeof count === 'number' ? count : 0;
  }

  /** The newest document of `parent`'s list. */
  async last(parent: string): Promise<T | undefined> {
    return (await this.page(parent, { order: 'desc', limit: 1 })).data[0];
  }

  async page(
    parent: string,
    query: PageQuery,
    where: (document: T) => boolean = () => true,
  ): Promise<Page<T>> {
    const backwards = startsAtEnd(query);
    const found: T[] = [];
    for await (const document of this.walk(parent, backwards ? reversed(query) : query, query.limit + 1)) {
      if (where(document)) found.push(document);
      if (found.length > query.limit) break;
    }
    const data = found.slice(0, query.limit);
    return { data: backwards ? data.reverse() : data, hasMore: found.length > query.limit };
  }

  /**
   * Every document between the cursors, read in chunks as the caller goes on: the first of `expected` entries,
   * each of the next twice as big.
   */
  async *walk(parent: string, query: Range, expected = CHUNK): AsyncGenerator<T> {
    const [first, end] = await this.#range(parent, query);
    const descending = query.order === 'desc';
    let size = Math.min(expected, CHUNK);
    for (let done = 0; done < end - first; ) {
      const next = Math.min(done + size, end - first);
      const places = descending ? range(end - next, end - done).reverse() : range(first + done, first + next);
      yield* await this.#at(parent, places);
      done = next;
      size = Math.min(size * 2, CHUNK);
    }
  }

  async #at(parent: string, places: number[]): Promise<T[]> {
    const ids = await this.#places.getMany(places.map((place) => `at/${parent}/${place}`));
    return this.getMany(ids.filter((id) => typeof id === 'string'));
  }

  /** The places between the cursors, as a half-open range that counts from the oldest. */
  async #range(parent: string, query: Range): Promise<[number, number]> {
    const [older, newer] = query.order === 'asc' ? [query.after, query.before] : [query.before, query.after];
    const [count, afterOlder, atNewer] = await Promise.all([
      this.count(parent),
      older === undefined ? -1 : this.#placeOf(parent, older),
      newer === undefined ? Infinity : this.#placeOf(parent, newer),
    ]);
    if (afterOlder === undefined || atNewer === undefined) return [0, 0];
    return [afterOlder + 1, Math.min(atNewer, count)];
  }

  async #placeOf(parent: string, id: string): Promise<number | undefined> {
    const place = couldBeId(id) ? await this.#places.get(`of/${id}`) : undefined;
    if (typeof place !== 'number') return undefined;
    return (await this.#places.get(`at/${parent}/${place}`)) === id ? place : undefined;
  }

  async #oneAtATime<R>(key: string, work: () => Promise<R>): Promise<R> {
    const turn = (this.#tails.get(key) ?? Promise.resolve()).then(work);
    const tail = turn.catch(() => {});
    this.#tails.set(key, tail);
    return turn.finally(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
  }
}

/** The same stretch of the list, from its other end. */
function reversed({ order, after, before }: PageQuery): Range {
  return {
    order: order === 'asc' ? 'desc' : 'asc',
    ...(before !== undefined && { after: before }),
    ...(after !== undefined && { before: after }),
  };
}

function range(first: number, end: number): number[] {
  return Array.from({ length: Math.max(end - first, 0) }, (_, i) => first + i);
}
