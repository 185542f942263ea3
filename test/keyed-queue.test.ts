import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedQueue } from '../src/keyed-queue.ts';

test('tasks of a key run one after the other, in order, however long each takes, and other keys do not wait', async () => {
  const task = fc.record({ key: fc.constantFrom('a', 'b', 'c'), turns: fc.nat(5) });
  await fc.assert(
    fc.asyncProperty(fc.array(task, { maxLength: 20 }), async (tasks) => {
      const queue = new KeyedQueue();
      const done: number[] = [];
      const running = new Set<string>();
      const all = tasks.map(
        ({ key, turns }, index) =>
          new Promise<void>((resolve) => {
            queue.run(key, async () => {
              expect(running.has(key)).toBe(false);
              running.add(key);
              for (let turn = 0; turn < turns; turn++) await null;
              running.delete(key);
              done.push(index);
              resolve();
            });
          }),
      );
      await Promise.all(all);
      for (const key of ['a', 'b', 'c']) {
        const own = done.filter((index) => tasks[index]?.key === key);
        expect(own).toEqual(own.toSorted((a, b) => a - b));
      }
    }),
  );
});

test('a key whose task hangs keeps no other from running', async () => {
  const queue = new KeyedQueue();
  queue.run('stuck', () => new Promise(() => {}));
  await new Promise<void>((resolve) => queue.run('free', async () => resolve()));
});
