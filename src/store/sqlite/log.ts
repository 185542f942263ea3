import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { StoreProblem } from '../store-problem.ts';
import { logOf } from './files.ts';
import { GroupSync } from './group-sync.ts';

/** Brings what was written to an open file to the disk. */
export type DataSync = (descriptor: number) => Promise<void>;

const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

/**
 * The write-ahead log of an open database, which is synced here instead of by SQLite: off the event loop, and once for
 * all commits that wait. That is what `synchronous = FULL` would do at each of them, on the event loop
 * (https://www.sqlite.org/pragma.html#pragma_synchronous).
 */
export class SqliteLog {
  readonly #descriptor: number;
  readonly #group: GroupSync;

  constructor(file: string, dataSync: DataSync = promisify(fdatasync)) {
    this.#descriptor = openSync(logOf(file), 'r+');
    this.#group = new GroupSync(() =>
      dataSync(this.#descriptor).catch((error: unknown) => {
        throw problemOf(error, file);
      }),
    );
  }

  /** Resolves when every commit before this call is on the disk. Rejects with a `StoreProblem` once a sync has failed. */
  synced(): Promise<void> {
    return this.#group.synced();
  }

  async close(): Promise<void> {
    await this.synced().catch(() => {});
    closeSync(this.#descriptor);
  }
}

function problemOf(error: unknown, file: string): StoreProblem {
  const reason = NO_ROOM.has((error as { code?: unknown }).code)
    ? `The disk of ${file} is full: free some space, then start Bobbin again.`
    : `The disk failed while writing ${file}: check the disk, then start Bobbin again.`;
  return new StoreProblem(reason, { cause: error });
}
