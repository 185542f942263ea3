import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/bobbin-postgres', import.meta.url));

/** The owner's alone, or PostgreSQL refuses it. */
const PRIVATE = 0o700;

/**
 * Fills a folder with what a new PostgreSQL has. `make` does so with `initdb`, which takes ten times as long as to copy
 * what it has made: so that is kept for all who come later.
 * @param recipe All that the files depend on.
 */
export async function newCluster(folder: string, recipe: unknown, make: () => Promise<void>): Promise<void> {
  const kept = join(CACHE, createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16));
  const isRoot = process.getuid?.() === 0;
  const owner = isRoot ? await postgresUser() : undefined;
  // The first `initdb` on a system makes the user, too.
  if (!existsSync(kept) || (isRoot && owner === undefined)) {
    await make();
    keep(folder, kept);
    return;
  }
  // A thousand small files: one after the other they take a quarter of what they take all at once.
  cpSync(kept, folder, { recursive: true });
  chmodSync(folder, PRIVATE);
  if (owner !== undefined) own(folder, owner);
}

/** Under its name only when it is whole; of several who make it at once, the first one's stays. */
function keep(folder: string, kept: string): void {
  const part = join(dirname(kept), randomUUID());
  cpSync(folder, part, { recursive: true });
  try {
    renameSync(part, kept);
  } catch {
    rmSync(part, { recursive: true });
  }
}

/** As whom PostgreSQL runs where these tests are root's; undefined before there is one. */
async function postgresUser(): Promise<number | undefined> {
  return promisify(execFile)('id', ['-u', 'postgres']).then(
    ({ stdout }) => Number(stdout),
    () => undefined,
  );
}

function own(folder: string, owner: number): void {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of [folder, ...names.map((name) => join(folder, name))]) chownSync(path, owner, -1);
}
