import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { dataDir, start } from './bobbin.ts';

/** The names of Python's snapshots, and of what is being made of them. */
function snapshots(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('python-'));
}

/** A first start of the API, while it makes Python's snapshot; that takes some seconds. */
async function firstStart(DATA_DIR: string) {
  const serve = start(['serve'], { PORT: String(await freePort()), DATA_DIR });
  await expect.poll(() => snapshots(DATA_DIR)).toHaveLength(1);
  return serve;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

test('SIGTERM on a first start does not wait until Python’s snapshot is made', async () => {
  const folder = dataDir();
  const { child, end } = await firstStart(folder);
  child.kill('SIGTERM');
  expect((await end).status).toBe(0);
  expect(snapshots(folder)).toEqual([]);
});

test('what kill -9 leaves of a snapshot on a first start is gone after the next one', async () => {
  const folder = dataDir();
  const first = await firstStart(folder);
  first.child.kill('SIGKILL');
  await first.end;
  const [half] = snapshots(folder);
  expect(half).toMatch(/\.snapshot\..+/);
  const { child, end } = start(['serve'], { PORT: String(await freePort()), DATA_DIR: folder });
  await expect.poll(() => snapshots(folder)).toEqual([expect.stringMatching(/\.snapshot$/)]);
  child.kill('SIGTERM');
  expect((await end).status).toBe(0);
});
