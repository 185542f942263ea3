import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Presence } from '../../src/operations/presence.ts';
import { memoryStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';

const unexpected = (error: unknown) => {
  throw error;
};

const CHAT = { name: 'chat' };
const presence = (store: Store) => new Presence(store, unexpected);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('the next process learns until when people were heard, also when this one was killed', async () => {
  const store = memoryStore();
  const first = presence(store);
  expect(await first.lastHeard('chat')).toBeUndefined();
  first.taken('chat');
  first.begin(CHAT);
  await vi.advanceTimersByTimeAsync(25_000);
  expect(await presence(store).lastHeard('chat')).toBe(Date.now() - 5_000);
  await vi.advanceTimersByTimeAsync(2_000);
  await first.close();
  expect(await presence(store).lastHeard('chat')).toBe(Date.now());
});

test('what one process did not come to look for is looked for by the next', async () => {
  const store = memoryStore();
  await store.keyv<number>('heard').set('chat', 1_000);
  const first = presence(store);
  expect(await first.lastHeard('chat')).toBe(1_000);
  first.begin(CHAT);
  await vi.advanceTimersByTimeAsync(60_000);
  await first.close();
  const second = presence(store);
  expect(await second.lastHeard('chat')).toBe(1_000);
  second.begin(CHAT);
  second.taken('chat');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await presence(store).lastHeard('chat')).toBe(Date.now());
});

test('a search goes on where a process that died had come to, and begins anew after one that came to its end', async () => {
  const store = memoryStore();
  const first = await presence(store).progress('chat');
  first.read('chat:a', 1_000);
  first.read('chat:b', 2_000);
  first.settled('chat:a');
  await first.close();

  const second = presence(store);
  const progress = await second.progress('chat');
  expect(['chat:a', 'chat:b', 'chat:c'].map((name) => progress.readUntil(name))).toEqual([
    1_000,
    2_000,
    undefined,
  ]);
  expect(progress.settledAt('chat:a')).toBe(Date.now());
  expect(progress.settledAt('chat:b')).toBeUndefined();
  second.taken('chat');
  progress.read('chat:c', 3_000);
  await second.close();

  const third = await presence(store).progress('chat');
  expect(['chat:a', 'chat:c'].map((name) => third.readUntil(name))).toEqual([undefined, undefined]);
  expect(third.settledAt('chat:a')).toBe(Date.now());
  await vi.advanceTimersByTimeAsync(2 * 60 * 60_000);
  third.settled('chat:b');
  await third.close();
  const fourth = await presence(store).progress('chat');
  expect(['chat:a', 'chat:b'].map((name) => fourth.settledAt(name))).toEqual([undefined, Date.now()]);
});

/** A platform whose connection a test takes away, and how often it was asked to look for what was missed then. */
const cutOff = () => ({
  name: 'chat',
  isConnected: true,
  looks: 0,
  catchUp() {
    this.looks++;
  },
});

test('who was cut off for long looks again for what was missed, and nothing of that time counts as heard before', async () => {
  const store = memoryStore();
  const chat = cutOff();
  const first = presence(store);
  await first.lastHeard('chat');
  first.taken('chat');
  first.begin(chat);
  await vi.advanceTimersByTimeAsync(20_000);
  const heard = Date.now();
  chat.isConnected = false;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(chat.looks).toBe(0);
  expect(await presence(store).lastHeard('chat')).toBe(heard);
  chat.isConnected = true;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(chat.looks).toBe(1);
  expect(await first.lastHeard('chat')).toBe(heard);
  first.taken('chat');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(chat.looks).toBe(1);
  expect(await presence(store).lastHeard('chat')).toBe(Date.now());
});

test('what others said before a process was cut off tells nothing of when people are heard again', async () => {
  const store = memoryStore();
  const [chat, elsewhere] = [cutOff(), cutOff()];
  const [process, other] = [presence(store), presence(store)];
  for (const one of [process, other]) await one.lastHeard('chat');
  process.begin(chat);
  other.begin(elsewhere);
  await vi.advanceTimersByTimeAsync(25_000);
  chat.isConnected = false;
  elsewhere.isConnected = false;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  const cutOffUntil = Date.now();
  chat.isConnected = true;
  expect(await known(process)).toBeGreaterThanOrEqual(cutOffUntil);
});

