import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { tempFolder } from '../temp-folder.ts';

/** A process that does nothing but search, and close. */
const PROGRAM = `
const { openStore } = await import(process.argv[2]);
const store = await openStore({ dataDir: process.argv[3] });
const chunks = [{ text: 'apple', headings: [], place: {}, parts: '' }];
await store.searchIndex.put({ store: 'vs', file: 'a', title: 'a', attributes: {}, chunks });
await store.close();
console.log('closed');
`;

test('a store that was searched is closed whole before its process ends', async () => {
  const openStore = new URL('../../../src/store/open-store.ts', import.meta.url).href;
  const folder = await tempFolder();
  const program = join(folder, 'program.mjs');
  await writeFile(program, PROGRAM);
  const { stdout } = await promisify(execFile)(process.execPath, [program, openStore, folder]);
  expect(stdout).toBe('closed\n');
});
