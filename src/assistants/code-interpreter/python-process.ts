import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Walls } from '../walls/wall.ts';
import { encodeFrame, FrameDecoder } from './child/frames.js';
import type { Limits } from './limits.ts';
import type { InstalledPackage } from './packages/package-folder.ts';
import type { PackageSet } from './packages/packages.ts';
import { type DataFile, type Death, type Ending, type Frame, PythonCall } from './python-call.ts';
import { spawnChild } from './spawn-child.ts';

/** How much of what a process last said is told when it does not start, in characters. */
const LAST_WORDS = 2000;

interface Running {
  call: PythonCall;
  end: (ending: Ending) => void;
}

/** A Python in a process of its own that can reach nothing else. It is never asked to end, but killed. */
export class PythonProcess {
  /** Rejects with a sentence when Python does not start. */
  readonly ready: Promise<void>;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;
  readonly #limits: Limits;
  #packages: PackageSet;
  readonly #ready = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  #isReady = false;
  #running: Running | undefined;
  #killed: Death | undefined;
  #lastWords = '';

  /**
   * @param snapshot the path of what `snapshot.ts` keeps
   * @param packages what code can import beside the standard library
   */
  constructor(snapshot: string, limits: Limits, packages: PackageSet, walls: Walls) {
    this.ready = this.#ready.promise;
    this.ready.catch(() => {});
    this.gone = this.#gone.promise;
    this.#limits = limits;
    this.#packages = packages;
    const { installed, missing } = packages;
    const given = JSON.stringify({ installed: installed.map(forChild), missing });
    this.#child = spawnChild(
      'main.js',
      [snapshot, ...installed.map(({ path }) => path)],
      limits,
      [snapshot, JSON.stringify(limits), given],
      walls,
    );
    const timer = setTimeout(() => this.kill(), limits.startMs);
    this.ready.finally(() => clearTimeout(timer)).catch(() => {});
    this.#listen();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isDead(): boolean {
    return this.#killed !== undefined;
  }

  /** Puts a file into `/mnt/data`. */
  put(file: DataFile): void {
    this.#child.stdin?.write(encodeFrame({ type: 'file', name: file.name }, file.bytes));
  }

  /** Lets code import what was installed since this Python started; what was removed stays. */
  async bring(packages: PackageSet): Promise<void> {
    const { version, installed } = this.#packages;
    if (packages.version === version) return;
    this.#packages = packages;
    const there = new Set(installed.map(({ path, since }) => `${since} ${path}`));
    for (const one of packages.installed) {
      if (there.has(`${one.since} ${one.path}`) || one.bytes > this.#limits.filesInBytes) continue;
      const bytes = await readFile(one.path);
      this.#child.stdin?.write(encodeFrame({ type: 'package', package: forChild(one) }, bytes));
    }
    const known = { installed: packages.installed.map(({ name }) => name), missing: packages.missing };
    this.#child.stdin?.write(encodeFrame({ type: 'known' }, Buffer.from(JSON.stringify(known))));
  }

  /** Runs code, one call at a time, and never rejects: a Python that dies is an ending. */
  run(code: string, onOutput: (bytes: Uint8Array) => void): Promise<Ending> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    if (this.#killed) return Promise.resolve({ type: 'dead', reason: this.#killed });
    const call = new PythonCall(this.#limits, onOutput);
    const end = (ending: Ending) => {
      this.#running = undefined;
      resolve(ending);
    };
    this.#running = { call, end };
    this.#child.stdin?.write(encodeFrame({ type: 'run', secret: call.secret }, Buffer.from(code)));
    return promise;
  }

  /** Ends the process and the call that runs in it. Nothing that it still says is heard. */
  kill(reason: Death = 'crash'): void {
    if (this.#killed) return;
    this.#killed = reason;
    this.#child.kill('SIGKILL');
    this.#running?.end({ type: 'dead', reason });
  }

  #listen(): void {
    const { stdin, stdout, stderr, stdio } = this.#child;
    const decoder = new FrameDecoder(this.#limits.filesOutBytes);
    stdout?.on('data', (chunk: Buffer) => this.#receive(decoder, chunk));
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    const guardian = stdio[3] as Readable | null;
    guardian?.on('data', () => this.kill('memory'));
    // A pipe to a process that is just dying breaks: `close` tells the rest.
    for (const stream of [stdin, stdout, stderr, guardian]) stream?.on('error', () => {});
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', () => this.#end(this.#lastWords));
  }

  #end(words: string): void {
    this.kill();
    this.#ready.reject(new Error(`Python did not start: ${words.trim() || 'it took too long'}.`));
    this.#gone.resolve();
  }

  #receive(decoder: FrameDecoder, chunk: Buffer): void {
    if (this.#killed) return;
    try {
      for (const frame of decoder.push(chunk)) this.#handle(frame);
    } catch {
      this.kill();
    }
  }

  #handle(frame: Frame): void {
    const { type } = frame.header;
    if (type === 'ready' && !this.#isReady) {
      this.#isReady = true;
      this.#ready.resolve();
      return;
    }
    // Between two calls a Python has nothing to say.
    const heard = this.#running?.call.hear(frame);
    if (!heard) this.kill();
    else if (heard.type === 'dead') this.kill(heard.reason);
    else if (heard.type === 'done') this.#running?.end(heard);
    else if (heard.type === 'ask whether it is over')
      this.#child.stdin?.write(encodeFrame({ type: 'over', secret: heard.secret }));
  }
}

/** What the child has to know of a package. */
function forChild({ name, path, sha256, imports, depends, isLibrary }: InstalledPackage) {
  return { name, path, sha256, imports, depends, isLibrary };
}
