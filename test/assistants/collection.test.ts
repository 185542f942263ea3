import fc from 'fast-check';
import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { Collection, type PageQuery } from '../../src/assistants/collection.ts';
import { pageOf } from '../../src/assistants/lists.ts';
import { memory } from './client.ts';

interface Document {
  id: string;
  colour?: string;
}

const open = () => new Collection<Document>(memory(), memory());

/** What the list must answer, worked out on a plain array of ids, oldest first, of which some are removed. */
function expectedPage(everything: string[], removed: Set<string>, query: PageQuery) {
  const known = (id: string | undefined) => id === undefined || everything.includes(id);
  if (!known(query.after) || !known(query.before)) return { ids: [], hasMore: false };
  const ordered = query.order === 'asc' ? [...everything] : [...everything].reverse();
  const from = query.after === undefined ? 0 : ordered.indexOf(query.after) + 1;
  const to = query.before === undefined ? ordered.length : ordered.indexOf(query.before);
  const live = ordered.filter((id, i) => i >= from && i < to && !removed.has(id));
  const previous = query.before !== undefined && query.after === undefined;
  const ids = previous ? live.slice(Math.max(live.length - query.limit, 0)) : live.slice(0, query.limit);
  return { ids, hasMore: live.length > query.limit };
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: 'append' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat(200) }) },
);
const cursor = fc.option(fc.nat(120), { nil: undefined });
const question = fc.record({
  order: fc.constantFrom('asc' as const, 'desc' as const),
  limit: fc.integer({ min: 1, max: 30 }),
  after: cursor,
  before: cursor,
});

/** A cursor that may name a removed document, or none at all. */
function queryOf({
  after,
  before,
  ...rest
}: {
  order: 'asc' | 'desc';
  limit: number;
  after?: number | undefined;
  before?: number | undefined;
}): PageQuery {
  return {
    ...rest,
    ...(after !== undefined && { after: `id${after}` }),
    ...(before !== undefined && { before: `id${before}` }),
  };
}

