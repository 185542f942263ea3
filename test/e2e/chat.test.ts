import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { startPostgres } from '../sim/postgres.ts';
import { chat, dataDir, start, usedDataDir, withoutCode } from './bobbin.ts';

const EQUATION = 'I need to solve the equation `3x + 11 = 14`. Can you help me?';

test('a newcomer gets Python for an equation, its output, and is remembered after a restart', async () => {
  const env = { DATA_DIR: usedDataDir() };
  const first = await chat([EQUATION], env);
  expect(first.stdout).toMatch(/```python\n[\s\S]*3 \* x \+ 11[\s\S]*```\n\n```\nx = 1\n```/);
  expect(first.stderr).toContain('offline demo');
  expect(first.status).toBe(0);

  const second = await chat(['What did I say first?'], env);
  expect(second.stdout).toContain(EQUATION);
  expect(second.stderr).toContain('We go on where we stopped');

  const third = await chat(['What did I say first?'], env, ['chat', '--new']);
  expect(third.stdout).not.toContain('3x + 11');
});

test('a fenced block from a pipe runs as Python, its variables live on, and a file that it writes is kept where the person finds it', async () => {
  const blocks = [
    'n = 2**100\nprint(n)',
    'print(n + 1)',
    'open("table.csv", "w").write("a,b")\nprint("sandbox:/mnt/data/table.csv")',
  ];
  const lines = blocks.flatMap((code) => ['```python', ...code.split('\n'), '```']);
  const { stdout, stderr, status } = await chat(lines, { DATA_DIR: usedDataDir() });
  expect(stdout).toContain('1267650600228229401496703205376');
  expect(stdout).toContain('1267650600228229401496703205377');
  expect(stdout).not.toContain('\u001b');
  const [, path = ''] = /^File: (.*table\.csv)$/m.exec(stderr) ?? [];
  expect(readFileSync(path, 'utf8')).toBe('a,b');
  expect(status).toBe(0);
});

test('without streaming only the last assistant message is printed', async () => {
  const { stdout, status } = await chat([EQUATION], { DATA_DIR: usedDataDir() }, ['chat', '--no-stream']);
  expect(stdout).toContain('x = 1');
  expect(stdout).not.toContain('```python');
  expect(status).toBe(0);
});

test('a model that the provider does not offer is named with those that it does, and the chat goes on', async () => {
  const server = await startChatCompletions({ models: ['sim-large', 'sim-small'] });
  const env = {
    ...withoutCode,
    DATA_DIR: dataDir(),
    OPENAI_BASE_URL: server.url,
    OPENAI_API_KEY: 'sim',
    MODEL: 'sim-smal',
  };
  const { stderr, status } = await chat(['hello', 'hello again'], env);
  await server.close();
  expect(stderr.match(/Error: .*sim-smal.*sim-small/g)).toHaveLength(2);
  expect(stderr).toContain('Set `model` in assistant.md, or MODEL.');
  expect(stderr).not.toContain('Bearer');
  expect(status).toBe(0);
});

test('every mistake in the settings is listed before anything starts', async () => {
  const folder = dataDir();
  const file = join(folder, 'assistant.md');
  writeFileSync(file, '---\nname: ""\nmodel: m\ntemperature: 9\n---\nHelp.\n');
  const env = { DATA_DIR: join(folder, 'data'), ASSISTANT_FILE: file, PORT: 'x', LOG_LEVEL: 'loud' };
  const { status, stdout, stderr } = await chat(['hello'], env);
  for (const mistake of ['PORT', 'LOG_LEVEL', 'temperature', 'name']) expect(stderr).toContain(mistake);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(1);
});

test('a second Bobbin in the same DATA_DIR is told what to do, and the first goes on', async () => {
  const env = { ...withoutCode, DATA_DIR: dataDir() };
  const first = start([], env);
  await first.prints('stderr', /offline demo/);
  const second = await chat(['hello'], env);
  expect(second.stderr).toMatch(/Another Bobbin is using .*: stop it, or set DATA_DIR/);
  expect(second.status).toBe(1);
  first.child.stdin.end('How many messages are there?\n');
  expect((await first.end).stdout).toContain('1');
});

test('after kill -9 in the midst of an answer the next start answers at once', async () => {
  const env = { DATA_DIR: usedDataDir() };
  const first = start([], env);
  first.child.stdin.write('```python\nwhile True: pass\n```\n');
  await first.prints('stdout', /while True/);
  first.child.kill('SIGKILL');
  await first.end;
  const second = await chat(['What did I say first?'], env);
  expect(second.stdout).toContain('while True');
  expect(second.stderr).not.toContain('Error');
});

test('SIGINT stops the run, and the next line is answered', async () => {
  const { child, end, prints } = start([], { DATA_DIR: usedDataDir() });
  child.stdin.write('```python\nwhile True: pass\n```\n');
  await prints('stdout', /while True/);
  child.kill('SIGINT');
  await prints('stderr', /Stopped\./);
  child.stdin.end('```python\nprint(6 * 7)\n```\n');
  const { stdout, status } = await end;
  expect(stdout).toContain('42');
  expect(status).toBe(0);
});

test('a command line that makes no sense is answered with the usage', async () => {
  const { status, stderr } = await chat([], { DATA_DIR: dataDir() }, ['dance', '--loud']);
  expect(stderr).toContain('Usage: npm start');
  expect(status).toBe(2);
});

test('folded code is one line in the answer, and comes as a file that is forgotten with it', async () => {
  const folder = usedDataDir();
  const file = join(folder, 'assistant.md');
  const fields = 'name: Bobbin\nmodel: demo\ntools: [code_interpreter]\ncode: folded';
  writeFileSync(file, `---\n${fields}\n---\nHelp.\n`);
  const env = { DATA_DIR: folder, ASSISTANT_FILE: file };
  const { stdout, stderr } = await chat(['```python', 'print(6 * 7)', '```'], env);
  expect(stdout).toContain('*Ran Python*');
  expect(stdout).not.toContain('```python');
  expect(stderr).toContain('Running Python…\n');
  const [, path = ''] = /File: (.+code\.py)\n/.exec(stderr) ?? [];
  expect(readFileSync(path, 'utf8')).toBe('print(6 * 7)\n\n# Output:\n# 42\n');
  const forgets = start(['forget', '--person', userInfo().username], env);
  expect((await forgets.end).stdout).toContain(path);
  expect(existsSync(path)).toBe(false);
});

test('with DATABASE_URL everything is kept in PostgreSQL, wherever Bobbin is started', async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const first = await chat(['My favourite number is 7.'], {
    ...withoutCode,
    DATA_DIR: dataDir(),
    DATABASE_URL: postgres.url(),
  });
  expect(first.status).toBe(0);
  const second = await chat(['What did I say first?'], {
    ...withoutCode,
    DATA_DIR: dataDir(),
    DATABASE_URL: postgres.url(),
  });
  expect(second.stdout).toContain('My favourite number is 7.');
});
