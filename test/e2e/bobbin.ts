import { spawn } from 'node:child_process';
import { copyFileSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { CACHE as SNAPSHOTS } from '../assistants/code-interpreter/python.ts';

const root = join(import.meta.dirname, '../..');

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** When what a test has made is taken away: after the test itself, or after those that share it. */
export type Afterwards = (undo: () => unknown) => void;

/** After all tests of the `describe` in whose body this is called: `afterAll` itself does nothing in a `beforeAll`. */
export function afterThese(): Afterwards {
  const undos: (() => unknown)[] = [];
  afterAll(async () => {
    for (const undo of undos.toReversed()) await undo();
  });
  return (undo) => void undos.push(undo);
}

/** After the test that runs. */
export const afterThis: Afterwards = (undo) => onTestFinished(async () => void (await undo()));

/** A folder for `DATA_DIR` that is gone after the test. */
export function dataDir(afterwards = afterThis): string {
  const path = mkdtempSync(join(tmpdir(), 'bobbin-'));
  afterwards(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The same as a second start finds it: with the snapshot of a started Python. */
export function usedDataDir(afterwards?: Afterwards): string {
  const path = dataDir(afterwards);
  for (const name of globSync('*.snapshot', { cwd: SNAPSHOTS }))
    copyFileSync(join(SNAPSHOTS, name), join(path, name));
  return path;
}

/**
 * Settings of an assistant that runs no code: no Python is made ready for it, which takes as long as the rest of a start. For
 * all tests in which nobody needs one, with `dataDir()`.
 */
export const withoutCode = { ASSISTANT_FILE: join(import.meta.dirname, 'without-code.md') };

/** Starts Bobbin as `npm start` does, in the folder `cwd`, with nothing in its environment but `env`. */
export function start(args: string[], env: Record<string, string>, cwd = root, afterwards = afterThis) {
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
  afterwards(() => void child.kill('SIGKILL'));
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
export async function serve(env: Record<string, string>, afterwards?: Afterwards) {
  const given = { PORT: '0', DATA_DIR: usedDataDir(afterwards), ...env };
  const server = start(['serve'], given, root, afterwards);
  await server.prints('stderr', /"port":\d+/);
  const [, port] = /"port":(\d+)/.exec(server.output.stderr) ?? [];
  return { ...server, url: `http://127.0.0.1:${port}` };
}
