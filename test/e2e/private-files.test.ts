import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import OpenAI from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { startWheelMirror } from '../sim/wheel-mirror.ts';
import { dataDir, usedDataDir } from './bobbin.ts';

const root = join(import.meta.dirname, '../..');

/** Starts Bobbin where the system takes no right away from what is made. */
function startOpenly(args: string[], env: Record<string, string>): ChildProcess {
  const command = ['-c', 'umask 0; exec "$@"', 'sh', process.execPath, join(root, 'src/start.js'), ...args];
  const child = spawn('sh', command, {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function serveOpenly(env: Record<string, string>) {
  const child = startOpenly(['serve'], { PORT: '0', ...env });
  let told = '';
  child.stderr?.on('data', (chunk) => {
    told += chunk;
  });
  await expect.poll(() => told).toMatch(/"port":\d+/);
  const [, port] = /"port":(\d+)/.exec(told) ?? [];
  return { child, client: new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none' }) };
}

/** All that is in the folder, with what others may do with it. */
function rightsOfOthers(folder: string): Record<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).map(({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [relative(folder, path), (statSync(path).mode & 0o077).toString(8)];
  });
  return Object.fromEntries(found);
}

const closed = (folder: string) =>
  Object.fromEntries(Object.keys(rightsOfOthers(folder)).map((name) => [name, '0']));

/** What the folder has once documents were searched and Python was started. */
async function used(client: OpenAI): Promise<void> {
  const file = await client.files.create({
    file: new File(['# Meals\n40 EUR'], 'a.md'),
    purpose: 'assistants',
  });
  const { id } = await client.vectorStores.create({});
  const indexed = await client.vectorStores.files.createAndPoll(id, { file_id: file.id });
  expect(indexed.status).toBe('completed');
  await client.vectorStores.search(id, { query: 'meals' });
}

/** A folder that everybody may look into and write to. */
function openFolder(): string {
  const folder = usedDataDir();
  chmodSync(folder, 0o777);
  return folder;
}

test('nobody else may read what Bobbin keeps in a folder that is open to all', async () => {
  const DATA_DIR = openFolder();
  const { child, client } = await serveOpenly({ DATA_DIR });
  await used(client);
  const backup = startOpenly(['backup', join(DATA_DIR, 'backup.sqlite')], { DATA_DIR });
  expect(await once(backup, 'exit')).toEqual([0, null]);
  const files = Object.keys(rightsOfOthers(DATA_DIR));
  for (const end of ['', '-wal']) {
    expect(files).toContain(`bobbin.sqlite${end}`);
    expect(files).toContain(`bobbin-search.sqlite${end}`);
  }
  expect(files).toEqual(expect.arrayContaining(['bobbin.sock', 'backup.sqlite']));
  expect(rightsOfOthers(DATA_DIR)).toEqual(closed(DATA_DIR));
  child.kill('SIGTERM');
  await once(child, 'exit');
  expect(rightsOfOthers(DATA_DIR)).toEqual(closed(DATA_DIR));
});

test('files of answers in the terminal, and packages, are for whoever runs Bobbin alone', async () => {
  const DATA_DIR = openFolder();
  const mirror = await startWheelMirror([{ name: 'numpy', files: { 'numpy/__init__.py': '' } }]);
  onTestFinished(() => mirror.close());
  const packages = { PYTHON_PACKAGES_URL: mirror.url, PYTHON_PACKAGES_LOCK: mirror.lockIn(dataDir()) };
  const install = startOpenly(['sandbox', 'install', 'numpy'], { DATA_DIR, ...packages });
  expect(await once(install, 'exit')).toEqual([0, null]);
  const chat = startOpenly([], { DATA_DIR });
  chat.stdin?.end('```python\nopen("salaries.csv", "w").write("1")\n```\n');
  expect(await once(chat, 'exit')).toEqual([0, null]);
  expect(readdirSync(join(DATA_DIR, 'files'))).toEqual([expect.stringMatching(/salaries\.csv$/)]);
  expect(readdirSync(join(DATA_DIR, 'packages'))).toContainEqual(expect.stringMatching(/^numpy.*\.whl$/));
  expect(rightsOfOthers(DATA_DIR)).toEqual(closed(DATA_DIR));
});

test('what an earlier release left open is closed at the start, and nothing else is touched', async () => {
  const DATA_DIR = usedDataDir();
  const first = await serveOpenly({ DATA_DIR });
  await used(first.client);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  for (const folder of ['packages/.fetched', 'files', 'theirs'])
    mkdirSync(join(DATA_DIR, folder), { recursive: true });
  const [ours, theirs] = [
    ['packages/a.whl', 'packages/.fetched/b.whl.part', 'files/file-1-a.csv', 'bobbin.sqlite-shm'],
    ['theirs/a.whl', 'notes.md'],
  ];
  for (const name of [...ours, ...theirs]) writeFileSync(join(DATA_DIR, name), 'x');
  const elsewhere = join(dataDir(), 'of-the-system');
  writeFileSync(elsewhere, 'x');
  symlinkSync(elsewhere, join(DATA_DIR, 'files/file-2-link'));
  for (const name of Object.keys(rightsOfOthers(DATA_DIR))) {
    const path = join(DATA_DIR, name);
    if (!statSync(path).isSocket()) chmodSync(path, statSync(path).isDirectory() ? 0o777 : 0o666);
  }
  chmodSync(DATA_DIR, 0o777);

  const second = await serveOpenly({ DATA_DIR });
  await used(second.client);
  const rights = rightsOfOthers(DATA_DIR);
  for (const name of [...theirs, 'files/file-2-link', 'theirs']) {
    expect(rights[name], name).not.toBe('0');
    delete rights[name];
  }
  expect(Object.entries(rights).filter(([, others]) => others !== '0')).toEqual([]);
  expect(Object.keys(rights)).toEqual(
    expect.arrayContaining(['bobbin-search.sqlite', 'packages', ...ours.slice(0, 3)]),
  );
});