test('who was cut off shortly, or while another process heard, looks for nothing', async () => {
  const store = memoryStore();
  const [chat, elsewhere] = [cutOff(), cutOff()];
  const first = presence(store);
  first.begin(chat);
  await vi.advanceTimersByTimeAsync(20_000);
  chat.isConnected = false;
  await vi.advanceTimersByTimeAsync(3 * 60_000);
  chat.isConnected = true;
  await vi.advanceTimersByTimeAsync(20_000);
  presence(store).begin(elsewhere);
  chat.isConnected = false;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  chat.isConnected = true;
  await vi.advanceTimersByTimeAsync(20_000);
  expect([chat.looks, elsewhere.looks]).toEqual([0, 0]);
  expect(await presence(store).lastHeard('chat')).toBe(Date.now());
});

/** Lets time pass until it is known what other processes hear: each looks once a second. */
async function known(presence: Presence): Promise<number | undefined> {
  let isKnown = false;
  const asked = presence.unheardUntil('chat', new AbortController().signal).finally(() => {
    isKnown = true;
  });
  while (!isKnown) {
    await sleep(200);
    await vi.advanceTimersByTimeAsync(14_000);
  }
  return asked;
}

/** A process that begins to hear people and looks for what nobody has heard. */
async function looking(store: Store): Promise<Presence> {
  const process = presence(store);
  process.begin(CHAT);
  await process.lastHeard('chat');
  await known(process);
  return process;
}

/** Until when nobody heard people, as a process learns that begins to while others note what they hear. */
async function learns(store: Store): Promise<number | undefined> {
  const beginning = presence(store);
  beginning.begin(CHAT);
  await beginning.lastHeard('chat');
  return known(beginning);
}

test('a store that fails once is asked again, and keeps what is marked then', async () => {
  const store = memoryStore();
  await store.keyv<number>('heard').set('chat', 1_000);
  let fails = true;
  const failing = (namespace: string) => {
    const keyv = store.keyv<unknown>(namespace);
    const get = keyv.get.bind(keyv);
    return Object.assign(keyv, {
      get: async (key: string) => {
        if (fails) throw new Error('The database starts.');
        return get(key);
      },
    });
  };
  const errors: unknown[] = [];
  const beginning = new Presence({ keyv: failing as Store['keyv'] }, (error) => errors.push(error));
  await expect(beginning.lastHeard('chat')).rejects.toThrow('starts');
  await expect(beginning.progress('chat')).rejects.toThrow('starts');
  fails = false;
  expect(await beginning.lastHeard('chat')).toBe(1_000);
  const progress = await beginning.progress('chat');
  fails = true;
  progress.read('chat:a', 1_000);
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  fails = false;
  progress.read('chat:b', 2_000);
  await beginning.close();
  const next = await presence(store).progress('chat');
  expect(['chat:a', 'chat:b'].map((name) => next.readUntil(name))).toEqual([1_000, 2_000]);
});

test('what several processes have searched at the same time is known to the next', async () => {
  const store = memoryStore();
  const both = [presence(store), presence(store)];
  const [one, other] = await Promise.all(both.map((process) => process.progress('chat')));
  one?.read('chat:a', 1_000);
  await both[0]?.close();
  other?.read('chat:b', 2_000);
  other?.settled('chat:c');
  await both[1]?.close();
  const next = await presence(store).progress('chat');
  expect(['chat:a', 'chat:b'].map((name) => next.readUntil(name))).toEqual([1_000, 2_000]);
  expect(next.settledAt('chat:c')).toBe(Date.now());
});

test('who hears people all the time tells so to a process that begins to: it has nothing to look for', async () => {
  const store = memoryStore();
  await store.keyv<number>('heard').set('chat', Date.now());
  presence(store).begin(CHAT);
  expect(await learns(store)).toBeUndefined();
});

test('who still looks tells since when people are heard, and so does whoever began meanwhile', async () => {
  const store = memoryStore();
  await store.keyv<number>('heard').set('chat', Date.now());
  await vi.advanceTimersByTimeAsync(60_000);
  const since = Date.now();
  const first = await looking(store);
  await vi.advanceTimersByTimeAsync(25_000);
  expect(await learns(store)).toBe(since);
  await first.close();
  expect(await learns(store)).toBe(since);
});

test('who has ended says nothing any more: people are heard since the next process began', async () => {
  const store = memoryStore();
  await store.keyv<number>('heard').set('chat', Date.now());
  const first = await looking(store);
  await vi.advanceTimersByTimeAsync(25_000);
  first.silence();
  const since = Date.now();
  expect(await learns(store)).toBe(since);
});
