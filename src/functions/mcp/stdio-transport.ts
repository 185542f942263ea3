import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  deserializeMessage,
  type JSONRPCMessage,
  serializeMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import type { McpProgram } from '../../settings/mcp-fields.ts';
import type { Inflow } from './inflow.ts';
import { endedAfterUs } from './outlived.ts';

/** What a program needs to be found and to find its own; all else must be named. */
const INHERITED = ['PATH', 'HOME'] as const;

/** A program that is asked to end has so long, in ms, first by the end of its input and then by a signal. */
const PATIENCE_MS = 700;

/** For the last words of a program that has ended, which may be on their way, in ms. */
const LAST_WORDS_MS = 200;

/** What is kept of what a program said on its standard error, in UTF-16 code units. */
const LAST_WORDS = 2_000;

/** The groups of processes that would outlive this one, and how the watch over each ends. */
const groups = new Map<number, () => void>();
process.on('exit', () => {
  for (const group of groups.keys()) signal(group, 'SIGKILL');
});

/**
 * A server that is a child process: it gets nothing of the environment that is not named, and leads a process group of
 * its own, with which all that it has started ends. It ends after this process, too, however that has ended.
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #program: McpProgram;
  readonly #inflow: Inflow;
  #child: ChildProcess | undefined;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #said = '';
  #isOver = false;

  constructor(program: McpProgram, inflow: Inflow) {
    this.#program = program;
    this.#inflow = inflow;
  }

  /** How the program ended and what it said last, where it did. */
  get lastWords(): string {
    const { exitCode, signalCode } = this.#child ?? {};
    const how = signalCode
      ? `on ${signalCode}`
      : typeof exitCode === 'number'
        ? `with status ${exitCode}`
        : '';
    return [how, this.#said.trim()].filter(Boolean).join(': ');
  }

  start(): Promise<void> {
    const { command, args, env } = this.#program;
    const inherited = INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
    const child = spawn(command, args, {
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    if (child.pid !== undefined) groups.set(child.pid, endedAfterUs(child.pid));
    child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-LAST_WORDS);
    });
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {});
    child.once('exit', () => void this.#ended(child));
    return new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (this.#isOver || !stdin?.writable) return Promise.reject(new Error('The program has ended.'));
    return stdin.write(serializeMessage(message)) ? Promise.resolve() : drained(stdin);
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#over();
    if (!child?.pid) return;
    child.stdin?.end();
    if (!(await endsWithin(child, PATIENCE_MS))) {
      signal(child.pid, 'SIGTERM');
      await endsWithin(child, PATIENCE_MS);
    }
    this.#endGroup(child);
  }

  /** What the program has started may outlive it, and hold its output open. */
  async #ended(child: ChildProcess): Promise<void> {
    if (!this.#isOver)
      await Promise.race([new Promise((closed) => child.once('close', closed)), sleep(LAST_WORDS_MS)]);
    this.#endGroup(child);
    this.#over();
  }

  #endGroup(child: ChildProcess): void {
    const endWatch = child.pid === undefined ? undefined : groups.get(child.pid);
    if (child.pid === undefined || !endWatch) return;
    groups.delete(child.pid);
    signal(child.pid, 'SIGKILL');
    endWatch();
    child.stdout?.destroy();
    child.stderr?.destroy();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pending = [];
    this.onclose?.();
  }

  #take(chunk: Buffer): void {
    try {
      this.#inflow.took(chunk.length);
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0 && !this.#isOver; at = chunk.indexOf(10, from)) {
        this.#takeLine(chunk.subarray(from, at));
        from = at + 1;
      }
      this.#wait(chunk.subarray(from));
    } catch (error) {
      this.onerror?.(error as Error);
    }
  }

  #wait(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#pending.push(piece);
    this.#pendingBytes += piece.length;
    this.#inflow.isTaking(this.#pendingBytes);
  }

  #takeLine(end: Buffer): void {
    let line = end;
    if (this.#pendingBytes > 0) {
      this.#wait(end);
      line = Buffer.concat(this.#pending);
      this.#pending = [];
      this.#pendingBytes = 0;
    }
    const message = read(line.toString());
    if (message) this.onmessage?.(message);
    else this.#inflow.tookUnasked();
  }
}

/** Resolves when a stream takes more, or never will. */
async function drained(stream: Writable): Promise<void> {
  await Promise.race(['drain', 'close'].map((event) => new Promise((over) => stream.once(event, over))));
}

/** Programs greet, and print what should be on their standard error: that is no message. */
function read(line: string): JSONRPCMessage | undefined {
  try {
    return deserializeMessage(line);
  } catch {
    return undefined;
  }
}

async function endsWithin(child: ChildProcess, ms: number): Promise<boolean> {
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  if (isOver()) return true;
  const patience = new AbortController();
  const late = sleep(ms, undefined, { signal: patience.signal }).catch(() => {});
  await Promise.race([new Promise((ended) => child.once('exit', ended)), late]);
  patience.abort();
  return isOver();
}

/** To the whole group; it may be gone already. */
function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch {}
}
