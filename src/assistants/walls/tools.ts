import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Where the tools of a system are, also for a process that was given another PATH or none. */
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** How long a tool may take to tell of itself, in ms. */
const PATIENCE_MS = 5_000;

/** The path of a tool, where this machine has it. */
export function toolPath(name: string, path = process.env.PATH ?? ''): string | undefined {
  return [...path.split(':').filter((folder) => folder.startsWith('/')), ...FOLDERS]
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** What a tool says of its options. */
export async function helpOf(tool: string): Promise<string> {
  const { stdout } = await promisify(execFile)(tool, ['--help'], { env: {}, timeout: PATIENCE_MS });
  return stdout;
}

/** The libraries of a tool, as its loader tells them: https://man7.org/linux/man-pages/man8/ld.so.8.html */
export async function librariesOf(tool: string): Promise<string[]> {
  const env = { LD_TRACE_LOADED_OBJECTS: '1' };
  const { stdout } = await promisify(execFile)(tool, [], { env, timeout: PATIENCE_MS });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
