import { setImmediate as turn } from 'node:timers/promises';
import type { Keyv } from 'keyv';
import { couldBeId } from './ids.ts';
import { eachSlice, inSlices, SLICE } from './in-slices.ts';
import { ListEnds } from './list-ends.ts';

/** Of a short list so many entries are read before it is known how many there are: most runs have fewer steps. */
const FEW = 6;

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
  readonly #ends = new ListEnds();

  constructor(documents: Keyv<T>, places: Keyv<number | string>) {
    this.#documents = documents;
    this.#places = places;
  }

  async get(id: string): Promise<T | undefined> {
    return couldBeId(id) ? this.#documents.get(id) : undefined;
  }

  /** The documents with these ids, in the order of the ids; one that does not exist is left out. */
  async getMany(ids: string[]): Promise<T[]> {
    const documents = await inSlices(ids.filter(couldBeId), (slice) => this.#documents.getMany(slice));
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

  /** Keeps what `change` makes of documents that belong to no list, whether or not they exist; those of undefined stay. */
  async putMany(
    ids: readonly string[],
    change: (id: string, document: T | undefined) => T | undefined,
  ): Promise<void> {
    await eachSlice(ids, (slice) =>
      this.#oneAtATime(slice, async () => {
        const documents = await this.#documents.getMany(slice);
        const changed = slice.flatMap((key, index) => {
          const value = change(key, documents[index]);
          return value === undefined ? [] : [{ key, value }];
        });
        if (changed.length > 0) await this.#documents.setMany(changed);
      }),
    );
  }

  /** Adds a document at the end of `parent`'s list; one that `wasCounted` right before is not counted again. */
  async append(parent: string, document: T, wasCounted = false): Promise<void> {
    await Promise.all([
      this.put(document),
      this.#oneAtATime(parent, () => this.#list(parent, document.id, wasCounted)),
    ]);
  }

  async #list(parent: string, id: string, wasCounted: boolean): Promise<void> {
    const end = wasCounted ? this.#ends.guess(parent) : this.#ends.known(parent);
    const place = end?.count ?? (await this.count(parent));
    await this.#places.setMany([
      { key: placeKey(parent, place), value: id },
      { key: `of/${id}`, value: place },
      { key: `count/${parent}`, value: place + 1 },
    ]);
    this.#ends.note(parent, { count: place + 1, last: id });
  }

  /** The same for many that are not in the list, each of them once: all of them are seen in it, or none yet. */
  async appendAll(parent: string, documents: readonly T[]): Promise<void> {
    const entriesOf = (slice: T[]) => slice.map((document) => ({ key: document.id, value: document }));
    await eachSlice(documents, (slice) => this.#documents.setMany(entriesOf(slice)));
    await this.#oneAtATime(parent, async () => {
      const place = this.#ends.known(parent)?.count ?? (await this.count(parent));
      const entries: { key: string; value: number | string }[] = documents.flatMap(({ id }, index) => [
        { key: placeKey(parent, place + index), value: id },
        { key: `of/${id}`, value: place + index },
      ]);
      const count = place + documents.length;
      // The count comes last: what is beyond it is not in the list.
      entries.push({ key: `count/${parent}`, value: count });
      await eachSlice(entries, (slice) => this.#places.setMany(slice));
      const last = documents.at(-1)?.id;
      this.#ends.note(parent, { count, ...(last !== undefined && { last }) });
    });
  }

  /**
   * Until the list is released no other process adds to it, so that its end need not be looked up for each addition.
   * `isNew`: there is nothing in it yet.
   */
  hold(parent: string, isNew: boolean): void {
    this.#ends.hold(parent, isNew);
  }

  release(parent: string): void {
    this.#ends.release(parent);
  }

  /** Removes a document; true when it was there. */
  async remove(id: string): Promise<boolean> {
    if (!couldBeId(id)) return false;
    return this.#oneAtATime(id, () => this.#documents.delete(id));
  }

  /** Those of the ids that `parent`'s list names: one whose process died while it was added may not be there. */
  async listed(parent: string, ids: readonly string[]): Promise<Set<string>> {
    const places = await inSlices(ids, (slice) => this.#places.getMany(slice.map((id) => `of/${id}`)));
    const keys = places.map((place) => (typeof place === 'number' ? placeKey(parent, place) : undefined));
    const there = await this.#idsAt(keys.filter((key) => key !== undefined));
    return new Set(there.filter((id) => id !== undefined));
  }

  /** Removes a document, and its place in `parent`'s list: it may be added there again. True when it was there. */
  async withdraw(parent: string, id: string): Promise<boolean> {
    const place = await this.#placeOf(parent, id);
    if (place !== undefined) await this.#places.deleteMany([placeKey(parent, place), `of/${id}`]);
    return this.remove(id);
  }

  /** Removes `parent`'s list with everything in it. */
  async clear(parent: string): Promise<void> {
    await this.#oneAtATime(parent, async () => {
      const count = await this.count(parent);
      for (let first = 0; first < count; first += SLICE) {
        const keys = placeKeys(parent, first, Math.min(first + SLICE, count));
        const ids = (await this.#idsAt(keys)).filter((id) => id !== undefined);
        await this.#documents.deleteMany(ids);
        await this.#places.deleteMany([...keys, ...ids.map((id) => `of/${id}`)]);
        await turn();
      }
      await this.#places.delete(`count/${parent}`);
      this.#ends.forget(parent);
    });
  }

  /** How many documents were ever added to `parent`'s list, removed ones included. */
  async count(parent: string): Promise<number> {
    return this.#ends.told(parent, countIn(await this.#places.get(`count/${parent}`)));
  }

  /** The newest document of `parent`'s list. */
  async last(parent: string): Promise<T | undefined> {
    const guess = this.#ends.guess(parent);
    if (guess?.last !== undefined) {
      const [count, document] = await Promise.all([this.count(parent), this.get(guess.last)]);
      if (count === guess.count && document) return document;
    }
    const count = await this.count(parent);
    const [document] = count > 0 ? await this.#at(parent, [count - 1]) : [];
    if (!document) return (await this.page(parent, { order: 'desc', limit: 1 })).data[0];
    if (this.#ends.guess(parent)?.count === count) this.#ends.note(parent, { count, last: document.id });
    return document;
  }

  /** The ids of the newest `limit` documents that were added to `parent`'s list, newest first, removed ones included. */
  async newest(parent: string, limit: number): Promise<string[]> {
    const guess = this.#ends.guess(parent)?.count ?? 0;
    const idsBelow = (count: number) =>
      this.#idsAt(placeKeys(parent, Math.max(count - limit, 0), count).reverse());
    const [count, guessed] = await Promise.all([this.count(parent), idsBelow(guess)]);
    const ids = count === guess ? guessed : await idsBelow(count);
    return ids.filter((id) => id !== undefined);
  }

  /** The whole lists of several parents, which are short as a rule, by parent. */
  async lists(parents: readonly string[]): Promise<Map<string, T[]>> {
    if (parents.length === 0) return new Map();
    const keysOf = (parent: string) => [`count/${parent}`, ...placeKeys(parent, 0, FEW)];
    const values = await inSlices(parents.flatMap(keysOf), (slice) => this.#places.getMany(slice));
    const begun = parents.map((parent, index) => {
      const [count, ...ids] = values.slice(index * (FEW + 1), (index + 1) * (FEW + 1));
      return { parent, ids: ids.slice(0, countIn(count)), more: placeKeys(parent, FEW, countIn(count)) };
    });
    const rest = await this.#idsAt(begun.flatMap(({ more }) => more));
    const idsOf = begun.map(({ parent, ids, more }) => {
      const whole = [...ids, ...rest.splice(0, more.length)];
      return { parent, ids: whole.filter((id) => typeof id === 'string') };
    });
    const documents = await this.getMany(idsOf.flatMap(({ ids }) => ids));
    const byId = new Map(documents.map((document) => [document.id, document]));
    return new Map(idsOf.map(({ parent, ids }) => [parent, ids.flatMap((id) => byId.get(id) ?? [])]));
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
  async *walk(parent: string, query: Range, expected = SLICE): AsyncGenerator<T> {
    const [first, end] = await this.#range(parent, query);
    const descending = query.order === 'desc';
    let size = Math.min(expected, SLICE);
    for (let done = 0; done < end - first; ) {
      if (done > 0) await turn();
      const next = Math.min(done + size, end - first);
      const places = descending ? range(end - next, end - done).reverse() : range(first + done, first + next);
      yield* await this.#at(parent, places);
      done = next;
      size = Math.min(size * 2, SLICE);
    }
  }

  async #at(parent: string, places: number[]): Promise<T[]> {
    const ids = await this.#idsAt(places.map((place) => placeKey(parent, place)));
    return this.getMany(ids.filter((id) => id !== undefined));
  }

  async #idsAt(keys: string[]): Promise<(string | undefined)[]> {
    const ids = await inSlices(keys, (slice) => this.#places.getMany(slice));
    return ids.map((id) => (typeof id === 'string' ? id : undefined));
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
    return (await this.#places.get(placeKey(parent, place))) === id ? place : undefined;
  }

  /** After all that goes on with one of the keys, and before what comes later. */
  async #oneAtATime<R>(key: string | readonly string[], work: () => Promise<R>): Promise<R> {
    const keys = typeof key === 'string' ? [key] : key;
    const turn = Promise.all(keys.map((one) => this.#tails.get(one))).then(work);
    const tail = turn.catch(() => {});
    for (const one of keys) this.#tails.set(one, tail);
    return turn.finally(() => {
      for (const one of keys) if (this.#tails.get(one) === tail) this.#tails.delete(one);
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

function placeKey(parent: string, place: number): string {
  return `at/${parent}/${place}`;
}

function placeKeys(parent: string, first: number, end: number): string[] {
  return range(first, end).map((place) => placeKey(parent, place));
}

function countIn(value: number | string | undefined): number {
  return typeof value === 'number' ? value : 0;
}
