import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CACHE } from '../assistants/code-interpreter/python.ts';
import { dataDir, start } from './bobbin.ts';

/** The names of Python's snapshots, and of what is being made of them. */
function snapshots(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('python-'));
}

/** A first start of the API, while it makes Python's snapshot, which takes some seconds. */
async function firstStart(DATA_DIR: string) {
  const known = snapshots(DATA_DIR).length;
  const serve = start(['serve'], { PORT: '0', DATA_DIR });
  await expect.poll(() => snapshots(DATA_DIR).length, { interval: 5 }).toBe(known + 1);
  return serve;
}

test('a first start that is killed leaves half a snapshot, one that is asked to end does so at once and leaves nothing, and a whole one ends the half', async () => {
  const folder = dataDir();
  const killed = await firstStart(folder);
  killed.child.kill('SIGKILL');
  await killed.end;
  const left = snapshots(folder);
  expect(left).toEqual([expect.stringMatching(/\.snapshot\..+/)]);

  const asked = await firstStart(folder);
  asked.child.kill('SIGTERM');
  expect((await asked.end).status).toBe(0);
  expect(snapshots(folder)).toEqual(left);

  const [name = ''] = snapshots(CACHE);
  copyFileSync(join(CACHE, name), join(folder, name));
  const next = start(['serve'], { PORT: '0', DATA_DIR: folder });
  await expect.poll(() => snapshots(folder)).toEqual([name]);
  next.child.kill('SIGTERM');
  expect((await next.end).status).toBe(0);
});
