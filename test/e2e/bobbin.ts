import { spawn } from 'node:child_process';
import { copyFileSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { CACHE as SNAPSHOTS } from '../assistants/code-interpreter/python.ts';

const root = join(import.meta.dirname, '../..');

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A folder for `DATA_DIR` that is gone after the test. */
export function dataDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'bobbin-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The same as a second start finds it: with the snapshot of a started Python. */
export function usedDataDir(): string {
  const path = dataDir();
  for (const name of globSync('*.snapshot', { cwd: SNAPSHOTS }))
    copyFileSync(join(SNAPSHOTS, name), join(path, name));
  return path;
}

/** Starts Bobbin as `npm start` does, in the folder `cwd`, with nothing in its environment but `env`. */
export function start(args: string[], env: Record<string, string>, cwd = root) {
  const options = { cwd, env: { PATH: process.env.PATH ?? '', ...env } };
  const child = spawn(process.execPath, [join(root, 'src/start.js'), ...args], options);
  const ended: Ended = { status: null, stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  const note = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
    ended[stream] += chunk.toString();
    for (const look of waiting) look();
  };
  child.stdout.on('data', note('stdout'));
  child.stderr.on('data', note('stderr'));
  child.stdin.on('error', () => {});
  onTestFinished(() => void child.kill('SIGKILL'));
  const end = new Promise<Ended>((resolve) => {
    child.on('close', (status) => resolve(Object.assign(ended, { status })));
  });
  /** Ends when the output so far matches. */
  const prints = (stream: 'stdout' | 'stderr', pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!pattern.test(ended[stream])) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { child, end, prints, output: ended };
}

/** Pipes lines into the chat and gives what came out. */
export function chat(
  lines: string[],
  env: Record<string, string>,
  args: string[] = [],
  cwd = root,
): Promise<Ended> {
  const { child, end } = start(args, env, cwd);
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  return end;
}

/** Starts `serve` on a free port and gives its address. */
export async function serve(env: Record<string, string>) {
  const server = start(['serve'], { PORT: '0', DATA_DIR: usedDataDir(), ...env });
  await server.prints('stderr', /"port":\d+/);
  const [, port] = /"port":(\d+)/.exec(server.output.stderr) ?? [];
  return { ...server, url: `http://127.0.0.1:${port}` };
}
