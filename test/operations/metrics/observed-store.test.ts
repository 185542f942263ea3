import { expect, onTestFinished, test } from 'vitest';
import { observedStore } from '../../../src/operations/metrics/observed-store.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';

function observed() {
  const told: string[] = [];
  const store = observedStore(memoryStore(), {
    stored: (operation, isDone) => told.push(`${operation} ${isDone}`),
  });
  return { store, told };
}

test('what the store is asked is told once, with whether it was done', async () => {
  const { store, told } = observed();
  const keyv = store.keyv<string>('test');
  await keyv.setMany([{ key: 'a', value: '1' }]);
  expect(await keyv.get('a')).toBe('1');
  expect(await keyv.hasMany(['a', 'b'])).toEqual([true, false]);
  expect(await Array.fromAsync(keyv.iterator?.(keyv.namespace) ?? [])).toEqual([['a', '1']]);
  await store.close();
  await expect(keyv.get('a')).rejects.toThrow();
  expect(told).toEqual(['setMany true', 'get true', 'hasMany true', 'get false']);
});

test('one namespace stays one', () => {
  const { store } = observed();
  onTestFinished(() => store.close());
  expect(store.keyv('test')).toBe(store.keyv('test'));
  expect(() => store.keyv('a:b')).toThrow(TypeError);
});
