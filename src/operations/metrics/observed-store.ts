import type { Keyv } from 'keyv';
import type { Store } from '../../store/store.ts';
import type { StoreObserver } from './observer.ts';

const OPERATIONS: ReadonlySet<PropertyKey> = new Set([
  'get',
  'getMany',
  'has',
  'hasMany',
  'set',
  'setMany',
  'delete',
  'deleteMany',
]);

/** The same store, and `observer` is told how long it takes for what it is asked. */
export function observedStore(store: Store, observer: StoreObserver): Store {
  const observed = new Map<string, Keyv>();
  const keyv = (namespace: string) => {
    const known = observed.get(namespace) ?? observedKeyv(store.keyv(namespace), observer);
    observed.set(namespace, known);
    return known;
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'keyv') return keyv;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function observedKeyv(keyv: Keyv, observer: StoreObserver): Keyv {
  return new Proxy(keyv, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function' || !OPERATIONS.has(name)) return value;
      return async (...args: unknown[]) => {
        const began = performance.now();
        const told = (isDone: boolean) =>
          observer.stored(String(name), isDone, (performance.now() - began) / 1_000);
        try {
          const result = await value.apply(target, args);
          told(true);
          return result;
        } catch (error) {
          told(false);
          throw error;
        }
      };
    },
  });
}
