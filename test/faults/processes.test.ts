import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { descendants, isAlive } from './processes.ts';

test.runIf(existsSync('/proc'))(
  'what a killed process leaves running is found, and is told from what has ended',
  async () => {
    // A shell that has a child of its own, which outlives it.
    const shell = spawn('/bin/sh', ['-c', 'sleep 600 & echo started; wait'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(shell.stdout, 'data');
    const [child, ...others] = descendants(shell.pid);
    if (!child) throw new Error('The child was not found.');
    onTestFinished(() => {
      if (isAlive(child)) process.kill(child.pid, 'SIGKILL');
    });
    expect(others).toEqual([]);
    shell.kill('SIGKILL');
    await once(shell, 'exit');
    expect(isAlive(child)).toBe(true);
    expect(isAlive({ ...child, since: '0' })).toBe(false);
    process.kill(child.pid, 'SIGKILL');
    await expect.poll(() => isAlive(child)).toBe(false);
  },
);
