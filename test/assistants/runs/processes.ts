import { Keyv } from 'keyv';
import type { Lock, Locks } from '../../../src/assistants/runs/locks.ts';

/** What a dead process waits for. */
const NEVER = new Promise<never>(() => {});

/** One process's way to a store that outlives it. */
export interface Process {
  keyv: <T>(namespace: string) => Keyv<T>;
  /** Ends it as a `kill -9` does: nothing that it does from now on reaches the store, and it hears nothing more. */
  kill(): void;
  /** Calls `end` after so many more writes, once. */
  after(writes: number, end: () => void): void;
  /** The keys that it wrote or deleted so far. */
  readonly written: string[];
  /** Resolves when it is dead. */
  readonly dead: Promise<void>;
}

/** A store in memory; each call gives another process's way to it. */
export function sharedStore(): () => Process {
  const map = new Map<string, string>();
  return () => {
    const { promise: dead, resolve } = Promise.withResolvers<void>();
    let isDead = false;
    let left = Number.POSITIVE_INFINITY;
    let end = () => {};
    const kill = () => {
      isDead = true;
      resolve();
    };
    const written: string[] = [];
    const write = async <T>(key: string, work: () => T): Promise<T> => {
      if (isDead) return NEVER;
      written.push(key);
      const result = work();
      if (--left === 0) end();
      return result;
    };
    const store = {
      get: async (key: string) => (isDead ? NEVER : map.get(key)),
      set: (key: string, value: string) => write(key, () => void map.set(key, value)),
      delete: (key: string) => write(key, () => map.delete(key)),
      clear: () => write('*', () => map.clear()),
    };
    return {
      keyv: <T>(namespace: string) => new Keyv<T>({ store, namespace }),
      kill,
      after: (writes, then) => {
        left = writes;
        end = then;
        if (writes === 0) then();
      },
      written,
      dead,
    };
  };
}

/** One process's locks, and what may befall them. */
export interface ProcessLocks extends Locks {
  /** The process is cut off from the store: its locks are free, which it has not noticed yet. */
  cutOff(): void;
  /** It notices. */
  notice(): void;
}

/** Locks in memory; each call gives another process's. */
export function sharedLocks(): () => ProcessLocks {
  const taken = new Set<string>();
  return () => {
    const own = new Map<string, AbortController>();
    let noticed: PromiseWithResolvers<void> | undefined;
    return {
      async take(name): Promise<Lock | undefined> {
        if (taken.has(name)) return undefined;
        taken.add(name);
        const lost = new AbortController();
        own.set(name, lost);
        const release = async () => {
          if (own.delete(name)) taken.delete(name);
        };
        return { lost: lost.signal, unsure: () => noticed?.promise, release };
      },
      cutOff() {
        noticed = Promise.withResolvers();
        for (const name of own.keys()) taken.delete(name);
      },
      notice() {
        for (const [name, lost] of own) if (taken.has(name)) lost.abort();
        own.clear();
        noticed?.resolve();
        noticed = undefined;
      },
    };
  };
}
