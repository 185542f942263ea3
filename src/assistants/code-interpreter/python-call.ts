import { randomBytes } from 'node:crypto';
import type { FrameDecoder } from './child/frames.js';
import type { Limits } from './limits.ts';

/** @see child/frames.js */
export type Frame = ReturnType<FrameDecoder['push']>[number];

export interface DataFile {
  name: string;
  bytes: Uint8Array;
}

/** How a call ended: with what it wrote, or with Python's end. */
export type Ending = Done | { type: 'dead'; reason: Death };

export interface Done {
  type: 'done';
  files: DataFile[];
  /** The files that it may not hand back, for they are too many or too big. */
  left: Left;
  /** Those that it may not hand back because of their names. */
  misnamed: Left;
  printed: Printed;
}

/** Files that stay in Python: the first of their names, and how many they are. */
export interface Left {
  names: string[];
  count: number;
}

/** How much a call printed, also of what was not passed on. */
export interface Printed {
  bytes: number;
  lines: number;
}

/** Why a Python ended: it used too much memory, its stack was full, or something else went wrong. */
export type Death = 'memory' | 'recursion' | 'crash';

/** What a frame means to the call that runs. */
export type Heard = { type: 'goes on' } | { type: 'ask whether it is over'; secret: string } | Ending;

/** How long the name of a file may be that is handed back, in characters: what most file systems take. */
export const NAME_LENGTH = 255;

/** Long enough that nobody finds it by trying. */
const SECRET_BYTES = 16;

const GOES_ON: Heard = { type: 'goes on' };
const BROKEN: Heard = { type: 'dead', reason: 'crash' };

/**
 * One call, as this side hears of it. Every frame has to bring the call's secret, which Python is never told: so what an
 * earlier call left behind, or what code forges, is known for what it is.
 *
 * A call is not over because a frame says so. Then it is asked with a new secret, which reaches only a process that reads
 * its input again, and so runs no Python any more; its answer is the end.
 */
export class PythonCall {
  readonly #limits: Pick<Limits, 'filesOut' | 'filesOutBytes'>;
  readonly #onOutput: (bytes: Uint8Array) => void;
  readonly #files: DataFile[] = [];
  readonly #misnamed: string[] = [];
  #filesBytes = 0;
  #secret = newSecret();
  #done: Done | undefined;

  constructor(limits: Pick<Limits, 'filesOut' | 'filesOutBytes'>, onOutput: (bytes: Uint8Array) => void) {
    this.#limits = limits;
    this.#onOutput = onOutput;
  }

  /** What the next frame has to bring. */
  get secret(): string {
    return this.#secret;
  }

  /** A frame that has no place here is the work of something broken, and so is everything after it. */
  hear({ header, body }: Frame): Heard {
    if (header.secret !== this.#secret) return BROKEN;
    if (this.#done) return header.type === 'over' ? this.#done : BROKEN;
    if (header.type === 'output') this.#onOutput(body);
    else if (header.type === 'file') return this.#keep({ name: String(header.name), bytes: body });
    else if (header.type === 'done') return this.#ask(header);
    else return { type: 'dead', reason: header.reason === 'recursion' ? 'recursion' : 'crash' };
    return GOES_ON;
  }

  #keep(file: DataFile): Heard {
    this.#filesBytes += file.bytes.length;
    if (this.#files.length === this.#limits.filesOut || this.#filesBytes > this.#limits.filesOutBytes)
      return BROKEN;
    if (isDataPath(file.name) && file.name.length <= NAME_LENGTH) this.#files.push(file);
    else this.#misnamed.push(file.name);
    return GOES_ON;
  }

  #ask({ left, leftCount, bytes, lines }: Frame['header']): Heard {
    this.#done = {
      type: 'done',
      files: this.#files,
      left: { names: namesIn(left), count: numberIn(leftCount) },
      misnamed: { names: this.#misnamed, count: this.#misnamed.length },
      printed: { bytes: numberIn(bytes), lines: numberIn(lines) },
    };
    this.#secret = newSecret();
    return { type: 'ask whether it is over', secret: this.#secret };
  }
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('hex');
}

function numberIn(value: unknown): number {
  return Number.isSafeInteger(value) ? Number(value) : 0;
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** True for a path that stays below the folder it is taken from. */
export function isDataPath(name: string): boolean {
  return (
    name.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !/[\\\p{Cc}]/u.test(name)
  );
}
