import { type BigIntStats, existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Problem } from '../../problem.ts';
import { StoreProblem } from '../store-problem.ts';
import { CLOSED, holdsOnlyMark, LOG_HEADER_BYTES, markOpen, OPEN } from './open-mark.ts';

/** For another Bobbin that is just opening or closing them to come to an end, in ms. */
const PATIENCE_MS = 200;

/** Between two looks at files that are not whole, in ms. */
const PAUSE_MS = 50;

/** The write-ahead log of a database, which holds the newest of it until it is closed. */
export function logOf(file: string): string {
  return `${file}-wal`;
}

/**
 * Throws a `Problem` when the files that a database is about to be opened from are not whole: SQLite would go on with
 * what it finds, and begin anew where it finds nothing.
 */
export function checkFiles(file: string): void {
  for (const late = performance.now() + PATIENCE_MS; ; pause(PAUSE_MS)) {
    try {
      checkFilesNow(file);
      return;
    } catch (error) {
      if (!(error instanceof Problem) || performance.now() > late) throw error;
    }
  }
}

function checkFilesNow(file: string): void {
  const log = logOf(file);
  const logBytes = statSync(log, { throwIfNoEntry: false })?.size;
  const isLogEmpty = logBytes === undefined || logBytes === 0;
  const main = statSync(file, { throwIfNoEntry: false });
  if (!main) {
    if (isLogEmpty) return;
    throw new Problem(
      `${file} is missing, and ${log}, which belongs to it, is there: put it back beside it, or move ${log} away to begin anew.`,
    );
  }
  // SQLite says itself what else it can't open.
  if (!main.isFile()) return;
  if (main.size === 0 && isLogEmpty)
    throw new Problem(`${file} is empty: put a backup in its place, or delete it to begin anew.`);
  const id = main.size > 0 ? headerOf(file)?.applicationId : undefined;
  const isCut = logBytes !== undefined && logBytes > 0 && logBytes < LOG_HEADER_BYTES;
  if (id === OPEN && (logBytes === undefined || isCut))
    throw new Problem(
      `${log} is ${isCut ? 'cut off' : 'missing'}, and the newest messages may be with it: put it back beside ${file}, or a backup of both in their place. To go on without them, create an empty file ${log}.`,
    );
  if (id === CLOSED && !isLogEmpty && !holdsOnlyMark(file, log))
    throw new Problem(
      `${log} does not belong to ${file}, which was closed without one: put the right file in its place, or move ${log} away to go on with ${file} as it is.`,
    );
}

/** Throws a `Problem` for a database of another program, which Bobbin would write into. */
export function checkContent(database: DatabaseSync, file: string): void {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  if (tables.length === 0 || tables.some(({ name }) => name === 'entries')) return;
  throw new Problem(
    `${file} is a database of another program: move it away, or set DATA_DIR to another folder.`,
  );
}

/** The files of an open database, which nobody else should touch. */
export class WatchedFiles {
  readonly #file: string;
  readonly #database: DatabaseSync;
  #main: BigIntStats | undefined;
  #log: BigIntStats | undefined;

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
    this.#main = stat(file);
    this.#log = stat(logOf(file));
  }

  /** Throws a `StoreProblem` when what is written would be lost, since the files are not those that were opened. */
  check(): void {
    const file = this.#file;
    const main = stat(file);
    if (!main)
      throw new StoreProblem(
        `${file} was deleted or moved while Bobbin uses it: what is written now would be lost. Stop Bobbin, put the file back, or a backup, then start it again.`,
      );
    if (!isSame(main, this.#main) || this.#isOverwritten(main))
      throw new StoreProblem(
        `${file} was replaced or changed by another program while Bobbin uses it: stop Bobbin, put the right file in its place, then start it again.`,
      );
    this.#main = main;
    if (isSame(stat(logOf(file)), this.#log)) return;
    throw new StoreProblem(
      `${logOf(file)} was deleted or replaced while Bobbin uses it: stop Bobbin by SIGTERM or Ctrl-C, which keeps what was in it, then start it again.`,
    );
  }

  /** This process has made the file smaller. */
  shrunk(): void {
    this.#main = stat(this.#file);
  }

  /** Begins a new log where the old one is gone, whose content this process still has. Says whether it was so. */
  mendLog(): boolean {
    if (!isSame(stat(this.#file), this.#main) || existsSync(logOf(this.#file))) return false;
    this.#database.exec('PRAGMA journal_mode = DELETE; PRAGMA journal_mode = WAL');
    markOpen(this.#database);
    this.#main = stat(this.#file);
    this.#log = stat(logOf(this.#file));
    return true;
  }

  /** A database only grows, and says itself that it is open. */
  #isOverwritten(main: BigIntStats): boolean {
    if (main.mtimeNs === this.#main?.mtimeNs && main.size === this.#main.size) return false;
    return main.size < (this.#main?.size ?? 0n) || headerOf(this.#file)?.applicationId !== OPEN;
  }
}

function stat(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

function isSame(one: BigIntStats | undefined, other: BigIntStats | undefined): boolean {
  return one?.ino === other?.ino && one?.dev === other?.dev;
}

/** What the beginning of a database says of it. */
export interface Header {
  applicationId: number;
  /** The version of the schema. */
  userVersion: number;
}

/** The header in the file itself; undefined where it is no database. */
export function headerOf(file: string): Header | undefined {
  try {
    const reader = openUnlocked(file);
    try {
      const read = (name: string) => Number(reader.prepare(`PRAGMA ${name}`).get()?.[name]);
      return { applicationId: read('application_id'), userVersion: read('user_version') };
    } finally {
      reader.close();
    }
  } catch {
    return undefined;
  }
}

/** Whether the file was closed with all of it in itself. */
export function isWhole(header: Header | undefined): boolean {
  return header?.applicationId === CLOSED;
}

/**
 * Opens what stands in the file itself for reading, whatever its log says and whoever has locked it. SQLite reads it,
 * since to open and close the file beside SQLite would end the locks of this process:
 * https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
 */
export function openUnlocked(file: string): DatabaseSync {
  const url = pathToFileURL(file);
  // Without looking at locks and the log: https://www.sqlite.org/uri.html#uriimmutable
  url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true });
}

/** Waits without giving way: the store is opened before anything else runs. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
