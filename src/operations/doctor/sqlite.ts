import { existsSync, statSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  checkVersion,
  checkWritable,
  explain,
  FILE_NAME,
  SCHEMA_VERSION,
} from '../../store/sqlite/database.ts';
import { checkContent, checkFiles, headerOf, isWhole, openUnlocked } from '../../store/sqlite/files.ts';
import { broken, type Finding, limited, unknown, well } from './finding.ts';

const MiB = 1024 * 1024;

/** With less, in bytes, the next file that somebody attaches may not be kept. */
const LEAST_SPACE = 100 * MiB;

/** With less, in bytes, it is time to look for more. */
const LITTLE_SPACE = 1024 * MiB;

/** SQLite's code for a file that somebody else has locked: https://www.sqlite.org/rescode.html#busy */
const BUSY = 5;

/** Looks at the folder and the file in which everything is kept, and changes neither; a Bobbin may be using them. */
export async function* examineSqlite(dataDir: string): AsyncGenerator<Finding> {
  const found = await folder(dataDir);
  yield found;
  if (found.state === 'broken') return;
  yield await space(dataDir);
  yield content(join(dataDir, FILE_NAME));
}

async function folder(dataDir: string): Promise<Finding> {
  const there = nearest(dataDir);
  if (!statSync(there).isDirectory())
    return broken(
      `There is a file in the place of the folder ${there}: move it away, or set DATA_DIR to another folder.`,
    );
  const isWritable = await access(there, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable)
    return broken(
      `Bobbin may not write to ${there}: let its user write there, or set DATA_DIR to another folder.`,
    );
  if (there === resolve(dataDir)) return well(`The folder ${dataDir} can be written to.`);
  return well(`The folder ${dataDir} does not exist yet: the first start makes it.`);
}

async function space(dataDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(nearest(dataDir));
  const free = bavail * bsize;
  const told = `Its disk has ${Math.floor(free / MiB).toLocaleString('en')} MB free`;
  const advice = 'free some space, or move DATA_DIR to a larger disk.';
  if (free < LEAST_SPACE) return broken(`${told}: ${advice}`);
  return free < LITTLE_SPACE ? limited(`${told}: soon ${advice}`) : well(`${told}.`);
}

/** Throws a `Problem` for files from which Bobbin does not start. */
function content(file: string): Finding {
  checkFiles(file);
  if (!existsSync(file)) return well(`There is no ${file} yet: the first start makes it.`);
  checkWritable(file);
  const version = versionIn(file);
  if (version === undefined) return inUse(file);
  checkVersion(version, file);
  if (version < SCHEMA_VERSION)
    return well(`${file} is of an earlier Bobbin (schema ${version}): the next start brings it up to date.`);
  return well(`${file} is whole (schema ${version}), and nobody uses it.`);
}

/** The version of the schema; undefined when somebody else has the file. */
function versionIn(file: string): number | undefined {
  let database: DatabaseSync | undefined;
  try {
    // Of what was closed nobody has a lock, and a look at its locks would leave files beside it.
    database = isWhole(headerOf(file)) ? openUnlocked(file) : new DatabaseSync(file, { readOnly: true });
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    checkContent(database, file);
    return version;
  } catch (error) {
    if (Number((error as { errcode?: unknown }).errcode) === BUSY) return undefined;
    throw explain(error, file);
  } finally {
    database?.close();
  }
}

function inUse(file: string): Finding {
  const version = headerOf(file)?.userVersion;
  if (version === undefined) return unknown(`${file} is in use, and its version could not be read.`);
  checkVersion(version, file);
  return well(`${file} is in use by a running Bobbin (schema ${version}).`);
}

/** The path, or the nearest folder above it that exists. */
function nearest(path: string): string {
  const full = resolve(path);
  return existsSync(full) || dirname(full) === full ? full : nearest(dirname(full));
}
