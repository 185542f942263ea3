import { accessSync, chmodSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Problem } from '../../problem.ts';
import { StoreProblem } from '../store-problem.ts';
import { checkContent, checkFiles, logOf } from './files.ts';
import { closeWhole, markOpen } from './open-mark.ts';
import { makePrivate } from './private-file.ts';
import { SEARCH_TABLES } from './search/schema.ts';

/** The database's name in `DATA_DIR`. */
export const FILE_NAME = 'bobbin.sqlite';

/** Counted up with every change of the schema, so that an older Bobbin leaves a newer file alone. */
export const SCHEMA_VERSION = 3;

/** How long to wait for a Bobbin that is just ending, such as one that a service manager restarts. */
const BUSY_TIMEOUT_MS = 1_000;

/**
 * Opens the database in `dataDir`, which is created when it is missing, for this process alone. Throws a `Problem`
 * when the folder or the file cannot be used.
 */
export function openDatabase(dataDir: string): DatabaseSync {
  createFolder(dataDir);
  const file = join(dataDir, FILE_NAME);
  checkWritable(file);
  checkFiles(file);
  const database = openUnmarked(file);
  try {
    markOpen(database);
    keepToOwner(file);
    migrate(database);
    return database;
  } catch (error) {
    closeWhole(database);
    throw explain(error, file);
  }
}

function openUnmarked(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    makePrivate(file);
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    prepare(database, file);
    return database;
  } catch (error) {
    database?.close();
    throw explain(error, file);
  }
}

/** The same for a file that was there, wherever it may be that `DATA_DIR` has only a link to. A new log is made as the file is. */
function keepToOwner(file: string): void {
  for (const path of [file, logOf(file)]) {
    try {
      chmodSync(path, 0o600);
    } catch {
      // Who may write to a file of somebody else can't keep it from them.
    }
  }
}

export function databaseExists(dataDir: string): boolean {
  return existsSync(join(dataDir, FILE_NAME));
}

/** Whether opening the database failed because another process has it. */
export function isInUse(error: unknown): boolean {
  const { cause } = error as { cause?: { errcode?: unknown } };
  return error instanceof StoreProblem && cause?.errcode === BUSY;
}

/** Opens a database that is gone when it is closed. */
export function openMemoryDatabase(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  prepare(database, ':memory:');
  migrate(database);
  return database;
}

/** Writes nothing yet. Throws a `Problem` where it is none of this Bobbin's databases. */
function prepare(database: DatabaseSync, file: string): void {
  // An exclusive lock belongs to the process: the kernel frees it however the process ends.
  // FULL, because a message that was acknowledged must outlive a power cut: in WAL mode, NORMAL would not sync the
  // log at every commit. https://www.sqlite.org/pragma.html#pragma_synchronous
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  // What people delete shall be gone, not only out of sight: https://www.sqlite.org/pragma.html#pragma_secure_delete
  database.exec('PRAGMA secure_delete = ON');
  checkContent(database, file);
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  checkVersion(version, file);
}

/** Brings the schema up to date, all of it or nothing; its write shows at once whether the file can be written. */
function migrate(database: DatabaseSync): void {
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER);
    CREATE INDEX IF NOT EXISTS entries_expires ON entries (expires) WHERE expires IS NOT NULL;
    CREATE TABLE IF NOT EXISTS queue (
      place INTEGER PRIMARY KEY, queue TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, data TEXT,
      put INTEGER NOT NULL, begun INTEGER NOT NULL DEFAULT 0, done INTEGER, UNIQUE (queue, id)
    );
    CREATE INDEX IF NOT EXISTS queue_waiting ON queue (queue, key, place) WHERE done IS NULL;
    ${SEARCH_TABLES}
    PRAGMA user_version = ${SCHEMA_VERSION};
    COMMIT`);
}

/** Throws a `Problem` for a schema that only a later Bobbin knows. */
export function checkVersion(version: number, file: string): void {
  if (version <= SCHEMA_VERSION) return;
  throw new Problem(
    `${file} was written by a newer Bobbin: update this one, or set DATA_DIR to another folder.`,
  );
}

function createFolder(dataDir: string): void {
  try {
    // For its owner's eyes only: conversations are kept in it.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Problem(`The folder ${dataDir} cannot be created: ${folderAdvice(error)}`, { cause: error });
  }
}

function folderAdvice(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    return 'there is a file in its place. Move the file away, or set DATA_DIR to another folder.';
  }
  if (code === 'ENOSPC')
    return 'the disk is full. Free some space, or set DATA_DIR to a folder on another disk.';
  return `${error instanceof Error ? error.message : error}. Set DATA_DIR to a folder in which Bobbin may write.`;
}

/** SQLite opens what it may not write to for reading only, and reports a disk error when it is to lock it. */
export function checkWritable(file: string): void {
  if (!existsSync(file)) return;
  try {
    accessSync(file, constants.W_OK);
  } catch (error) {
    throw new Problem(
      `${file} is read-only: let Bobbin write to it, or set DATA_DIR to a folder in which it may.`,
      { cause: error },
    );
  }
}

const BUSY = 5;

/** What to tell for each of SQLite's primary result codes: https://www.sqlite.org/rescode.html */
const ADVICE: Record<number, (file: string) => string> = {
  [BUSY]: (file) => `Another Bobbin is using ${file}: stop it, or set DATA_DIR to another folder.`,
  8: (file) => `${file} has become read-only: let Bobbin write to it again, then start it anew.`,
  10: (file) => `The disk failed while reading or writing ${file}: check the disk.`,
  11: (file) => `${file} is damaged: put a backup in its place, or move it away to begin anew.`,
  13: (file) =>
    `The disk is full and ${file} cannot grow: free some space, or move DATA_DIR to a larger disk. What was kept before is safe.`,
  14: (file) => `${file} cannot be opened: set DATA_DIR to a folder in which Bobbin may create files.`,
  26: (file) => `${file} is not a database: move it away, or set DATA_DIR to another folder.`,
};

/** Turns an error of SQLite into a `Problem` where a person can put it right; returns any other as it is. */
export function explain(error: unknown, file: string): unknown {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return error;
  const advice = ADVICE[error.errcode & 0xff];
  return advice ? new StoreProblem(advice(file), { cause: error }) : error;
}
