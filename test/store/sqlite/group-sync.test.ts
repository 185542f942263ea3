import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GroupSync } from '../../../src/store/sqlite/group-sync.ts';

/** A disk: what is written is safe once a sync that began later has ended. */
class Disk {
  written = 0;
  safe = 0;
  syncs = 0;
  failed = false;
  readonly sync: () => Promise<void>;

  constructor(turns: (sync: number) => number, fails: (sync: number) => boolean) {
    this.sync = async () => {
      const { written } = this;
      const number = this.syncs++;
      for (let turn = 0; turn < turns(number); turn++) await new Promise(setImmediate);
      this.failed ||= fails(number);
      if (this.failed) throw new Error('EIO');
      this.safe = Math.max(this.safe, written);
    };
  }
}

test('a write is never called safe before a sync that began after it has ended, nor after one that failed', async () => {
  const write = fc.record({ pause: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(write, { minLength: 1, maxLength: 30 }),
      fc.array(fc.nat(4), { minLength: 1 }),
      fc.array(fc.boolean(), { minLength: 1 }),
      async (writes, turns, fails) => {
        const disk = new Disk(
          (sync) => turns[sync % turns.length] ?? 0,
          (sync) => fails[sync % fails.length] ?? false,
        );
        const group = new GroupSync(disk.sync);
        const ends: Promise<void>[] = [];
        for (const { pause } of writes) {
          for (let turn = 0; turn < pause; turn++) await new Promise(setImmediate);
          const place = ++disk.written;
          const safe = group.synced().then(
            () => {
              expect(disk.safe).toBeGreaterThanOrEqual(place);
              expect(disk.failed).toBe(false);
            },
            (error) => expect(error).toEqual(new Error('EIO')),
          );
          ends.push(safe);
        }
        await Promise.all(ends);
        expect(disk.syncs).toBeLessThanOrEqual(writes.length);
      },
    ),
  );
});

test('writes that come during a sync share the next one', async () => {
  const disk = new Disk(
    () => 3,
    () => false,
  );
  const group = new GroupSync(disk.sync);
  const first = group.synced();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  await Promise.all([first, ...Array.from({ length: 100 }, () => group.synced())]);
  expect(disk.syncs).toBe(2);
});
