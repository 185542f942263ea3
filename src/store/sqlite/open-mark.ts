import { closeSync, openSync, readSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

/**
 * What stands in the database's header as its application id, from the moment it is opened until it is closed, and after
 * that: https://www.sqlite.org/fileformat.html#application_id. So a file can tell that some of it is in its log.
 */
export const OPEN = 0x426f624f;
export const CLOSED = 0x426f6243;

/** A log that holds anything is longer than its own header: https://www.sqlite.org/fileformat.html#the_write_ahead_log */
export const LOG_HEADER_BYTES = 32;
const PAGE_SIZE_AT = 8;
const FRAME_HEADER_BYTES = 24;
const LONGEST_PAGE_BYTES = 65_536;

/** Where a first page says how often it was changed, which id it has, and for which change its other numbers hold. */
const CHANGES_WITH_ID = [
  [24, 28],
  [68, 72],
  [92, 100],
] as const;

/** Writes into the file itself, not only into its log, that it is in use: before anything else, see `holdsOnlyMark`. */
export function markOpen(database: DatabaseSync): void {
  database.exec(`PRAGMA application_id = ${OPEN}; PRAGMA wal_checkpoint(FULL)`);
}

/**
 * Closes the database with all of it in one file. Where that can't be written, the log stays beside it. The mark is written
 * last: whoever is killed meanwhile leaves a log that is needed beside a file that says so, see `holdsOnlyMark`.
 */
export function closeWhole(database: DatabaseSync): void {
  try {
    database.exec(`PRAGMA wal_checkpoint(TRUNCATE); PRAGMA application_id = ${CLOSED}`);
  } catch {
    // To close it now could take the log away and leave the mark: the end of the process leaves both.
    return;
  }
  database.close();
}

/**
 * Whether a log changes nothing in a closed database but its mark: whoever opened or closed it was killed in that moment.
 * @param log The log's path, of a file that is not open in this process.
 */
export function holdsOnlyMark(file: string, log: string): boolean {
  const written = beginningOf(log, LOG_HEADER_BYTES + 2 * (FRAME_HEADER_BYTES + LONGEST_PAGE_BYTES));
  if (written.length < LOG_HEADER_BYTES) return false;
  const pageBytes = written.readUInt32BE(PAGE_SIZE_AT);
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const frames = written.subarray(LOG_HEADER_BYTES);
  if (frames.length < frameBytes) return true;
  const page = frames.subarray(FRAME_HEADER_BYTES, frameBytes);
  const isFirst = frames.readUInt32BE(0) === 1;
  return frames.length < 2 * frameBytes && isFirst && isSamePage(page, beginningOf(file, pageBytes));
}

function beginningOf(path: string, bytes: number): Buffer {
  const [descriptor, beginning] = [openSync(path, 'r'), Buffer.alloc(bytes)];
  try {
    return beginning.subarray(0, readSync(descriptor, beginning, 0, bytes, 0));
  } finally {
    closeSync(descriptor);
  }
}

function isSamePage(one: Buffer, other: Buffer): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  for (const [from, to] of CHANGES_WITH_ID) for (const page of [a, b]) page.fill(0, from, to);
  return a.equals(b);
}
