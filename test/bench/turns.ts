import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Keyv } from 'keyv';
import { TURNS } from '../../src/conversation/namespaces.ts';
import { type IncomingMessage, type Platform, type Reply, unlimited } from '../../src/platform.ts';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import { memoryStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import type { View } from '../../src/view.ts';
import { startPostgres } from '../sim/postgres.ts';
import { scriptedBot } from '../sim/scripted-bot.ts';
import { ScriptedModel, says } from '../sim/scripted-model.ts';
import { type Figure, print } from './figure.ts';

/** Each in a conversation of its own, all at once. */
const COUNT = 400;
const WARM_UP = 40;
/** Milliseconds between two looks whether all are answered. */
const LOOK = 5;

/** Turns of a model and a platform that answer at once: what they cost, and how many pass in a second. */
export async function turnFigures(): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  const postgres = await startPostgres();
  try {
    const shared = { dataDir, databaseUrl: postgres.url() };
    const one = await turnsASecond(shared, 1);
    const three = await turnsASecond(shared, 3);
    return [
      ...(await ledgerFigures(dataDir)),
      { name: 'SQLite, 1 process: turns a second', value: (await turnsASecond({ dataDir }, 1)).toFixed(0) },
      { name: 'PostgreSQL, 1 process: turns a second', value: one.toFixed(0) },
      {
        name: 'PostgreSQL, 3 processes: turns a second',
        value: `${three.toFixed(0)} (one more process brings ${((three - one) / 2).toFixed(0)}; the cores are shared)`,
      },
    ];
  } finally {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** What it costs a turn that its message and what it does are kept, beside a queue and a ledger in memory. */
async function ledgerFigures(dataDir: string): Promise<Figure[]> {
  const store = await openStore({ dataDir });
  const written = { statements: 0, bytes: 0 };
  const kept = await millisecondsATurn(counted(store, written));
  const forgetful: Store = {
    ...store,
    keyv: <T>(namespace: string) => (namespace === TURNS ? new Keyv<T>() : store.keyv<T>(namespace)),
    queue: <T>(name: string) => memory.queue<T>(name),
  };
  const memory = memoryStore();
  const unkept = await millisecondsATurn(forgetful);
  await Promise.all([store.close(), memory.close()]);
  const turns = COUNT + WARM_UP;
  return [
    {
      name: 'Queue and ledger, SQLite: processor time of a turn',
      value: `${kept.toFixed(2)} ms, ${unkept.toFixed(2)} ms with both in memory`,
    },
    {
      name: 'Ledger: writes and bytes of a turn',
      value: `${(written.statements / turns).toFixed(1)}, ${(written.bytes / turns).toFixed(0)} bytes`,
    },
  ];
}

/** The store, of whose ledger each write is counted. */
function counted(store: Store, written: { statements: number; bytes: number }): Store {
  const watched = <T>(keyv: Keyv<T>) => {
    const count = (value: unknown) => {
      written.statements++;
      written.bytes += JSON.stringify(value ?? '').length;
    };
    return new Proxy(keyv, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'set' && name !== 'delete') return value.bind(target);
        return (key: string, written?: T) => {
          count(written);
          return value.call(target, key, written);
        };
      },
    });
  };
  return {
    ...store,
    keyv: (namespace) => (namespace === TURNS ? watched(store.keyv(namespace)) : store.keyv(namespace)),
  };
}

async function millisecondsATurn(store: Store): Promise<number> {
  const bot = await botOver({ ...store, close: async () => {} });
  await bot.take(WARM_UP);
  const before = process.cpuUsage();
  await bot.take(COUNT);
  const { user, system } = process.cpuUsage(before);
  await bot.close();
  return (user + system) / 1_000 / COUNT;
}

async function turnsASecond(options: StoreOptions, count: number): Promise<number> {
  const workers = await Promise.all(Array.from({ length: count }, () => startWorker(options)));
  await Promise.all(workers.map((worker) => worker.take(WARM_UP)));
  const began = performance.now();
  await Promise.all(workers.map((worker) => worker.take(Math.ceil(COUNT / count))));
  const seconds = (performance.now() - began) / 1_000;
  for (const worker of workers) worker.end();
  return COUNT / seconds;
}

async function startWorker(options: StoreOptions) {
  const child: ChildProcess = spawn(process.execPath, [import.meta.filename, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('A worker has no pipes.');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  await lines.next();
  const take = async (count: number) => {
    stdin.write(`${count}\n`);
    await lines.next();
  };
  return { take, end: () => void child.kill('SIGKILL') };
}

/** A bot over a store, on a platform that shows everything at once. */
async function botOver(store: Store) {
  const model = new ScriptedModel(says('Fine.'));
  const bot = await scriptedBot({ store, model });
  await bot.connect(PLATFORM);
  let asked = 0;
  const take = async (count: number) => {
    const messages = Array.from({ length: count }, () => messageOf(asked++));
    await Promise.all(messages.map((message) => bot.receive(message).kept));
    while ((await store.queue(PLATFORM.name).depth()) > 0) await sleep(LOOK);
  };
  return { take, close: () => bot.close() };
}

const PLATFORM: Platform = {
  name: 'bench',
  start: async () => {},
  reply: () => shownAtOnce(),
  close: async () => {},
};

function shownAtOnce(): Reply {
  let shown: View | undefined;
  return {
    limits: { characters: 2_000, tables: 'markdown' },
    get kept() {
      return { parts: shown?.parts.length ?? 0, over: shown?.outcome !== undefined };
    },
    next: (view) => {
      if (shown?.outcome || (shown?.parts === view.parts && !view.outcome)) return undefined;
      return {
        budget: unlimited,
        send: async () => {
          shown = view;
        },
      };
    },
  };
}

function messageOf(number: number): IncomingMessage {
  const id = `${process.pid}-${number}`;
  return { id, conversation: `bench:${id}`, author: { id: 'ann', name: 'Ann' }, text: 'Hello?' };
}

async function work(options: StoreOptions): Promise<void> {
  const bot = await botOver(await openStore(options));
  process.stdout.write('ready\n');
  for await (const count of createInterface({ input: process.stdin })) {
    await bot.take(Number(count));
    process.stdout.write('done\n');
  }
}

if (import.meta.main && process.argv[2] !== undefined) await work(JSON.parse(process.argv[2]));
else if (import.meta.main) print(await turnFigures());
