import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { windowsFiles } from '../settings/windows-files.ts';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { chat, dataDir } from './bobbin.ts';

const ASSISTANT = '---\nname: Ada\nmodel: sim-large\n---\nHelp.\n';

test('with .env and assistant.md as Windows saves them the provider answers, never the demo', async () => {
  const server = await startChatCompletions({ models: ['sim-large'] });
  const folder = dataDir();
  const env = `OPENAI_BASE_URL=${server.url}\nOPENAI_API_KEY=sim\nDATA_DIR=${join(folder, 'data')}\n`;
  const assistants = windowsFiles(ASSISTANT);
  const files = windowsFiles(env);
  for (const encoding of ['UTF-8 with a byte order mark', 'UTF-16 LE, as PowerShell redirects output']) {
    writeFileSync(join(folder, '.env'), files[encoding] ?? '');
    writeFileSync(join(folder, 'assistant.md'), assistants[encoding] ?? '');
    const { stdout, stderr } = await chat([`hello from ${encoding}`], {}, [], folder);
    expect.soft(stderr, encoding).not.toContain('offline demo');
    expect.soft(stdout, encoding).toContain(`hello from ${encoding}`);
  }
  await server.close();
});

test('a .env that can’t be understood ends the start with what to do', async () => {
  const folder = dataDir();
  writeFileSync(join(folder, '.env'), Buffer.from('# Schlüssel\nOPENAI_API_KEY=secret\n', 'latin1'));
  const { status, stdout, stderr } = await chat(['hello'], {}, [], folder);
  expect(stderr).toMatch(/^Bobbin cannot start[\s\S]*\.env[\s\S]*is not in UTF-8: save it again/);
  expect(stderr).not.toContain('secret');
  expect(stdout).toBe('');
  expect(status).toBe(1);
});
