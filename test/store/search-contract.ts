import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Attributes, Filter, IndexQuery, SearchIndex } from '../../src/store/search-index.ts';

let names = 0;
/** A vector store that no other test uses. */
const fresh = () => `vs_${names++}`;

interface Options {
  title?: string;
  attributes?: Attributes;
  headings?: string[];
  parts?: string;
}

const file = (store: string, name: string, texts: string[], options: Options = {}) => ({
  store,
  file: name,
  title: options.title ?? name,
  attributes: options.attributes ?? {},
  chunks: texts.map((text, at) => ({
    text,
    headings: options.headings ?? [],
    place: { page: at + 1 },
    parts: options.parts ?? '',
  })),
});

const query = (stores: string[], terms: string[], more: Partial<IndexQuery> = {}): IndexQuery => ({
  stores,
  terms: terms.map((term) => [term]),
  phrases: [],
  limit: 10,
  ...more,
});

/** A direction of so many, of unit length. */
const direction = (...parts: number[]) => {
  const length = Math.hypot(...parts);
  return Float32Array.from(parts, (one) => one / length);
};

/** What every search index must do. */
export function searchIndexContract(index: () => SearchIndex): void {
  /** The texts that are found, the best by their words first. */
  const found = async (asked: IndexQuery): Promise<string[]> => {
    const candidates = await index().candidates(asked);
    const ids = candidates.toSorted((one, other) => other.lexical - one.lexical).map(({ id }) => id);
    return (await index().read(ids)).map(({ text }) => text);
  };

  test('a chunk is found by a word of its text, headings, parts or title, in any form, and comes back whole', async () => {
    const store = fresh();
    const options = { title: 'holiday-rules.pdf', headings: ['Absence', 'Overtime'], parts: 'kind of wifi' };
    await index().put(
      file(store, 'a', ['Employees were running late.'], { ...options, attributes: { year: 2026 } }),
    );
    await index().put(file(store, 'b', ['Nothing of that.']));
    for (const word of ['run', 'employee', 'OVERTIME', 'wifi', 'holidays'])
      expect([word, await found(query([store], [word]))]).toEqual([word, ['Employees were running late.']]);
    const [candidate] = await index().candidates(query([store], ['running']));
    expect(await index().read([candidate?.id ?? 0])).toEqual([
      {
        id: candidate?.id,
        store,
        file: 'a',
        attributes: { year: 2026 },
        text: 'Employees were running late.',
        headings: ['Absence', 'Overtime'],
        place: { page: 1 },
      },
    ]);
    expect(await index().candidates(query([store], ['elephant']))).toEqual([]);
    expect(await index().candidates(query([store], []))).toEqual([]);
  });

  test('a chunk with more and rarer of the terms is better, by a score from 0 to 1; phrases raise it', async () => {
    const store = fresh();
    const texts = [
      'printer on the second floor',
      'second printer floor',
      'printer manual',
      'floor plan',
      'coffee',
    ];
    await index().put(file(store, 'a', texts));
    expect((await found(query([store], ['printer', 'second', 'floor']))).slice(0, 2).sort()).toEqual(
      [texts[1], texts[0]].toSorted(),
    );
    expect(await found(query([store], ['second', 'floor'], { phrases: ['second floor'] }))).toEqual(
      expect.arrayContaining([texts[0]]),
    );
    expect((await found(query([store], ['second', 'floor'], { phrases: ['second floor'] })))[0]).toBe(
      texts[0],
    );
    for (const { lexical } of await index().candidates(query([store], ['printer', 'second', 'floor']))) {
      expect(lexical).toBeGreaterThan(0);
      expect(lexical).toBeLessThanOrEqual(1);
    }
  });

  test('spellings of one term stand for each other, and several words of one must stand together', async () => {
    const store = fresh();
    await index().put(file(store, 'a', ['the wi-fi password', 'wifi outage', 'hi-fi and wi']));
    const asked = { ...query([store], []), terms: [['wi-fi', 'wifi']] };
    expect((await found(asked)).sort()).toEqual(['the wi-fi password', 'wifi outage']);
  });

  test('to put a file again replaces it, and nothing of what was removed is found', async () => {
    const store = fresh();
    await index().put(file(store, 'a', ['old apple', 'old pear']));
    await index().put(file(store, 'b', ['other apple']));
    await index().put(file(store, 'a', ['new apple']));
    expect((await found(query([store], ['apple', 'pear']))).sort()).toEqual(['new apple', 'other apple']);
    expect((await index().chunks(store, 'a')).map(({ text }) => text)).toEqual(['new apple']);
    await index().remove(store, 'a');
    expect(await found(query([store], ['apple']))).toEqual(['other apple']);
    expect(await index().chunks(store, 'a')).toEqual([]);
    await index().remove(store);
    expect(await found(query([store], ['apple']))).toEqual([]);
    await index().remove(store, 'never there');
  });

  test('only the stores and files that are asked for are searched, however good others are', async () => {
    const [mine, other] = [fresh(), fresh()];
    await index().put(
      file(
        other,
        'a',
        Array.from({ length: 40 }, () => 'budget budget'),
      ),
    );
    await index().put(
      file(mine, 'a', ['the budget of a year, among many other words'], { attributes: { year: 2026 } }),
    );
    await index().put(file(mine, 'b', ['budget draft'], { attributes: { year: 2025 } }));
    expect(await found(query([mine], ['budget'], { limit: 1 }))).toEqual(['budget draft']);
    const filter: Filter = { type: 'gte', key: 'year', value: 2026 };
    expect(await found(query([mine, mine], ['budget'], { filter, limit: 1 }))).toHaveLength(1);
    expect(await found(query([mine], ['budget'], { filter }))).toEqual([
      'the budget of a year, among many other words',
    ]);
    expect(await index().setAttributes(mine, 'b', { year: 2027 })).toBe(true);
    expect(await index().setAttributes(mine, 'c', {})).toBe(false);
    expect(await found(query([mine], ['budget'], { filter }))).toHaveLength(2);
    expect(await found(query([fresh()], ['budget']))).toEqual([]);
  });

  describe('vectors', () => {
    const generation = 'test-1';

    async function withVectors(store: string): Promise<void> {
      await index().put(file(store, 'a', [`${store} north`, `${store} east`, `${store} south`]));
      const walked = await index().walk(0, 10_000);
      const of = (word: string) => walked.find(({ text }) => text === `${store} ${word}`)?.id ?? 0;
      await index().addVectors(generation, [
        [of('north'), direction(0, 1)],
        [of('east'), direction(1, 0.2)],
        [of('south'), direction(0, -1)],
      ]);
    }

    test('find what is alike, beside what has the words', async () => {
      const store = fresh();
      await withVectors(store);
      const vector = { generation, values: direction(0.1, 1) };
      const candidates = await index().candidates(query([store], ['south'], { vector, limit: 1 }));
      const read = await index().read(candidates.map(({ id }) => id));
      expect(read.map(({ text }) => text).sort()).toEqual([`${store} north`, `${store} south`]);
      const north = candidates.find(({ lexical }) => lexical === 0);
      expect(north?.semantic).toBeCloseTo(0.995, 2);
      expect(candidates.find(({ lexical }) => lexical > 0)?.semantic).toBeCloseTo(-0.995, 2);
    });

    test('of equal texts are one, outlive a change around them, and go with the last of them', async () => {
      const store = fresh();
      await withVectors(store);
      const missing = async () =>
        (await index().withoutVector(generation, 0, 10_000)).filter(({ text }) =>
          text.startsWith(`${store} `),
        );
      await index().put(file(store, 'a', [`${store} north`, `${store} west`]));
      await index().put(file(store, 'b', [`${store} north`], { title: 'a' }));
      expect((await missing()).map(({ text }) => text)).toEqual([`${store} west`]);
      const vector = { generation, values: direction(0, 1) };
      expect(await index().candidates(query([store], [], { vector }))).toHaveLength(2);
      await index().remove(store);
      await index().put(file(store, 'a', [`${store} north`]));
      expect((await missing()).map(({ text }) => text)).toEqual([`${store} north`]);
      await index().addVectors(generation, [[-1, direction(1, 1)]]);
      await index().remove(store);
    });

    test('of generations are kept apart, also of another dimension, until they are let go', async () => {
      const store = fresh();
      await withVectors(store);
      const [chunk] = await index().withoutVector('test-2', 0, 10_000);
      await index().addVectors('test-2', [[chunk?.id ?? 0, direction(1, 1, 1)]]);
      expect((await index().count('test-2')).vectors).toBe(1);
      const older = { generation, values: direction(0, 1) };
      expect(await index().candidates(query([store], [], { vector: older }))).toHaveLength(3);
      const wrong = { generation, values: direction(1, 1, 1) };
      expect(await index().candidates(query([store], [], { vector: wrong }))).toEqual([]);
      await index().keepGenerations(['test-2']);
      expect((await index().count(generation)).vectors).toBe(0);
      await index().keepGenerations([]);
    });
  });

  test('any text is searched for without an error', async () => {
    const store = fresh();
    await index().put(file(store, 'a', ['text']));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'wi-fi',
        'C++',
        'what?',
        '"',
        'a"b',
        'NEAR(',
        'text:x',
        '*',
        '\0',
        '\ud800',
        "'; --",
        '&|!<->',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(text), text, async (terms, phrase) => {
        await index().candidates(query([store], terms, { phrases: [phrase] }));
      }),
      { numRuns: 50 },
    );
  });

  test('any sequence of changes leaves what it says', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const word = fc.constantFrom('apple', 'pear', 'plum');
    const step = fc.oneof(
      fc.record({ does: fc.constant('put' as const), name, words: fc.array(word, { maxLength: 4 }) }),
      fc.record({ does: fc.constant('remove' as const), name }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), word, async (steps, looked) => {
        const store = fresh();
        const model = new Map<string, string[]>();
        for (const one of steps) {
          if (one.does === 'remove') model.delete(one.name);
          else model.set(one.name, one.words);
          if (one.does === 'remove') await index().remove(store, one.name);
          else await index().put(file(store, one.name, one.words));
        }
        const expected = [...model.values()].flat().filter((each) => each === looked);
        expect(await found(query([store], [looked], { limit: 50 }))).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });
}
