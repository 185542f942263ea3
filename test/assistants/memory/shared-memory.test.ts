import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { residentBytes } from '../../../src/assistants/memory/resident.ts';
import { SharedMemory } from '../../../src/assistants/memory/shared-memory.ts';

const MiB = 1024 * 1024;

/** Children that hold what a test says; each that is ended holds nothing more a moment later. */
function children(totalBytes: number) {
  const sizes = new Map<number, number>();
  const ended: number[] = [];
  const memory = new SharedMemory(totalBytes, (pid) => sizes.get(pid) ?? 0);
  const start = (pid: number, bytes: number, expectedBytes = 0) => {
    sizes.set(pid, bytes);
    const leave = memory.join({ pid, expectedBytes, end: () => ended.push(pid) });
    const gone = () => {
      sizes.delete(pid);
      leave();
    };
    onTestFinished(leave);
    return { grow: (to: number) => sizes.set(pid, to), gone };
  };
  return { memory, start, ended };
}

/** What has resolved by now. */
async function settled(promises: Promise<unknown>[]): Promise<boolean[]> {
  const open = new Promise((resolve) => setImmediate(resolve, 'open'));
  return Promise.all(
    promises.map(async (promise) => (await Promise.race([promise.then(() => 'over'), open])) !== 'open'),
  );
}

test('whoever holds the most is ended, once, until the others have room, and no further one', async () => {
  const { start, ended } = children(100);
  const [, large, larger] = [start(1, 10), start(2, 40), start(3, 45)];
  large.grow(60);
  await expect.poll(() => ended).toEqual([2]);
  larger.grow(95);
  await expect.poll(() => ended).toEqual([2, 3]);
  large.gone();
  larger.gone();
  const next = start(4, 95);
  await expect.poll(() => ended).toEqual([2, 3, 4]);
  next.gone();
});

test('a place is given in the order of asking, when what is promised to others is free', async () => {
  const { memory, start } = children(100);
  const first = start(1, 10, 60);
  const places = [50, 30].map((expectedBytes) => memory.place({ expectedBytes }));
  expect(await settled(places)).toEqual([false, false]);
  first.gone();
  expect(await settled(places)).toEqual([true, true]);
});

test('a place is promised until it is given back, whatever is asked for before its process has started', async () => {
  const { memory, start } = children(100);
  start(1, 10, 10);
  const places = [60, 60].map((expectedBytes) => memory.place({ expectedBytes }));
  expect(await settled(places)).toEqual([true, false]);
  expect(memory.placeNow(60)).toBeUndefined();
  expect(memory.placeNow(30)).toBeDefined();
  const giveBack = await places[0];
  giveBack?.();
  giveBack?.();
  expect(await settled(places)).toEqual([true, true]);
  expect(memory.placeNow(1)).toBeUndefined();
});

test('the first has a place whatever it needs, and who no longer waits leaves the line', async () => {
  const { memory, start } = children(100);
  await memory.place({ expectedBytes: 1_000 });
  start(1, 1_000);
  const leaving = new AbortController();
  const left = memory.place({ expectedBytes: 1, signal: leaving.signal });
  leaving.abort(new Error('Nobody waits.'));
  await expect(left).rejects.toThrow('Nobody waits.');
});

test('whoever waits asks others to give something back', async () => {
  const { memory, start } = children(100);
  const idle = start(1, 50, 50);
  const asked: string[] = [];
  const makeRoom = () => {
    asked.push('asked');
    idle.gone();
  };
  start(2, 30, 30);
  await memory.place({ expectedBytes: 60, makeRoom });
  expect(asked).toEqual(['asked']);
});

test.runIf(process.platform === 'linux')(
  'a process counts with all that it has started, and nothing that is gone',
  async () => {
    const hoard =
      'const hoard = Buffer.alloc(64 * 2 ** 20, 1); console.log("full"); setInterval(() => hoard, 1000);';
    const node = JSON.stringify(process.execPath);
    const child = spawn('/bin/sh', ['-c', `${node} --eval '${hoard}'; exit $?`], { detached: true });
    onTestFinished(() => void process.kill(-(child.pid ?? 0), 'SIGKILL'));
    await once(child.stdout, 'data');
    expect(residentBytes(child.pid ?? 0)).toBeGreaterThan(64 * MiB);
    expect(residentBytes(process.pid)).toBeGreaterThan(residentBytes(child.pid ?? 0));
    expect(residentBytes(2 ** 30)).toBe(0);
  },
);
