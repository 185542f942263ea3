import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { Keyv } from 'keyv';
import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';

/** The largest file that the Assistants API takes. */
const LARGEST_FILE = 25 * 1024 * 1024;

let names = 0;
/** A namespace that no other test uses. */
const fresh = () => `contract-${names++}`;

/** What every store must do. */
export function storeContract(store: () => Store): void {
  test('a value is there until it is deleted', async () => {
    const keyv = store().keyv<string>(fresh());
    expect(await keyv.get('a')).toBeUndefined();
    await keyv.set('a', 'one');
    await keyv.set('a', 'two');
    expect(await keyv.get('a')).toBe('two');
    expect(await keyv.has('a')).toBe(true);
    expect(await keyv.delete('a')).toBe(true);
    expect(await keyv.delete('a')).toBe(false);
    expect(await keyv.has('a')).toBe(false);
  });

  test('many values are set, read in the order asked for, and deleted together', async () => {
    const keyv = store().keyv<number>(fresh());
    await keyv.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ]);
    expect(await keyv.getMany(['b', 'none', 'a'])).toEqual([2, undefined, 1]);
    expect(await keyv.hasMany(['b', 'none', 'a'])).toEqual([true, false, true]);
    expect(await keyv.deleteMany(['a', 'none'])).toBe(true);
    expect(await keyv.deleteMany(['a', 'none'])).toBe(false);
    expect(await keyv.getMany(['a', 'b'])).toEqual([undefined, 2]);
  });

  test('a namespace that begins like another is kept apart, in clear() and in iterator() too', async () => {
    const name = fresh();
    const [short, long] = [store().keyv<string>(name), store().keyv<string>(`${name}-places`)];
    await short.set('key', 'short');
    await long.set('key', 'long');
    expect(await entries(short)).toEqual([['key', 'short']]);
    await short.clear();
    expect(await short.get('key')).toBeUndefined();
    expect(await long.get('key')).toBe('long');
  });

  test('the same namespace is the same data', async () => {
    const name = fresh();
    await store().keyv<string>(name).set('key', 'value');
    expect(await store().keyv<string>(name).get('key')).toBe('value');
  });

  test.each(['', 'a_b', 'a%', 'a:b', 'Ä'])('the namespace "%s" is refused', (name) => {
    expect(() => store().keyv(name)).toThrow(TypeError);
  });

  test('an iterator goes through more entries than a page holds', async () => {
    const keyv = store().keyv<number>(fresh());
    const all = Array.from({ length: 250 }, (_, i): [string, number] => [`key/${i}`, i]);
    await keyv.setMany(all.map(([key, value]) => ({ key, value })));
    expect((await entries(keyv)).sort(([, a], [, b]) => a - b)).toEqual(all);
  });

  test('a namespace is read in pages, by the bytes of its keys, and nothing of others', async () => {
    const name = fresh();
    const [mine, other] = [store().keyv<number>(name), store().keyv<number>(`${name}-places`)];
    // In the order of their bytes, which is not that of most languages.
    const names = ['A b', 'B', '_', 'a', 'a b', 'a-c', 'ab', 'b', 'ä', 'я', '中'].sort((one, two) =>
      Buffer.compare(Buffer.from(one), Buffer.from(two)),
    );
    await mine.setMany(names.map((key, value) => ({ key, value })));
    await other.set('a', 1);
    await mine.set('gone', 1, -1);
    const seen: [string, number][] = [];
    for (let after = ''; ; ) {
      const page = await store().page<number>(name, after, 3);
      seen.push(...page);
      const [last] = page.at(-1) ?? [];
      if (page.length < 3 || last === undefined) break;
      after = last;
    }
    expect(seen).toEqual(names.map((key, value) => [key, value]));
    await expect(async () => store().page('a_b', '', 1)).rejects.toThrow(TypeError);
  });

  test('after a scrub everything is there that was', async () => {
    const keyv = store().keyv<string>(fresh());
    await keyv.set('kept', 'kept');
    await keyv.set('deleted', 'x');
    await keyv.delete('deleted');
    for (const extent of [undefined, 'whole'] as const) await store().scrub(extent);
    expect(await keyv.getMany(['kept', 'deleted'])).toEqual(['kept', undefined]);
  });

  test('of many who set the same once, one comes first, and all are told what it has set', async () => {
    const name = fresh();
    const told = await Promise.all(
      Array.from({ length: 20 }, (_, i) => store().setOnce(name, 'key', { by: i }, 60_000)),
    );
    expect(new Set(told.map(({ by }) => by)).size).toBe(1);
    expect(await store().keyv(name).get('key')).toEqual(told[0]);
    expect(await store().setOnce(name, 'other', 'mine', 60_000)).toBe('mine');
    await store().keyv(name).delete('key');
    expect(await store().setOnce(name, 'key', { by: 21 }, 60_000)).toEqual({ by: 21 });
    await expect(async () => store().setOnce('a_b', 'key', 1, 1)).rejects.toThrow(TypeError);
  });

  test('what was set once and has expired can be set again', async () => {
    const name = fresh();
    expect(await store().setOnce(name, 'key', 'old', -1)).toBe('old');
    expect(await store().keyv(name).get('key')).toBeUndefined();
    expect(await store().setOnce(name, 'key', 'new', 60_000)).toBe('new');
    expect(await store().keyv(name).get('key')).toBe('new');
  });

  test('what has expired is not seen in any way', async () => {
    const keyv = store().keyv<string>(fresh());
    await keyv.set('gone', 'x', -1);
    await keyv.set('here', 'y', 60_000);
    expect(await keyv.getMany(['gone', 'here'])).toEqual([undefined, 'y']);
    expect(await keyv.get('gone')).toBeUndefined();
    expect(await entries(keyv)).toEqual([['here', 'y']]);
  });

  test('a value without an end of life replaces one that had it', async () => {
    const keyv = store().keyv<string>(fresh());
    await keyv.set('key', 'short', -1);
    await keyv.set('key', 'for ever');
    expect(await keyv.get('key')).toBe('for ever');
  });

  test('the largest file comes back byte for byte', async () => {
    const keyv = store().keyv<Uint8Array>(fresh());
    const bytes = new Uint8Array(randomBytes(LARGEST_FILE));
    await keyv.set('file', bytes);
    const back = await keyv.get('file');
    expect(back).toBeInstanceOf(Uint8Array);
    expect(Buffer.compare(back ?? new Uint8Array(), bytes)).toBe(0);
  });

  test('any bytes and any JSON come back as they were', async () => {
    const keyv = store().keyv<unknown>(fresh());
    const anything = fc.oneof(
      fc.jsonValue({ noUnicodeString: false }),
      fc.string({ unit: 'binary' }),
      fc.uint8Array(),
      fc.constantFrom('\0', '\ud800', ':base64:AA==', { base64: 'AA==' }, { expires: 1 }, '', null),
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 200 }), anything, async (key, value) => {
        fc.pre(!key.includes('\0'));
        await keyv.set(key, value);
        expect(await keyv.get(key)).toEqual(value instanceof Uint8Array ? value : normal(value));
      }),
    );
  });

  describe('against a Map', () => {
    const key = fc.constantFrom('a', 'b', 'c', "it's", 'ключ', 'a:b', 'a%', 'a_');
    const step = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, value: fc.integer() }),
      fc.record({ do: fc.constant('delete' as const), key }),
      fc.record({ do: fc.constant('setMany' as const), keys: fc.uniqueArray(key), value: fc.integer() }),
      fc.record({ do: fc.constant('deleteMany' as const), keys: fc.uniqueArray(key) }),
      fc.record({ do: fc.constant('clear' as const) }),
    );

    test('any sequence of writes leaves the same entries', async () => {
      const keyv = store().keyv<number>(fresh());
      await fc.assert(
        fc.asyncProperty(fc.array(step), async (steps) => {
          await keyv.clear();
          const model = new Map<string, number>();
          for (const one of steps) {
            if (one.do === 'set') {
              await keyv.set(one.key, one.value);
              model.set(one.key, one.value);
            } else if (one.do === 'delete') {
              expect(await keyv.delete(one.key)).toBe(model.delete(one.key));
            } else if (one.do === 'setMany') {
              await keyv.setMany(one.keys.map((each) => ({ key: each, value: one.value })));
              for (const each of one.keys) model.set(each, one.value);
            } else if (one.do === 'deleteMany') {
              await keyv.deleteMany(one.keys);
              for (const each of one.keys) model.delete(each);
            } else {
              await keyv.clear();
              model.clear();
            }
          }
          expect(new Map(await entries(keyv))).toEqual(model);
        }),
        { numRuns: 50 },
      );
    });
  });
}

/** All that `keyv` holds. */
async function entries<T>(keyv: Keyv<T>): Promise<[string, T][]> {
  const all: [string, T][] = [];
  for await (const [key, value] of keyv.iterator?.(undefined) ?? []) all.push([key, value]);
  return all;
}

/** A value as JSON knows it: without the sign of zero. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
