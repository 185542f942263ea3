import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StoreOptions } from '../../src/store/open-store.ts';

/** Starts `put-and-hold.ts`, and gives what it was given to work on. */
export async function putAndHold(
  options: StoreOptions,
  queue: string,
  ids: string[],
): Promise<{ given: string; kill(): Promise<void> }> {
  const script = join(import.meta.dirname, 'put-and-hold.ts');
  const child: ChildProcess = spawn(process.execPath, [script, JSON.stringify(options), queue, ...ids], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (!child.stdout) throw new Error('It has no output.');
  const [line] = await once(child.stdout, 'data');
  const kill = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { given: String(line).trim(), kill };
}
