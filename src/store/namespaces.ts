import { Keyv, type KeyvOptions } from 'keyv';
import { deserialize, serialize } from './codec.ts';
import type { Queue } from './queue.ts';
import type { Store } from './store.ts';

/**
 * No `_` and `%`, which `@keyv/postgres` takes as wildcards, and no `:`, which ends the namespace in a key: with
 * it, one namespace's keys could be another's.
 */
const NAMESPACE = /^[a-z0-9-]+$/;

/** Makes a store's `keyv` function: one Keyv for each namespace, each over an adapter of its own. */
export function namespaces(adapter: () => KeyvOptions['store']): Store['keyv'] {
  const opened = new Map<string, Keyv>();
  return (namespace) => {
    const keyv = opened.get(namespace) ?? openKeyv(adapter(), namespace);
    opened.set(namespace, keyv);
    return keyv;
  };
}

/** Makes a store's `queue` function: one queue for each name, which are in `opened`. */
export function queues<One extends Queue<unknown>>(open: (name: string) => One) {
  const opened = new Map<string, One>();
  const queue = <T>(name: string): Queue<T> => {
    checkName(name);
    const one = opened.get(name) ?? open(name);
    opened.set(name, one);
    // As with Keyv, who names a queue knows what is in it.
    return one as Queue<unknown> as Queue<T>;
  };
  return { queue, opened };
}

function checkName(namespace: string): void {
  if (!NAMESPACE.test(namespace)) {
    throw new TypeError(`The namespace "${namespace}" holds more than a–z, 0–9 and "-".`);
  }
}

function openKeyv(store: KeyvOptions['store'], namespace: string): Keyv {
  checkName(namespace);
  // Without throwOnErrors Keyv answers `false` or `undefined` when the database fails, and what was to be kept is lost.
  return new Keyv({ store, namespace, serialize, deserialize, throwOnErrors: true });
}
