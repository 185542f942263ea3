import fc from 'fast-check';
import { Keyv } from 'keyv';
import { expect, test } from 'vitest';
import { Blobs } from '../../src/assistants/blobs.ts';
import { deserialize, serialize } from '../../src/store/codec.ts';
import { sharedStore } from './runs/processes.ts';

const MiB = 1024 * 1024;

/** Bytes of which no two pieces are the same. */
function bytesOf(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 997) bytes[at] = (at * 31 + seed) % 251;
  return bytes;
}

function scene() {
  const written = new Map<string, string>();
  const store = Object.assign(new Map<string, string>(), { opts: {} });
  const keyv = new Keyv<Uint8Array>({
    store: {
      opts: {},
      on() {},
      get: async (key: string) => store.get(key),
      set: async (key: string, value: string) => {
        written.set(key, value);
        store.set(key, value);
      },
      delete: async (key: string) => store.delete(key),
      clear: async () => store.clear(),
    },
    serialize,
    deserialize,
  });
  return { blobs: new Blobs(keyv), written, store };
}

test('bytes of any size come back as they are, are replaced whole and leave nothing', async () => {
  const size = fc.oneof(
    fc.constantFrom(0, 1, MiB - 1, MiB, MiB + 1, 2 * MiB, 2 * MiB + 1),
    fc.integer({ min: 0, max: 3 * MiB }),
  );
  await fc.assert(
    fc.asyncProperty(size, size, async (one, other) => {
      const { blobs, store } = scene();
      for (const [seed, bytes] of [bytesOf(one), bytesOf(other, 7)].entries()) {
        await blobs.set('key', bytes);
        const kept = await blobs.get('key');
        expect([seed, Buffer.compare(kept ?? Buffer.from('none'), bytes)]).toEqual([seed, 0]);
      }
      await blobs.delete('key');
      expect([await blobs.get('key'), store.size]).toEqual([undefined, 0]);
    }),
    { numRuns: 12 },
  );
});

test('nothing large is written at once, and others have their turn between the pieces', async () => {
  const { blobs, written } = scene();
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await blobs.set('key', bytesOf(20 * MiB));
  const whileWritten = turns;
  await blobs.get('key');
  isOver = true;
  expect(Math.max(...[...written.values()].map((value) => value.length))).toBeLessThan(1.5 * MiB);
  expect(whileWritten).toBeGreaterThanOrEqual(20);
  expect(turns - whileWritten).toBeGreaterThanOrEqual(20);
});

test('of what a dead process has begun to write nothing is seen, and a deletion finds all of it', async () => {
  for (const writes of [1, 2, 3]) {
    const nextProcess = sharedStore();
    const first = nextProcess();
    first.after(writes, () => first.kill());
    void new Blobs(first.keyv('contents')).set('key', bytesOf(3 * MiB));
    await first.dead;
    const second = nextProcess();
    const blobs = new Blobs(second.keyv('contents'));
    expect(await blobs.get('key')).toBeUndefined();
    await blobs.delete('key');
    const left = await Promise.all(first.written.map((key) => second.keyv('').get(key)));
    expect(left.filter((one) => one !== undefined)).toEqual([]);
  }
});
