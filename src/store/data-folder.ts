import { chmodSync, type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What Bobbin keeps in each folder of `DATA_DIR`, by name: others may keep theirs beside it. */
const KEPT: readonly (readonly [folder: string, isOurs: RegExp])[] = [
  ['', /^bobbin(?:-search)?\.sqlite|^python-[0-9a-f]{16}\.snapshot/],
  ['packages/.fetched', /\.(?:whl|zip|part)$/],
  ['packages', /\.(?:whl|zip)$|^\.fetched$/],
  ['files', /^(?:file|code|output)-/],
];

/**
 * Takes from everybody but their owner what files in `dataDir` are there already, since earlier releases made some of
 * them as the system would have it. Windows has no such rights.
 */
export function keepFromOthers(dataDir: string): void {
  if (process.platform === 'win32') return;
  for (const [folder, isOurs] of KEPT) {
    const path = join(dataDir, folder);
    const entries = entriesOf(path);
    const ours = entries.filter(({ name }) => isOurs.test(name));
    // Whoever else may write to the folder may have put a link there, which leads to anything.
    for (const entry of ours) if (entry.isFile()) change(join(path, entry.name), 0o600);
    if (folder !== '' && entries.length > 0 && ours.length === entries.length) change(path, 0o700);
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function change(path: string, mode: number): void {
  try {
    chmodSync(path, mode);
  } catch {
    // Who may use a file of somebody else can't keep it from them, and what is gone needs no keeping.
  }
}
