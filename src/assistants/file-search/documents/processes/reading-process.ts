import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { encodeFrame, FrameDecoder } from '../../../code-interpreter/child/frames.js';
import { endedBy } from '../../../walls/ended-by.ts';
import type { Walls } from '../../../walls/wall.ts';
import type { Chunk, ChunkingStrategy } from '../../chunks/chunk.ts';
import type { ChunkedDocument, NamedFile } from '../document-reader.ts';
import { type DocumentLimits, megabytes } from '../limits.ts';
import { BROKEN, tooMuchText, UnreadableDocument } from '../unreadable.ts';
import { spawnReader } from './spawn-reader.ts';

/** How much of what a process last said is told when it does not start, in characters. */
const LAST_WORDS = 2000;

/** How long a process may take to start: a busy small machine needs some seconds, a broken one for ever. In ms. */
const START_MS = 60_000;

/** A process that holds more after a document gives it back by ending: usual ones hold half of it. In bytes. */
const SPENT_BYTES = 300 * 1024 * 1024;

/** A chunk's text, headings and place in JSON take at most so many bytes for each of its characters. */
const BYTES_A_CHARACTER = 6;

/** What Node.js says, also where it may not abort by a signal. */
const HEAP_FULL = /heap out of memory/;

type Frame = ReturnType<FrameDecoder['push']>[number];

interface Task {
  chunks: Chunk[];
  bytes: number;
  resolve(document: ChunkedDocument): void;
  reject(reason: unknown): void;
}

/** A process that reads documents, one at a time. It is never asked to end, but killed. */
export class ReadingProcess {
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  readonly #limits: DocumentLimits;
  readonly #gone = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #child: ChildProcess;
  #task: Task | undefined;
  #isReady = false;
  #isDead = false;
  #isSpent = false;
  #lastWords = '';

  constructor(limits: DocumentLimits, walls: Walls) {
    this.#limits = limits;
    this.gone = this.#gone.promise;
    this.#ready.promise.catch(() => {});
    this.#child = spawnReader(limits, walls);
    this.#listen();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** False when it is to read no further document. */
  get isFit(): boolean {
    return !this.#isDead && !this.#isSpent;
  }

  /**
   * Rejects with an `UnreadableDocument` when nothing can be read of the document, with the signal's reason, and with
   * an error when the process does not start.
   */
  async read(file: NamedFile, strategy: ChunkingStrategy, signal?: AbortSignal): Promise<ChunkedDocument> {
    signal?.throwIfAborted();
    const abort = () => this.#end(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    let timer = setTimeout(() => this.#end(this.#notStarted('it took too long')), START_MS);
    try {
      await this.#ready.promise;
      clearTimeout(timer);
      timer = setTimeout(() => this.#end(tooSlow(this.#limits)), this.#limits.timeMs);
      return await this.#ask(file, strategy);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      this.#task = undefined;
    }
  }

  /** Ends it and what it reads. */
  kill(): void {
    this.#end(new Error('The reading of documents has been closed.'));
  }

  /** Ends it because all children together hold more than this, and it the most. */
  endCrowded(totalBytes: number): void {
    this.#end(tooMuchTogether(totalBytes));
  }

  #ask({ name, bytes }: NamedFile, strategy: ChunkingStrategy): Promise<ChunkedDocument> {
    const { promise, resolve, reject } = Promise.withResolvers<ChunkedDocument>();
    this.#task = { chunks: [], bytes: 0, resolve, reject };
    this.#child.stdin?.write(encodeFrame({ type: 'read', name, strategy }, bytes));
    return promise;
  }

  /** Nothing that it still says is heard. */
  #end(reason: unknown): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#child.kill('SIGKILL');
    this.#ready.reject(reason);
    this.#task?.reject(reason);
  }

  #listen(): void {
    const { stdin, stdout, stderr, stdio } = this.#child;
    const decoder = new FrameDecoder(this.#limits.textLength * BYTES_A_CHARACTER);
    stdout?.on('data', (data: Buffer) => this.#receive(decoder, data));
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    const guardian = stdio[3] as Readable | null;
    guardian?.on('data', () => this.#end(tooBig(this.#limits)));
    // A pipe to a process that is just dying breaks: `close` tells the rest.
    for (const stream of [stdin, stdout, stderr, guardian]) stream?.on('error', () => {});
    this.#child.on('error', (error) => this.#end(this.#notStarted(error.message)));
    this.#child.on('close', (code, signal) => {
      this.#end(this.#deathBy(code, signal));
      this.#gone.resolve();
    });
  }

  /** Node aborts when its own heap is full, and systems that run out of memory kill. */
  #deathBy(code: number | null, signal: NodeJS.Signals | null): Error {
    if (!this.#isReady) return this.#notStarted(this.#lastWords.trim());
    const ended = endedBy(code, signal);
    const isFull = ended === 'SIGABRT' || ended === 'SIGKILL' || HEAP_FULL.test(this.#lastWords);
    return isFull ? tooBig(this.#limits) : new UnreadableDocument(BROKEN);
  }

  #notStarted(why: string): Error {
    return new Error(`The process that reads documents did not start: ${why}.`);
  }

  #receive(decoder: FrameDecoder, data: Buffer): void {
    if (this.#isDead) return;
    try {
      for (const frame of decoder.push(data)) this.#handle(frame);
    } catch {
      this.#end(new UnreadableDocument(BROKEN));
    }
  }

  /** A frame that has no place here is the work of something broken. */
  #handle({ header, body }: Frame): void {
    const task = this.#task;
    if (header.type === 'ready') {
      this.#isReady = true;
      this.#ready.resolve();
    } else if (!task) this.#end(new UnreadableDocument(BROKEN));
    else if (header.type === 'chunks') this.#keep(task, body);
    else if (header.type === 'done') {
      this.#isSpent = Number(header.rss) > SPENT_BYTES;
      task.resolve({ ...JSON.parse(body.toString()), chunks: task.chunks });
    } else if (header.type === 'refused') {
      task.reject(new UnreadableDocument(String(header.message), codeIn(header)));
    } else this.#end(new UnreadableDocument(BROKEN));
  }

  #keep(task: Task, body: Buffer): void {
    task.bytes += body.length;
    if (task.bytes > this.#limits.textLength * BYTES_A_CHARACTER) this.#end(tooMuchText());
    else task.chunks.push(...JSON.parse(body.toString()));
  }
}

function codeIn({ code }: Frame['header']): 'unsupported_file' | 'invalid_file' {
  return code === 'unsupported_file' ? code : 'invalid_file';
}

function tooSlow({ timeMs }: DocumentLimits): UnreadableDocument {
  return new UnreadableDocument(`takes longer than ${timeMs / 1000} s to read: split it, or save it anew.`);
}

function tooBig({ processBytes }: DocumentLimits): UnreadableDocument {
  const limit = megabytes(processBytes);
  return new UnreadableDocument(`takes more than ${limit} of memory to read: split it, or save it as text.`);
}

function tooMuchTogether(totalBytes: number): UnreadableDocument {
  const limit = megabytes(totalBytes);
  return new UnreadableDocument(
    `takes the most of the ${limit} of memory that all have here: add it again later, or split it.`,
  );
}
