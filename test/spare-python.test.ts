import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { wallsHere } from '../src/assistants/walls/find-walls.ts';
import { openAssistants, type Reader } from '../src/bot.ts';
import { readSettings } from '../src/settings/settings.ts';
import { memoryStore } from '../src/store/sqlite/store.ts';
import { dataDir } from './e2e/bobbin.ts';

/** What the log says of a start that has no folder for a Python's snapshot: nothing where none is to be ready. */
async function started(tools: string, reader: Reader) {
  const folder = dataDir();
  const file = join(folder, 'assistant.md');
  writeFileSync(file, `---\nname: Ada\nmodel: sim-small\ntools: ${tools}\n---\nHelp.\n`);
  // The walls are looked for once in a process, and want a folder, too.
  await wallsHere();
  vi.stubEnv('TMPDIR', file);
  onTestFinished(() => void vi.unstubAllEnvs());
  const settings = await readSettings({ ASSISTANT_FILE: file, DATA_DIR: join(file, 'below') });
  const lines: string[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const store = memoryStore();
  const { warmUp, close } = openAssistants(settings, store, log, reader);
  onTestFinished(async () => {
    await close();
    await store.close();
  });
  await warmUp();
  return lines;
}

const MADE_READY = ['Python does not start here'];

test.each<[tools: string, reader: Reader, told: string[]]>([
  ['[code_interpreter]', 'team', MADE_READY],
  ['[]', 'team', []],
  ['[file_search]', 'operator', []],
  // They bring assistants of their own.
  ['[]', 'programs', MADE_READY],
])(
  'a Python is ready for the first code only where there may be some: %s, %s',
  async (tools, reader, told) => {
    expect(await started(tools, reader)).toEqual(told);
  },
);