describe('A collection', () => {
  it('pages as a plain array does, whatever was added and removed and wherever the cursors stand', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 150 }),
        fc.array(question, { maxLength: 10 }),
        async (steps, questions) => {
          const collection = open();
          const everything: string[] = [];
          const removed = new Set<string>();
          for (const action of steps) {
            if (action.do === 'append') {
              everything.push(`id${everything.length}`);
              await collection.append('parent', { id: `id${everything.length - 1}` });
            } else if (everything.length > 0) {
              const id = `id${action.which % everything.length}`;
              expect(await collection.remove(id)).toBe(!removed.has(id));
              removed.add(id);
            }
          }
          const live = everything.filter((id) => !removed.has(id));
          expect((await collection.last('parent'))?.id).toBe(live.at(-1));
          for (const query of questions.map(queryOf)) {
            const { data, hasMore } = await collection.page('parent', query);
            expect({ ids: data.map(({ id }) => id), hasMore }).toEqual(
              expectedPage(everything, removed, query),
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is paged in memory by the same rules', () => {
    fc.assert(
      fc.property(fc.nat(60), question, (length, asked) => {
        const everything = Array.from({ length }, (_, i) => `id${i}`);
        const query = queryOf(asked);
        const { data, hasMore } = pageOf(
          everything.map((id) => ({ id })),
          query,
        );
        expect({ ids: data.map(({ id }) => id), hasMore }).toEqual(
          expectedPage(everything, new Set(), query),
        );
      }),
    );
  });

  it('keeps every document when many are added at once', async () => {
    const collection = open();
    const ids = Array.from({ length: 300 }, (_, i) => `id${i}`);
    await Promise.all(ids.map((id) => collection.append('parent', { id })));
    const walked = await Array.fromAsync(collection.walk('parent', { order: 'asc' }));
    expect(walked.map(({ id }) => id)).toEqual(ids);
  });

  it('keeps the lists of two parents apart', async () => {
    const collection = open();
    await collection.append('one', { id: 'a' });
    await collection.append('two', { id: 'b' });
    expect((await collection.page('one', { order: 'asc', limit: 10 })).data).toEqual([{ id: 'a' }]);
    expect((await collection.page('one', { order: 'asc', limit: 10, after: 'b' })).data).toEqual([]);
  });

  it('finds what passes a filter beyond the first page', async () => {
    const collection = open();
    for (let i = 0; i < 250; i++)
      await collection.append('parent', { id: `id${i}`, colour: i % 100 === 0 ? 'red' : 'blue' });
    const page = await collection.page(
      'parent',
      { order: 'asc', limit: 2 },
      ({ colour }) => colour === 'red',
    );
    expect(page).toEqual({
      data: [
        { id: 'id0', colour: 'red' },
        { id: 'id100', colour: 'red' },
      ],
      hasMore: true,
    });
  });

  it('loses no change when one document is changed many times at once', async () => {
    const collection = open();
    await collection.put({ id: 'a', colour: '' });
    await Promise.all(
      Array.from({ length: 50 }, () =>
        collection.update('a', (old) => ({ ...old, colour: `${old.colour}x` })),
      ),
    );
    expect((await collection.get('a'))?.colour).toBe('x'.repeat(50));
  });

  it('changes nothing that does not exist', async () => {
    const collection = open();
    expect(await collection.update('a', (old) => old)).toBeUndefined();
    expect(await collection.get('a')).toBeUndefined();
  });

  it('leaves nothing behind in the store when a list is cleared', async () => {
    const documents = new Map();
    const places = new Map();
    const collection = new Collection<Document>(new Keyv({ store: documents }), new Keyv({ store: places }));
    for (let i = 0; i < 230; i++) await collection.append('parent', { id: `id${i}` });
    await collection.remove('id7');
    await collection.clear('parent');
    expect([documents.size, places.size]).toEqual([0, 0]);
    await collection.append('parent', { id: 'new' });
    expect(await collection.last('parent')).toEqual({ id: 'new' });
  });

  it('goes on adding after an addition that failed', async () => {
    let broken = true;
    const store = new Map();
    const set = store.set.bind(store);
    const flaky = Object.assign(store, {
      set(key: unknown, value: unknown) {
        if (broken) throw new Error('the disk is full');
        return set(key, value);
      },
    });
    const collection = new Collection<Document>(new Keyv({ store: flaky, throwOnErrors: true }), memory());
    await expect(collection.append('parent', { id: 'lost' })).rejects.toThrow('the disk is full');
    broken = false;
    await collection.append('parent', { id: 'kept' });
    expect((await collection.page('parent', { order: 'asc', limit: 10 })).data).toEqual([{ id: 'kept' }]);
  });

  it('never asks the store for an id that could be none', async () => {
    const asked: string[] = [];
    const spying = {
      get: (key: string) => void asked.push(key),
      set: () => {},
      delete: () => false,
      clear: () => {},
    };
    const collection = new Collection<Document>(new Keyv({ store: spying }), new Keyv({ store: spying }));
    expect(await collection.get('a\0b')).toBeUndefined();
    expect(await collection.get('x'.repeat(10_000))).toBeUndefined();
    expect(await collection.remove('../../etc')).toBe(false);
    expect(await collection.getMany(['', '%'])).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('reads few documents of a long list for its newest one', async () => {
    const documents = memory<Document>();
    const places = memory<number | string>();
    const before = new Collection<Document>(documents, places);
    for (let i = 0; i < 500; i++) await before.append('parent', { id: `id${i}` });
    const collection = new Collection<Document>(documents, places);
    let read = 0;
    documents.hooks.addHandler('preGetMany', ({ keys }: { keys: string[] }) => {
      read += keys.length;
    });
    expect(await collection.last('parent')).toEqual({ id: 'id499' });
    expect(read).toBe(1);
  });
});
