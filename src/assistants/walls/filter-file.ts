import { createHash, randomUUID } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filterOfSystemCalls } from './system-calls.ts';

/** For its owner alone: who could write here would say what the filter lets through. */
const PRIVATE = 0o700;

/**
 * The path of the filter of system calls, which tools read from a file; the next process finds it again. Undefined where
 * there is no such filter, or no place for a file.
 */
export function filterFile({ signals }: { signals: boolean }): string | undefined {
  const filter = filterOfSystemCalls(process.arch, signals);
  if (!filter) return undefined;
  try {
    const path = join(folder(), createHash('sha256').update(filter).digest('hex').slice(0, 16));
    if (existsSync(path)) return path;
    const part = `${path}.${randomUUID()}`;
    writeFileSync(part, filter);
    renameSync(part, path);
    return path;
  } catch {
    return undefined;
  }
}

/** One for each user, unless somebody else has taken its name. */
function folder(): string {
  const path = join(tmpdir(), `bobbin-walls-${process.getuid?.()}`);
  mkdirSync(path, { recursive: true, mode: PRIVATE });
  const stats = lstatSync(path);
  const isOurs = stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o777) === PRIVATE;
  return isOurs ? path : temporaryFolder();
}

function temporaryFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'bobbin-walls-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}
