import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendants, isAlive, type Process } from './processes.ts';

const root = join(import.meta.dirname, '../..');

/** Docker, too, starts a service anew that ended by itself, after a moment. */
const RESTART_MS = 500;
/** Bobbin says that it ends within ten seconds of SIGTERM; a busy machine gets more. */
const END_PATIENCE_MS = 20_000;
/** Only a failure takes as long. */
const START_PATIENCE_MS = 60_000;
/** A sandbox sees within a tenth of a second that its bot is gone; a busy machine gets more. */
const ORPHAN_PATIENCE_MS = 5_000;
const LOOK_MS = 50;

export interface ReplicaOptions {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where its log goes. */
  readonly log: string;
  /** Is told what it does by itself, or in a way in which it should not. */
  note(what: string): void;
}

/** What is called when a process is killed: right before, when it is gone, and when it is started again. */
export interface Moments {
  before(): void;
  after(): void;
  again(): void;
}

/** One process of Bobbin, with somebody who starts it again when it ends by itself. */
export class Replica {
  readonly #options: ReplicaOptions;
  #child: ChildProcess | undefined;
  #closed: Promise<unknown> = Promise.resolve();
  #ready = Promise.withResolvers<void>();
  #isReady = false;
  #isWanted = false;
  #work: Promise<unknown> = Promise.resolve();
  /** What was below its processes when they ended. */
  readonly #left: Process[] = [];
  /** How its ends went wrong. */
  readonly faults: string[] = [];
  /** How often it ended by itself. */
  exits = 0;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    writeFileSync(options.log, '');
  }

  /** Starts it; `ready` then tells when it serves. */
  start(): void {
    const { environment, log } = this.#options;
    this.#isWanted = true;
    if (this.#isReady) this.#ready = Promise.withResolvers();
    this.#isReady = false;
    const child = spawn(process.execPath, [join(root, 'src/start.js')], {
      cwd: root,
      env: { PATH: process.env.PATH ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const read = (chunk: Buffer) => {
      appendFileSync(log, chunk);
      if (!chunk.includes('"msg":"ready"')) return;
      this.#isReady = true;
      this.#ready.resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    this.#closed = new Promise((resolve) => child.once('close', resolve));
    child.once('exit', (code, signal) => this.#ended(child, `${signal ?? code}`));
  }

  /** Resolves when it serves; after a minute without that all the same. */
  async ready(): Promise<void> {
    await Promise.race([this.#ready.promise, sleep(START_PATIENCE_MS, undefined, { ref: false })]);
  }

  /** Ends it at once, and starts it again after a pause. */
  kill(downMs: number, moments: Moments): Promise<void> {
    return this.#inTurn(async () => {
      moments.before();
      this.#end('SIGKILL');
      await this.#closed;
      moments.after();
      await sleep(downMs);
      this.start();
      moments.again();
    });
  }

  /** Asks it to end, does not wait for it as long as it takes, and starts it again. */
  cutShort(patienceMs: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.ready();
      this.#end('SIGTERM');
      await Promise.race([this.#closed, sleep(patienceMs)]);
      this.#end('SIGKILL');
      await this.#closed;
      this.start();
    });
  }

  /** Asks it to end, and starts it again after a pause. */
  restart(downMs: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#terminate();
      await sleep(downMs);
      this.start();
    });
  }

  /** Lets it stand still for some time, as a host does that is short of processors. */
  freeze(ms: number): Promise<void> {
    return this.#inTurn(async () => {
      const child = this.#child;
      child?.kill('SIGSTOP');
      await sleep(ms);
      child?.kill('SIGCONT');
    });
  }

  /** Asks it to end, for good. */
  end(): Promise<void> {
    return this.#inTurn(() => this.#terminate());
  }

  /** Ends it without asking, for good. */
  async abandon(): Promise<void> {
    this.#end('SIGKILL');
    await this.#closed;
  }

  /** What its processes have left running, if that does not end soon. */
  async orphans(): Promise<number[]> {
    const deadline = Date.now() + ORPHAN_PATIENCE_MS;
    while (this.#left.some(isAlive) && Date.now() < deadline) await sleep(LOOK_MS);
    return this.#left.filter(isAlive).map(({ pid }) => pid);
  }

  async #terminate(): Promise<void> {
    await this.ready();
    this.#end('SIGTERM');
    const child = this.#child;
    const late = sleep(END_PATIENCE_MS, 'late', { ref: false });
    if ((await Promise.race([this.#closed, late])) === 'late') {
      this.faults.push(`${this.#options.name} did not end within ${END_PATIENCE_MS} ms of SIGTERM`);
      child?.kill('SIGKILL');
      await this.#closed;
    }
    const { exitCode, signalCode } = child ?? {};
    if (exitCode !== 0)
      this.faults.push(`${this.#options.name} ended with ${signalCode ?? exitCode} on SIGTERM`);
  }

  #end(signal: 'SIGKILL' | 'SIGTERM'): void {
    this.#isWanted = false;
    const { pid, exitCode, signalCode } = this.#child ?? {};
    if (exitCode !== null || signalCode !== null) return;
    this.#left.push(...descendants(pid));
    this.#child?.kill(signal);
  }

  #ended(child: ChildProcess, how: string): void {
    if (!this.#isWanted || child !== this.#child) return;
    this.exits += 1;
    this.#options.note(`${this.#options.name} ended by itself (${how})`);
    setTimeout(() => {
      if (this.#isWanted && child === this.#child) this.start();
    }, RESTART_MS);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => {});
    return result;
  }
}
