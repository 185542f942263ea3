import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startResponses } from '../sim/responses.ts';
import { chat, usedDataDir } from './bobbin.ts';

/** An assistant whose code is to run at the provider. */
function hosted() {
  const folder = usedDataDir();
  const file = join(folder, 'assistant.md');
  writeFileSync(
    file,
    '---\nname: Ada\nmodel: sim-small\ncode_interpreter: { type: hosted, memory_limit: 4g }\n---\nHelp.\n',
  );
  return { DATA_DIR: folder, ASSISTANT_FILE: file };
}

test('code runs at the provider, and what it wrote is on this machine', async () => {
  const server = await startResponses();
  onTestFinished(() => server.close());
  const writes = { '/mnt/data/table.csv': Buffer.from('a,b\n1,2\n') };
  server.next({
    hosted: [{ code: 'print(6 * 7)', logs: '42', writes }],
    text: 'It is 42: [table](sandbox:/mnt/data/table.csv)',
  });
  const env = { ...hosted(), OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sim', MODEL_API: 'responses' };
  const { stdout, status } = await chat(['What is 6 * 7?'], env);
  expect(stdout).toMatch(/```python\nprint\(6 \* 7\)\n```\n\n```\n42\n```\n\nIt is 42: /);
  const [file = ''] = globSync('files/**/*table*.csv', { cwd: env.DATA_DIR });
  expect(readFileSync(join(env.DATA_DIR, file), 'utf8')).toBe('a,b\n1,2\n');
  expect(server.containers.all.map(({ memory }) => memory)).toEqual(['4g']);
  expect(status).toBe(0);
});

test('without a provider our own Python runs the code, and that is said', async () => {
  const { stdout, stderr, status } = await chat(['```python', 'print(6 * 7)', '```'], hosted());
  expect(stdout).toContain('42');
  expect(stderr).toContain("because no provider is set: Bobbin's own Python runs the code.");
  expect(status).toBe(0);
});
