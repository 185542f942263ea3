import type { ChildProcess } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnBehind } from '../walls/spawn-behind.ts';
import type { Walls } from '../walls/wall.ts';
import type { Limits } from './limits.ts';

/** The bytes of one page of WebAssembly memory. */
const PAGE_BYTES = 64 * 1024;

/** Room for Pyodide's own JavaScript objects; Python's live elsewhere. In MiB. */
const HEAP_MIB = 128;

/** What a child may hold: Python's own objects, and all in all. */
export type ChildMemory = Pick<Limits, 'pythonBytes' | 'processBytes'>;

/** The scripts that run in a child. Permissions are checked against real paths. */
export const CHILD_FOLDER = realpathSync(fileURLToPath(new URL('./child/', import.meta.url)));

const { resolve } = createRequire(import.meta.url);

/** Pyodide's package. */
export const PYODIDE_FOLDER = realpathSync(dirname(resolve('pyodide/package.json')));

/** The IANA time zone database as JSON. */
export const TIME_ZONES = realpathSync(resolve('tzdata'));

/**
 * Starts a script of `child/`, with Pyodide's folder and `args` as its arguments, in a process that may read these two
 * folders and `readable`, and nothing else: no other file, no network, no process, no add-on, no environment, no code
 * made of strings. Its one further right, to start its guardian's thread, it gives up before any code runs, as it
 * does the right to read. https://nodejs.org/api/permissions.html These are the locks of Node.js itself; around them stand
 * the walls of the operating system.
 *
 * Descriptors: 0 and 1 for the protocol, 2 for a last message of Node's, 3 for the guardian's reason.
 */
export function spawnChild(
  script: string,
  readable: string[],
  { pythonBytes, processBytes }: ChildMemory,
  args: string[],
  walls: Walls,
): ChildProcess {
  const all = [PYODIDE_FOLDER, CHILD_FOLDER, ...readable];
  const flags = [
    '--permission',
    '--allow-worker',
    ...all.map((path) => `--allow-fs-read=${path}`),
    '--disallow-code-generation-from-strings',
    '--no-addons',
    '--disable-proto=delete',
    '--disable-sigusr1',
    '--no-warnings',
    `--max-old-space-size=${HEAP_MIB}`,
    `--wasm-max-mem-pages=${Math.floor(pythonBytes / PAGE_BYTES)}`,
  ];
  const place = { readable: all, cwd: CHILD_FOLDER, memoryBytes: processBytes };
  return spawnBehind(walls, [...flags, `${CHILD_FOLDER}/${script}`, PYODIDE_FOLDER, ...args], place);
}
