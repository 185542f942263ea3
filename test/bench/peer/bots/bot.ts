import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Access, Stage } from '../stages/stage.ts';
import { processorMs, residentMB } from './usage.ts';

/** What a bot finds besides its platform. */
export interface Place {
  /** Its own folder; what it keeps there outlives it. */
  dataDir: string;
  modelUrl: string;
  /** A PostgreSQL database, where a bot needs one to keep anything. */
  databaseUrl?: string;
}

/** One of the two that are compared: how its process is started. */
export interface Bot {
  name: string;
  version: string;
  program: string[];
  environment(access: Access, place: Place): Record<string, string>;
  /** Whether only a database outlives its process. */
  needsDatabase: boolean;
}

/** How often to look whether it has connected, in milliseconds. */
const LOOK_MS = 2;
/** Only a failure takes as long. */
const PATIENCE_MS = 60_000;
/** Characters of the log that an error shows. */
const TAIL = 2_000;

/** A bot's process, connected. */
export class Running {
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #closed: Promise<unknown>;
  /** Milliseconds from the start of the process to its connection. */
  readonly connectedAfter: number;

  private constructor(child: ChildProcess, log: string, closed: Promise<unknown>, connectedAfter: number) {
    this.#child = child;
    this.#log = log;
    this.#closed = closed;
    this.connectedAfter = connectedAfter;
  }

  static async start(bot: Bot, stage: Stage, place: Place): Promise<Running> {
    const log = join(place.dataDir, 'bot.log');
    const output = openSync(log, 'a');
    const began = performance.now();
    const child = spawn(process.execPath, bot.program, {
      cwd: join(import.meta.dirname, '../../../..'),
      env: { PATH: process.env.PATH ?? '', ...bot.environment(stage.access, place) },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    const closed = new Promise((resolve) => child.once('close', resolve));
    while (!stage.isConnected()) {
      if (child.exitCode !== null || performance.now() - began > PATIENCE_MS) {
        child.kill('SIGKILL');
        throw new Error(`${bot.name} did not connect:\n${readFileSync(log, 'utf8').slice(-TAIL)}`);
      }
      await sleep(LOOK_MS);
    }
    return new Running(child, log, closed, performance.now() - began);
  }

  /** Of the process and all below it, since its start. */
  processorMs(): number {
    return processorMs(this.#child.pid);
  }

  residentMB(): number {
    return residentMB(this.#child.pid);
  }

  /** The end of its output. */
  log(): string {
    return readFileSync(this.#log, 'utf8').slice(-TAIL);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    await this.#closed;
  }
}
