import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { knowledgeOf } from '../../src/assistant.ts';
import { openServer } from '../../src/bot.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type Figure, inSeconds, print } from './figure.ts';

const FILES = 10_000;
/** In a folder: as people sort them. */
const PER_FOLDER = 100;

/** What it takes to bring many small files up to date, and to find that nothing has changed. */
export async function syncFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  try {
    writeFiles(folder);
    const file = join(folder, 'assistant.md');
    writeFileSync(file, '---\nname: Ada\nmodel: m\nknowledge: [docs]\n---\nHelp.');
    return await measured({ DATA_DIR: join(folder, 'data'), ASSISTANT_FILE: file });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measured(env: Record<string, string>): Promise<Figure[]> {
  const settings = await readSettings(env);
  const store = await openStore(settings.store);
  const log = pino({ level: 'silent' });
  const server = openServer(settings, store, log, 'operator');
  const { sync } = knowledgeOf(settings, server.client, store, log);
  try {
    const first = await timed(() => sync.run());
    if (first.result.added.length !== FILES)
      throw new Error(`${first.result.added.length} files were added.`);
    const again = await timed(() => sync.run());
    if (again.result.unchanged !== FILES) throw new Error(`${again.result.unchanged} files were unchanged.`);
    const many = FILES.toLocaleString('en');
    return [
      {
        name: `Syncing ${many} small files for the first time`,
        value: `${inSeconds(first.ms)}; ${inSeconds(first.processor)} of processor time, beside the processes that read them`,
      },
      {
        name: 'The longest that everything else waited meanwhile',
        value: `${first.held.toFixed(0)} ms of processor time`,
      },
      {
        name: `Syncing ${many} unchanged files`,
        value: `${inSeconds(again.ms)}; ${inSeconds(again.processor)} of processor time`,
        aim: '2 s',
      },
    ];
  } finally {
    await server.close();
    await store.close();
  }
}

async function timed<T>(work: () => Promise<T>) {
  const held = longestTurn();
  const [start, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, ms: performance.now() - start, processor: (user + system) / 1_000, held: held() };
}

/** Looks each ms how much this thread has worked since; gives the most, in ms. So it does not matter what else the machine does. */
function longestTurn(): () => number {
  const worked = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  let [last, most] = [worked(), 0];
  const timer = setInterval(() => {
    const now = worked();
    most = Math.max(most, now - last);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return most;
  };
}

function writeFiles(folder: string): void {
  for (let at = 0; at < FILES; at++) {
    const path = join(folder, 'docs', `${Math.floor(at / PER_FOLDER)}`);
    if (at % PER_FOLDER === 0) mkdirSync(path, { recursive: true });
    writeFileSync(
      join(path, `${at}.md`),
      `# Note ${at}\n\nWhat team ${at % 97} knows of matter ${at}: ask room ${at % 31}.`,
    );
  }
}

if (import.meta.main) print(await syncFigures());
