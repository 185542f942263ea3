import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { sacrificeOfChildren } from './prologue.ts';
import { spawnBehind } from './spawn-behind.ts';
import type { Construction, Wall } from './wall.ts';

const CHILD_FOLDER = realpathSync(fileURLToPath(new URL('./child/', import.meta.url)));

/** How long a child may take to try everything, in ms; it takes a tenth of a second. */
const PATIENCE_MS = 15_000;

/** More than enough for a script that does nothing. */
const MEMORY_BYTES = 512 * 1024 * 1024;

/**
 * Starts a child behind the walls, without any of Node's own locks, and lets it try what they are to keep it from.
 * Rejects with what the tool said where it starts none.
 */
export async function tryWalls(construction: Construction): Promise<Set<Wall>> {
  const server = createServer((socket) => socket.on('error', () => {}).destroy());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    return await attemptsBehind(construction, port);
  } finally {
    server.close();
  }
}

async function attemptsBehind(construction: Construction, port: number): Promise<Set<Wall>> {
  const walls = { construction, standing: new Set<Wall>(), refusals: [] };
  const place = { readable: [CHILD_FOLDER], cwd: CHILD_FOLDER, memoryBytes: MEMORY_BYTES };
  const child = spawnBehind(
    walls,
    [`${CHILD_FOLDER}/attempts.js`, JSON.stringify(surroundings(port))],
    place,
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  try {
    const [said, complaint] = await Promise.all([outputOf(child, 1), outputOf(child, 2), ended(child)]);
    if (said === '') throw new Error(complaint.trim().split('\n').at(-1) || 'it took too long');
    return new Set(JSON.parse(said));
  } finally {
    clearTimeout(timer);
  }
}

/** What a child that has broken out would look for. */
function surroundings(port: number) {
  const filters = /^Seccomp_filters:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return {
    pid: process.pid,
    user: process.getuid?.(),
    port,
    namespace: readlinkSync('/proc/self/ns/pid'),
    filters: Number(filters ?? 0),
    sacrifice: sacrificeOfChildren(),
  };
}

async function outputOf({ stdio }: ChildProcess, descriptor: 1 | 2): Promise<string> {
  const stream = stdio[descriptor];
  return stream ? text(stream) : '';
}

async function ended(child: ChildProcess): Promise<void> {
  await once(child, 'close');
}
