import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the terminal chat puts the files of answers, each under its id and name. */
export function copiesFolder(dataDir: string): string {
  return join(dataDir, 'files');
}

/** Deletes the copies of these files, and of what was made of these runs' code; gives the paths of those that were there. */
export async function deleteCopies(
  dataDir: string,
  fileIds: readonly string[],
  runIds: readonly string[],
): Promise<string[]> {
  const ids = new Set([...fileIds, ...runIds]);
  return deleteWhere(dataDir, async (name) => ids.has(idIn(name)));
}

/** Deletes the copies that were put down before; gives their paths. */
export function deleteCopiesBefore(dataDir: string, time: number): Promise<string[]> {
  return deleteWhere(dataDir, async (_, path) => (await stat(path)).mtimeMs < time);
}

/**
 * The id of the file, or of the run whose code it was made of. Ids are `file-` and letters and digits, or stand behind what
 * was made; another `-` comes before the name.
 */
function idIn(name: string): string {
  const [file] = /^file-[^-]*/.exec(name) ?? [];
  return file ?? /^(?:code|output)-([^-]+)-/.exec(name)?.[1] ?? '';
}

async function deleteWhere(
  dataDir: string,
  isMeant: (name: string, path: string) => Promise<boolean>,
): Promise<string[]> {
  const folder = copiesFolder(dataDir);
  const deleted: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    if (!(await isMeant(name, path).catch(() => false))) continue;
    await rm(path, { force: true });
    deleted.push(path);
  }
  return deleted;
}
