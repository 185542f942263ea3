import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CACHE as SNAPSHOTS } from '../assistants/code-interpreter/python.ts';
import type { Violation } from './audit.ts';
import { activeRuns, Database, runsInFile } from './database.ts';
import { MODEL, Model } from './model.ts';
import { Replica } from './replica.ts';
import type { PlatformName } from './schedule.ts';
import { discordStage } from './stages/discord.ts';
import { slackStage } from './stages/slack.ts';
import type { Stage } from './stages/stage.ts';

/** What is started. */
export interface Setup {
  readonly store: 'sqlite' | 'postgres';
  readonly replicas: number;
  readonly platforms: readonly PlatformName[];
  /** See `Situation`. */
  readonly pace: number;
}

const STAGES: Record<PlatformName, (pace: number) => Promise<Stage>> = {
  slack: slackStage,
  discord: discordStage,
};
const FOLDERS = join(tmpdir(), 'bobbin-faults');

/** Bobbin's processes with all that they need: platforms, a model, and a store. */
export class Deployment {
  readonly stages: readonly Stage[];
  readonly model: Model;
  /** Undefined with a SQLite file. */
  readonly database: Database | undefined;
  readonly replicas: readonly Replica[];
  /** Where processes log, and keep what is not in the database. */
  readonly folder: string;

  private constructor(
    parts: Pick<Deployment, 'stages' | 'model' | 'database' | 'folder'>,
    replicas: number,
    note: (what: string) => void,
  ) {
    this.stages = parts.stages;
    this.model = parts.model;
    this.database = parts.database;
    this.folder = parts.folder;
    this.replicas = Array.from({ length: replicas }, (_, index) => this.#replica(index, note));
  }

  /** @param note Is told what processes do by themselves. */
  static async open(
    { store, replicas, platforms, pace }: Setup,
    note: (what: string) => void,
  ): Promise<Deployment> {
    mkdirSync(FOLDERS, { recursive: true });
    const folder = mkdtempSync(join(FOLDERS, 'run-'));
    const [model, database, ...stages] = await Promise.all([
      Model.start(replicas),
      store === 'postgres' ? Database.start() : undefined,
      ...platforms.map((platform) => STAGES[platform](pace)),
    ]);
    return new Deployment({ stages, model, database, folder }, replicas, note);
  }

  /** Starts all processes, and ends when they serve. */
  async start(): Promise<void> {
    for (const replica of this.replicas) replica.start();
    await this.ready();
  }

  async ready(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.ready()));
  }

  /** Asks all processes to end; what they leave behind in the store and the system is told. */
  async end(): Promise<Violation[]> {
    await Promise.all(this.replicas.map((replica) => replica.end()));
    const runs = this.database
      ? await this.database.runs()
      : runsInFile(join(this.#data(0), 'bobbin.sqlite'));
    const orphans = await Promise.all(this.replicas.map((replica) => replica.orphans()));
    return [
      ...activeRuns(runs).map((what) => ({ kind: 'active run' as const, what })),
      ...orphans.flat().map((pid) => ({ kind: 'orphan' as const, what: `process ${pid} still runs` })),
      ...this.replicas.flatMap(({ faults }) => faults.map((what) => ({ kind: 'shutdown' as const, what }))),
    ];
  }

  /** @param isKept Whether somebody may want to read what was kept and logged. */
  async close(isKept: boolean): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.abandon()));
    await Promise.all([
      ...this.stages.map((stage) => stage.close()),
      this.model.close(),
      this.database?.stop(),
    ]);
    if (!isKept) rmSync(this.folder, { recursive: true, force: true });
  }

  #data(index: number): string {
    return join(this.folder, `data-${index + 1}`);
  }

  #replica(index: number, note: (what: string) => void): Replica {
    const name = `process ${index + 1}`;
    // As a second start finds it: with the snapshot of a started Python.
    cpSync(SNAPSHOTS, this.#data(index), { recursive: true });
    const environment: Record<string, string> = {
      DATA_DIR: this.#data(index),
      PORT: '0',
      OPENAI_BASE_URL: this.model.url(index),
      OPENAI_API_KEY: 'faults',
      MODEL,
      // Three people write as much as a whole team does.
      PERSON_TURNS_AT_ONCE: 'off',
      PERSON_TURNS_PER_HOUR: 'off',
      ...(this.database && { DATABASE_URL: this.database.url }),
      ...Object.assign({}, ...this.stages.map((stage) => stage.environment)),
    };
    return new Replica({ name, environment, log: join(this.folder, `${name}.log`), note });
  }
}
