import { copyFileSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CACHE as SNAPSHOTS } from '../../assistants/code-interpreter/python.ts';
import { type PostgresServer, startPostgres } from '../../sim/postgres.ts';
import { type Bot, type Place, Running } from './bots/bot.ts';
import { BenchModel, type Writing } from './model.ts';
import { Reading } from './reading.ts';
import type { Conversation, Setting, Stage } from './stages/stage.ts';
import { numbered } from './text.ts';

/** How often to look whether the platform has noticed that a bot is gone. */
const LOOK_MS = 2;
const FOLDERS = join(tmpdir(), 'bobbin-bench-peer');
const WARM_UP = { text: numbered(100, 9_000), piece: 5, everyMs: 20 };

/** One bot before one platform, both fresh, with the model that it asks. */
export interface Lab {
  stage: Stage;
  model: BenchModel;
  bot: Running;
  /** Ends the process and starts it anew, with what it had kept. */
  startAgain(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface LabOptions {
  /** Gives a bot that needs it a database which outlives its process. */
  isDurable?: boolean;
  /** One reply before anything is measured: compiles the code, and tells a bot what the platform can do. */
  isWarm?: boolean;
}

/** Opens a lab, has something measured in it, and clears it away. */
export async function inLab<T>(
  bot: Bot,
  setting: Setting,
  work: (lab: Lab) => Promise<T>,
  { isDurable = false, isWarm = true }: LabOptions = {},
): Promise<T> {
  const stage = await setting.open();
  const model = await BenchModel.start();
  const database = isDurable && bot.needsDatabase ? await startPostgres() : undefined;
  const place = newPlace(model, database);
  const running = await Running.start(bot, stage, place);
  const lab: Lab = {
    stage,
    model,
    bot: running,
    async startAgain(signal) {
      await lab.bot.end(signal);
      while (stage.isConnected()) await sleep(LOOK_MS);
      lab.bot = await Running.start(bot, stage, place);
    },
  };
  try {
    if (isWarm) await warmUp(lab);
    return await work(lab);
  } catch (error) {
    throw new Error(`${bot.name}, ${setting.name}\n${lab.bot.log()}`, { cause: error });
  } finally {
    await lab.bot.end();
    await Promise.all([stage.close(), model.close(), database?.stop()]);
    rmSync(place.dataDir, { recursive: true, force: true });
  }
}

/** Asks for an answer by a name of its own, and watches what becomes of it. */
export function ask(lab: Lab, name: string, script: Parameters<BenchModel['plan']>[1], channel = 0): Asked {
  const writing = lab.model.plan(name, script);
  const askedAt = Date.now();
  const callsBefore = lab.stage.calls().length;
  const conversation = lab.stage.ask(`Please give me answer-${name}.`, channel);
  return {
    conversation,
    writing,
    reading: new Reading(lab.stage, conversation, writing),
    askedAt,
    callsBefore,
  };
}

export interface Asked {
  conversation: Conversation;
  writing: Writing;
  reading: Reading;
  askedAt: number;
  /** How many calls the bot had made before. */
  callsBefore: number;
}

async function warmUp(lab: Lab): Promise<void> {
  const { reading } = ask(lab, 'warm', WARM_UP, 9);
  await reading.over();
}

/** As a second start finds it: with the snapshot of a started Python. */
function newPlace(model: BenchModel, database: PostgresServer | undefined): Place {
  mkdirSync(FOLDERS, { recursive: true });
  const dataDir = mkdtempSync(join(FOLDERS, 'bot-'));
  for (const name of globSync('*.snapshot', { cwd: SNAPSHOTS }))
    copyFileSync(join(SNAPSHOTS, name), join(dataDir, name));
  return { dataDir, modelUrl: model.url, ...(database && { databaseUrl: database.url() }) };
}
