import type { Keyv } from 'keyv';

/** How many entries are read at once while a page is filled. */
const CHUNK = 100;

export interface PageQuery {
  order: 'asc' | 'desc';
  limit: number;
  /** Ids at whose far side the page begins or ends; an unknown id gives an empty page. */
  after?: string;
  before?: string;
}

export interface Page<T> {
  data: T[];
  hasMore: boolean;
}

/**
 * Documents with an id, each in the list of one parent (a thread's messages, a run's steps) in the order in which
 * they came. Keyv has neither lists nor transactions, so a list is a counter and numbered keys, and a removed
 * document leaves a hole that readers pass over. One process writes a parent's list at a time.
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
    return this.#documents.get(id);
  }

  /** Replaces a document that is in a list already. */
  async put(document: T): Promise<void> {
    await this.#documents.set(document.id, document);
  }

  /** Adds a document at the end of `parent`'s list. */
  async append(parent: string, document: T): Promise<void> {
    await this.#oneAtATime(parent, async () => {
      const place = await this.count(parent);
      await this.#documents.set(document.id, document);
      await this.#places.set(`at/${parent}/${place}`, document.id);
      await this.#places.set(`of/${document.id}`, place);
      await this.#places.set(`count/${parent}`, place + 1);
    });
  }

  async remove(id: string): Promise<void> {
    await this.#documents.delete(id);
  }

  /** How many documents were ever added to `parent`'s list, removed ones included. */
  async count(parent: string): Promise<number> {
    return ((await this.#places.get(`count/${parent}`)) as number | undefined) ?? 0;
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
    const data: T[] = [];
    for await (const document of this.walk(parent, query)) {
      if (!where(document)) continue;
      if (data.length === query.limit) return { data, hasMore: true };
      data.push(document);
    }
    return { data, hasMore: false };
  }

  /** Every document between the cursors, read in chunks as the caller goes on. */
  async *walk(parent: string, query: Pick<PageQuery, 'order' | 'after' | 'before'>): AsyncGenerator<T> {
    const [first, end] = await this.#range(parent, query);
    const descending = query.order === 'desc';
    for (let done = 0; done < end - first; done += CHUNK) {
      const size = Math.min(CHUNK, end - first - done);
      const places = Array.from({ length: size }, (_, i) =>
        descending ? end - 1 - done - i : first + done + i,
      );
      const ids = await this.#places.getMany(places.map((place) => `at/${parent}/${place}`));
      const known = ids.filter((id): id is string => typeof id === 'string');
      for (const document of await this.#documents.getMany(known)) if (document) yield document;
    }
  }

  /** The places between the cursors, as a half-open range that counts from the oldest. */
  async #range(
    parent: string,
    query: Pick<PageQuery, 'order' | 'after' | 'before'>,
  ): Promise<[number, number]> {
    let first = 0;
    let end = await this.count(parent);
    const [older, newer] = query.order === 'asc' ? [query.after, query.before] : [query.before, query.after];
    if (older !== undefined) first = ((await this.#placeOf(parent, older)) ?? end) + 1;
    if (newer !== undefined) end = (await this.#placeOf(parent, newer)) ?? 0;
    return [first, end];
  }

  async #placeOf(parent: string, id: string): Promise<number | undefined> {
    const place = (await this.#places.get(`of/${id}`)) as number | undefined;
    if (place === undefined) return undefined;
    return (await this.#places.get(`at/${parent}/${place}`)) === id ? place : undefined;
  }

  async #oneAtATime(parent: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#tails.get(parent) ?? Promise.resolve()).then(work);
    const tail = turn.catch(() => {});
    this.#tails.set(parent, tail);
    await turn.finally(() => {
      if (this.#tails.get(parent) === tail) this.#tails.delete(parent);
    });
  }
}
