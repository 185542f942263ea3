import type { ChildProcess } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { spawnBehind } from '../../../walls/spawn-behind.ts';
import type { Walls } from '../../../walls/wall.ts';
import type { DocumentLimits } from '../limits.ts';

/** How often the memory is looked at: a hostile PDF fills some 50 MB in this time. */
const LOOK_EVERY_MS = 25;

/** Room for JavaScript's own objects; bytes of files live elsewhere. In MiB. */
const HEAP_MIB = 512;

/** What a child may read: parsers, what they are made of, and what it shares with Python's processes. */
const READABLE = ['../../', '../../../code-interpreter/child/', '../../../../../node_modules/'].flatMap(
  bothPaths,
);

/** Where its own code is. */
const CODE = realpathSync(fileURLToPath(new URL('../', import.meta.url)));

const SCRIPT = fileURLToPath(new URL('../child/main.js', import.meta.url));

/**
 * What keeps a process from all but code: no other file, no network, no process, no add-on, no code made of strings,
 * and no writing. https://nodejs.org/api/permissions.html
 */
export const LOCKS = [
  '--permission',
  ...READABLE.map((path) => `--allow-fs-read=${path}`),
  '--disallow-code-generation-from-strings',
  '--no-addons',
  '--disable-sigusr1',
  '--no-warnings',
];

/**
 * Starts a process that reads documents, without an environment. Its one further right, to start its guardian's
 * thread, it gives up before it is given any document.
 *
 * Descriptors: 0 and 1 for the protocol, 2 for a last message of Node's, 3 for the guardian's reason.
 */
export function spawnReader({ processBytes, fileBytes }: DocumentLimits, walls: Walls): ChildProcess {
  const settings = JSON.stringify({ processBytes, fileBytes, lookEveryMs: LOOK_EVERY_MS });
  const flags = [...LOCKS, '--allow-worker', `--max-old-space-size=${HEAP_MIB}`];
  const place = { readable: READABLE, cwd: CODE, memoryBytes: processBytes };
  return spawnBehind(walls, [...flags, SCRIPT, settings], place);
}

/** A folder as it is named and where it really is: modules are looked for by the one and read from the other. */
function bothPaths(folder: string): string[] {
  const path = fileURLToPath(new URL(folder, import.meta.url)).replace(/[\\/]$/, '');
  return [...new Set([path, realpathSync(path)])];
}
