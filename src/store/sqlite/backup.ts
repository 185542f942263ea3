import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { backup, DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../problem.ts';
import { explain } from './database.ts';
import { closeWhole } from './open-mark.ts';

/** SQLite's result code for a database in which somebody writes: https://www.sqlite.org/rescode.html#busy */
const BUSY = 5;

/** Between two attempts while a write is under way, in ms; each takes less than that. */
const PAUSE_MS = 20;

/** So many attempts until it is said that it can't be done: writes leave gaps far more often. */
const ATTEMPTS = 100;

/** File systems without hard links answer so. */
const NO_LINKS: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * Copies an open database into a new file, all of it as of one moment, while it is written to: what this connection
 * writes meanwhile comes along (https://www.sqlite.org/backup.html). The file is there when it is whole and on the disk,
 * or not at all. Throws a `Problem` when it cannot be made, and for a file that exists.
 */
export async function backUp(database: DatabaseSync, file: string): Promise<void> {
  if (existsSync(file)) throw exists(file);
  const part = `${file}.${randomUUID()}.part`;
  try {
    // For its owner's eyes only, as the folder of the database is.
    await (await open(part, 'wx', 0o600)).close();
    await copy(database, part);
    const copied = new DatabaseSync(part);
    // In WAL mode the copy would get a log of its own beside it.
    copied.exec('PRAGMA journal_mode = DELETE');
    closeWhole(copied);
    await toDisk(part);
    await take(part, file);
  } catch (error) {
    throw problemOf(error, file);
  } finally {
    for (const end of ['', '-journal', '-wal', '-shm']) await rm(part + end, { force: true }).catch(() => {});
  }
}

async function copy(database: DatabaseSync, part: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await backup(database, part);
      return;
    } catch (error) {
      if ((error as { errcode?: unknown }).errcode !== BUSY || attempt === ATTEMPTS) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

async function toDisk(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.sync();
  await handle.close();
}

/** Gives the file its name, and never that of another one. */
async function take(part: string, file: string): Promise<void> {
  try {
    await link(part, file);
  } catch (error) {
    if (!NO_LINKS.has((error as { code?: unknown }).code)) throw error;
    if (existsSync(file)) throw exists(file);
    await rename(part, file);
  }
}

function exists(file: string): Problem {
  return new Problem(`${file} exists already, and a backup overwrites nothing: name another file.`);
}

function problemOf(error: unknown, file: string): unknown {
  if (error instanceof Problem) return error;
  const code = (error as { code?: unknown }).code;
  if (code === 'EEXIST') return exists(file);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new Problem(`${file} cannot be written: its folder does not exist. Create it, or name another.`, {
      cause: error,
    });
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return new Problem(`${file} cannot be written: name a file in a folder in which Bobbin may write.`, {
      cause: error,
    });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Problem(`There is no room for ${file}: free some space, or name a file on another disk.`, {
      cause: error,
    });
  return explain(error, file);
}
