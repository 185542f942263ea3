import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { openAssistants } from '../src/bot.ts';
import { readSettings } from '../src/settings/settings.ts';
import { memoryStore } from '../src/store/sqlite/store.ts';
import { usedDataDir } from './e2e/bobbin.ts';
import { type ResponsesOptions, startResponses } from './sim/responses.ts';

/** What the log says when a Bobbin has started whose code is to run at a provider. */
async function started(options: ResponsesOptions) {
  const server = await startResponses(options);
  const folder = usedDataDir();
  const file = join(folder, 'assistant.md');
  writeFileSync(file, '---\nname: Ada\nmodel: sim-small\ncode_interpreter: hosted\n---\nHelp.\n');
  const settings = await readSettings({
    ASSISTANT_FILE: file,
    DATA_DIR: folder,
    OPENAI_BASE_URL: server.url,
    OPENAI_API_KEY: 'sim',
    MODEL_API: 'responses',
  });
  const lines: string[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const store = memoryStore();
  const { warmUp, close } = openAssistants(settings, store, log, 'team');
  onTestFinished(async () => {
    await close();
    await store.close();
    await server.close();
  });
  await warmUp();
  return { lines, server };
}

test('a start where the provider runs code says nothing, and makes no container', async () => {
  const { lines, server } = await started({});
  expect(lines).toEqual([]);
  expect(server.containers.calls).toEqual(['GET /containers']);
  expect(server.containers.all).toEqual([]);
});

test('a start where it runs none says so', async () => {
  const { lines } = await started({ hostsCode: false });
  expect(lines).toEqual([
    expect.stringMatching(
      /^code_interpreter: hosted can't be had, so Bobbin's own Python runs the code: http:\S+ lets nobody make a container for code \(404\)\./,
    ),
  ]);
});
