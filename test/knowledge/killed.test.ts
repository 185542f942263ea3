import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { knowledgeOf } from '../../src/assistant.ts';
import { openServer } from '../../src/bot.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { openStore } from '../../src/store/open-store.ts';
import { tempFolder } from '../store/temp-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENTS = 20;

/** `npm start -- knowledge sync`, killed once it has said so many lines; what it printed. */
async function sync(env: Record<string, string>, killedAfter = Number.POSITIVE_INFINITY): Promise<string> {
  const args = [join(ROOT, 'src/start.js'), 'knowledge', 'sync'];
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env } });
  let [printed, lines] = ['', 0];
  child.stdout.on('data', (text) => {
    printed += text;
  });
  child.stderr.on('data', (text: Buffer) => {
    lines += String(text).split('\n').length - 1;
    if (lines >= killedAfter) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  return printed;
}

test('a sync that is killed again and again goes on where it was, and brings nothing twice', async () => {
  const folder = await tempFolder();
  mkdirSync(join(folder, 'docs'));
  for (let at = 0; at < DOCUMENTS; at++)
    writeFileSync(join(folder, 'docs', `${at}.md`), `# ${at}\n\nword${at}`);
  const file = join(folder, 'assistant.md');
  writeFileSync(file, '---\nname: Ada\nmodel: m\nknowledge: [docs]\n---\nHelp.');
  const env = { DATA_DIR: join(folder, 'data'), ASSISTANT_FILE: file };
  for (const lines of [1, 3]) expect(await sync(env, lines)).toBe('');
  expect(await sync(env)).toMatch(/added:|up to date/);

  const settings = await readSettings(env);
  const store = await openStore(settings.store);
  const server = openServer(settings, store, pino({ level: 'silent' }), 'operator');
  const { sync: kept } = knowledgeOf(settings, server.client, store, pino({ level: 'silent' }));
  const { plan, stored } = await kept.compare();
  const files = await Array.fromAsync(server.client.files.list({ limit: 100 }));
  await server.close();
  await store.close();
  expect(plan).toMatchObject({ add: [], update: [], remove: [], failed: [], unchanged: DOCUMENTS });
  expect(stored).toHaveLength(DOCUMENTS);
  expect(files).toHaveLength(DOCUMENTS);
}, 60_000);
