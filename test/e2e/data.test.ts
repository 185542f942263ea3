import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { filesWith } from '../operations/traces.ts';
import { chat, dataDir, serve, start, usedDataDir, withoutCode } from './bobbin.ts';

const SECRET = 'zwetschgenkuchen';
const REMEMBERS = 'What did I say first?';

const run = (args: string[], env: Record<string, string>) => chat([], env, args);

/** A folder as the release before left it, with a conversation in it. */
async function ofReleaseBefore(): Promise<string> {
  const DATA_DIR = dataDir();
  await chat([`I like ${SECRET}`], { ...withoutCode, DATA_DIR });
  const database = new DatabaseSync(join(DATA_DIR, 'bobbin.sqlite'));
  database.exec('DROP TABLE queue; PRAGMA user_version = 1');
  database.close();
  return DATA_DIR;
}

test('a backup is made while the chat goes on, and another folder begins from it', async () => {
  const DATA_DIR = dataDir();
  const running = start([], { ...withoutCode, DATA_DIR });
  running.child.stdin.write(`I like ${SECRET}\n`);
  await running.prints('stdout', /demo/);
  const [folder, file] = [dataDir(), join(dataDir(), 'all.sqlite')];
  const made = await run(['backup', file], { DATA_DIR });
  expect(made).toMatchObject({ status: 0, stderr: '' });
  expect(made.stdout).toContain(`Everything is in ${file}.`);
  const again = await run(['backup', file], { DATA_DIR });
  expect(again).toMatchObject({ status: 1, stdout: '' });
  expect(again.stderr).toContain('exists already, and a backup overwrites nothing: name another file');

  running.child.stdin.write('And now?\n');
  running.child.stdin.end('exit\n');
  expect((await running.end).status).toBe(0);
  expect(readdirSync(DATA_DIR)).toEqual(['bobbin.sqlite']);
  copyFileSync(file, join(folder, 'bobbin.sqlite'));
  expect((await chat([REMEMBERS], { ...withoutCode, DATA_DIR: folder })).stdout).toContain(SECRET);
});

test('serve, too, is backed up while it runs, and a process that was killed is no hindrance', async () => {
  const DATA_DIR = usedDataDir();
  const file = join(dataDir(), 'all.sqlite');
  for (let start = 0; start < 2; start++) {
    const serving = await serve({ DATA_DIR });
    if (start > 0)
      expect(await run(['backup', `${file}.running`], { DATA_DIR })).toMatchObject({ status: 0 });
    serving.child.kill('SIGKILL');
    await serving.end;
  }
  expect(existsSync(join(DATA_DIR, 'bobbin.sock'))).toBe(true);
  expect(await run(['backup', `${file}.killed`], { DATA_DIR })).toMatchObject({ status: 0, stderr: '' });
});

test('what makes no sense is told, and no database is made for it', async () => {
  const DATA_DIR = join(dataDir(), 'none');
  for (const args of [
    ['backup', 'x'],
    ['forget', '--person', 'U1'],
  ]) {
    const { status, stderr } = await run(args, { DATA_DIR });
    expect([status, stderr]).toEqual([
      1,
      `There is no database in ${DATA_DIR}: set DATA_DIR to where Bobbin has it.\n`,
    ]);
  }
  expect(existsSync(DATA_DIR)).toBe(false);
  for (const args of [
    ['backup'],
    ['backup', 'a', 'b'],
    ['forget'],
    ['forget', '--person', 'a', '--conversation', 'b'],
  ])
    expect((await run(args, { DATA_DIR })).status).toBe(2);
  const inPostgres = await run(['backup', 'x'], { DATA_DIR, DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c' });
  expect(inPostgres.stderr).toMatch(/pg_dump --format=custom --file=FILE/);
});

test('a person is forgotten once Bobbin is stopped, and the receipt says of what', async () => {
  const DATA_DIR = usedDataDir();
  const me = userInfo().username;
  const running = start([], { DATA_DIR });
  running.child.stdin.write(`I like ${SECRET}\n`);
  await running.prints('stdout', /demo/);
  const refused = await run(['forget', '--person', me], { DATA_DIR });
  expect(refused).toMatchObject({ status: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^Bobbin is running and has .* for itself: stop it, do this again/);
  running.child.stdin.end(
    `\`\`\`python\nopen("/mnt/data/a.txt", "w").write("${SECRET}")\nprint("${SECRET}")\n\`\`\`\nexit\n`,
  );
  expect((await running.end).status).toBe(0);
  expect((await filesWith(DATA_DIR, [SECRET])).length).toBeGreaterThan(0);

  const other = await run(['forget', '--person', 'U404'], { DATA_DIR });
  expect(other.stdout).toMatch(
    /^Nothing of the person U404 is kept here\.\n\nNot deleted:\n- what stands on Slack/,
  );
  const { stdout, stderr, status } = await run(['forget', '--person', me], { DATA_DIR });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/1 thread as a whole, \d+ messages, \d+ runs?, \d+ run steps?, 1 file/);
  expect(stdout).toMatch(/- on the disk: .*a\.txt/);
  expect(stdout).toMatch(/- nothing is left of: console:/);
  expect(await filesWith(DATA_DIR, [SECRET, `"author":"${me}"`])).toEqual([]);
});

test('a store of the release before is upgraded by backup, and forgets a conversation', async () => {
  const DATA_DIR = await ofReleaseBefore();
  const folder = dataDir();
  const file = join(folder, 'all.sqlite');
  const database = new DatabaseSync(join(DATA_DIR, 'bobbin.sqlite'));
  const row = database.prepare("SELECT key FROM entries WHERE key LIKE 'conversations:%'").get();
  database.close();
  const conversation = String(row?.key).replace('conversations:', '');
  expect(await run(['backup', file], { DATA_DIR })).toMatchObject({ status: 0, stderr: '' });
  expect(await run(['forget', '--conversation', conversation], { DATA_DIR })).toMatchObject({
    status: 0,
    stderr: '',
  });
  expect(await filesWith(DATA_DIR, [SECRET])).toEqual([]);
  expect(await filesWith(folder, [SECRET])).not.toEqual([]);
});

test('a store of a later release is refused by both, and left as it is', async () => {
  const DATA_DIR = dataDir();
  mkdirSync(DATA_DIR, { recursive: true });
  writeFileSync(join(DATA_DIR, 'bobbin.sqlite'), '');
  const database = new DatabaseSync(join(DATA_DIR, 'bobbin.sqlite'));
  database.exec('CREATE TABLE entries (key TEXT); PRAGMA user_version = 99');
  database.close();
  for (const args of [
    ['backup', join(DATA_DIR, 'copy')],
    ['forget', '--person', 'U1'],
  ]) {
    const { status, stderr } = await run(args, { DATA_DIR });
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/was written by a newer Bobbin: update this one/),
    ]);
  }
  expect(readdirSync(DATA_DIR).filter((name) => name.startsWith('copy'))).toEqual([]);
});
