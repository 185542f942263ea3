import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { tempFolder } from '../temp-folder.ts';

async function open(dataDir: string) {
  const store = await openStore({ dataDir });
  onTestFinished(() => store.close());
  return store;
}

/** Everything that stands in the folder's files, as text. */
async function bytesIn(dataDir: string): Promise<string> {
  const names = await readdir(dataDir);
  return (await Promise.all(names.map((name) => readFile(join(dataDir, name), 'latin1')))).join('\n');
}

let words = 0;
/** A text that is nowhere else, of any length. */
const word = (length: number) => `<word-${words++}>${'x'.repeat(length)}`;

test('whatever was written and deleted before, no byte of it is left', async () => {
  const dataDir = await tempFolder();
  const store = await open(dataDir);
  const keyv = store.keyv<string>('test');
  const step = fc.record({
    key: fc.integer({ min: 0, max: 30 }),
    // Many to a page, few to a page, and over several pages.
    length: fc.constantFrom(0, 40, 400, 3_000, 20_000),
    does: fc.constantFrom('set', 'set', 'delete'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
      const now = new Map<string, string>();
      const ever: string[] = [];
      for (const { key, length, does } of steps) {
        if (does === 'delete') {
          await keyv.delete(`${key}`);
          now.delete(`${key}`);
          continue;
        }
        const text = word(length);
        ever.push(text);
        await keyv.set(`${key}`, text);
        now.set(`${key}`, text);
      }
      await store.scrub();
      const bytes = await bytesIn(dataDir);
      const alive = new Set(now.values());
      for (const text of ever) {
        const tag = text.slice(0, text.indexOf('>') + 1);
        expect([tag, bytes.includes(tag)]).toEqual([tag, alive.has(text)]);
      }
      await keyv.clear();
    }),
    { numRuns: 15 },
  );
});

test('what an earlier release deleted without overwriting it is gone, too', async () => {
  const dataDir = await tempFolder();
  await (await openStore({ dataDir })).close();
  const earlier = new DatabaseSync(join(dataDir, 'bobbin.sqlite'));
  earlier.exec('PRAGMA secure_delete = OFF');
  const put = earlier.prepare('INSERT INTO entries (key, value) VALUES (?, ?)');
  for (let key = 0; key < 50; key++) put.run(`test:${key}`, word(key * 300));
  put.run('test:kept', '{"value":"kept"}');
  earlier.exec("DELETE FROM entries WHERE key <> 'test:kept'");
  earlier.close();
  expect(await bytesIn(dataDir)).toContain('<word-');
  const store = await open(dataDir);
  await store.scrub('whole');
  expect(await bytesIn(dataDir)).not.toContain('<word-');
  // The file is smaller now, which is nobody else's doing.
  await store.check();
  await store.keyv<string>('test').set('after', 'x');
  expect(await store.keyv<string>('test').getMany(['kept', 'after'])).toEqual(['kept', 'x']);
});
