import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { startDiscord } from '../sim/discord/discord.ts';
import { startProxy } from '../sim/proxy.ts';
import { startSlack } from '../sim/slack/slack.ts';
import { another, half, startWheelMirror, status } from '../sim/wheel-mirror.ts';
import { matplotlib, numpy, type WheelSpec } from '../sim/wheels.ts';
import { chat, dataDir, start, usedDataDir } from './bobbin.ts';

const small = (name: string): WheelSpec => ({ name, files: { [`${name}/__init__.py`]: `NAME = "${name}"` } });

async function mirrorOf(...specs: WheelSpec[]) {
  const mirror = await startWheelMirror(specs);
  onTestFinished(() => mirror.close());
  const DATA_DIR = usedDataDir();
  const env = { DATA_DIR, PYTHON_PACKAGES_URL: mirror.url, PYTHON_PACKAGES_LOCK: mirror.lockIn(dataDir()) };
  const sandbox = (...words: string[]) => start(['sandbox', ...words], env).end;
  return { mirror, env, sandbox };
}

async function modelServer() {
  const model = await startChatCompletions({ models: ['sim-small'] });
  onTestFinished(() => model.close());
  const runs = (code: string) => ({
    toolCalls: [{ name: 'code_interpreter', arguments: JSON.stringify({ code }) }],
  });
  const env = { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sim', MODEL: 'sim-small', PORT: '0' };
  return { model, runs, env };
}

const CHART = `
import csv
import matplotlib.pyplot as plt
rows = list(csv.reader(open("sales.csv")))[1:]
plt.plot([row[0] for row in rows], [float(row[1]) for row in rows], label="2026")
plt.title("Sales")
plt.xlabel("Month")
plt.show()
`;
const CSV = 'month,eur\nJan,1\nFeb,2\n';
const DESCRIPTION = 'Sales. Horizontal axis: Month. Shown: 2026.';

test('a chart from a CSV arrives as an image that describes itself: in the terminal, in Slack and on Discord', async () => {
  const { mirror, env, sandbox } = await mirrorOf(numpy, matplotlib);
  const [{ stdout }, { model, runs, env: ofModel }] = await Promise.all([
    sandbox('install', 'matplotlib'),
    modelServer(),
  ]);
  expect(stdout).toBe(
    'Python can import numpy 2.4.6, matplotlib 3.10.8. 2 of 2 were fetched. A Bobbin that runs has them from the next code on.\n',
  );
  await mirror.close();

  model.next(runs(`open("sales.csv", "w").write(${JSON.stringify(CSV)});\n${CHART}`), { text: 'Drawn.' });
  const told = await chat(['Draw this.'], { ...env, ...ofModel });
  const [, path = '', shows] = /^File: (.*chart-1\.png): (.*)$/m.exec(told.stderr) ?? [];
  expect(shows).toBe(DESCRIPTION);
  expect(readFileSync(path).subarray(1, 4).toString()).toBe('PNG');
  const tools = JSON.stringify(model.requests[0]?.body.tools);
  expect(tools).toContain('plain Python with the standard library and numpy, matplotlib: no network');

  const [slack, discord] = await Promise.all([startSlack(), startDiscord()]);
  onTestFinished(() => Promise.all([slack.close(), discord.close()]).then(() => {}));
  const bobbin = start([], {
    ...env,
    ...ofModel,
    SLACK_BOT_TOKEN: slack.app.botToken,
    SLACK_APP_TOKEN: slack.app.appToken,
    SLACK_API_URL: slack.apiUrl,
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
  });
  await bobbin.prints('stderr', /"msg":"ready"/);
  model.next(runs(CHART), { text: 'Drawn.' }, runs(CHART), { text: 'Drawn.' });
  const { ts } = await slack.user('ann').says('C0GENERAL', '@bobbin draw this', {
    files: [{ name: 'sales.csv', content: CSV, mimetype: 'text/csv' }],
  });
  await slack.until(() => slack.thread('C0GENERAL', ts).includes('chart-1.png'));
  expect(slack.thread('C0GENERAL', ts)).toMatch(/📎 chart-1\.png \(image\/png, \d+ bytes\) \[alt: Sales\. /);
  expect(slack.thread('C0GENERAL', ts)).toContain(`[alt: ${DESCRIPTION}]`);
  const { id } = discord.user('ann').says('general', `${discord.mention} draw this`, {
    files: [{ name: 'sales.csv', data: Buffer.from(CSV), contentType: 'text/csv' }],
  });
  await discord.until(() => discord.world.channels.has(id) && discord.view(id).includes('chart-1.png'));
  expect(discord.view(id)).toMatch(/📎 chart-1\.png \(\d+ bytes\) \[alt: Sales\. /);
  expect(discord.view(id)).toContain(`[alt: ${DESCRIPTION}]`);
});

test('people and the model read how to get what is not installed', async () => {
  const { model, runs, env } = await modelServer();
  model.next(runs('import pandas'), { text: 'It is not there.' });
  const { stdout } = await chat(['Use pandas.'], { ...env, DATA_DIR: usedDataDir() });
  const advice = 'An admin can run: npm start -- sandbox install pandas';
  expect(stdout).toContain(advice);
  expect(JSON.stringify(model.requests[1]?.body)).toContain(advice);
});

test('what goes wrong is told in a sentence, without a stack, and nothing is installed', async () => {
  const { mirror, sandbox } = await mirrorOf(small('one'), small('other'));
  const broken =
    /one-1\.0\.0.* broke off after .*goes on from there\. Without a way to it, set PYTHON_PACKAGES_URL/;
  for (const [name, answers, said] of [
    ['one', [half, half, half], broken],
    ['one', [another], /is not what it should be: its SHA-256 .* Nothing was installed\./],
    ['one', [status(500)], /answered with status 500\. Nothing was installed/],
    ['ona', [], /^There is no package ona for this Python: did you mean one\?$/],
  ] as const) {
    mirror.answers('one', ...answers);
    const failed = await sandbox('install', 'other', name);
    expect(failed).toMatchObject({ status: 1, stdout: '' });
    expect(failed.stderr.trimEnd().split('\n').at(-1)).toMatch(said);
    expect(failed.stderr).not.toMatch(/^\s+at /m);
  }
  expect((await sandbox('list')).stdout).toMatch(
    /^Python has its standard library, and no package is installed/,
  );
});

test('packages are fetched through the company’s proxy, whose refusal is told as its own', async () => {
  const { env, mirror } = await mirrorOf(small('one'));
  const proxy = await startProxy({ credentials: 'me:secret' });
  onTestFinished(() => proxy.close());
  const through = (password: string) =>
    start(['sandbox', 'install', 'one'], { ...env, HTTP_PROXY: `http://me:${password}@${proxy.host}` }).end;
  const refused = await through('wrong');
  expect(refused.stderr).toMatch(
    /can't be reached: the proxy .* wants other credentials \(status 407\)\. Nothing was installed/,
  );
  expect(refused.stderr).not.toContain('wrong');
  expect(proxy.tunnels).toEqual([]);
  expect((await through('secret')).stdout).toMatch(/^Python can import one 1\.0\.0\./);
  expect(proxy.tunnels).toEqual([new URL(mirror.url).host]);
});

test('a full disk is told, and nothing is installed', async () => {
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  const { env } = await mirrorOf(small('one'), { name: 'large', files: { 'large.py': noise } });
  // A file of this process may have 32 KB: to write more fails as it does on a disk without room.
  const limited = 'trap "" XFSZ; ulimit -f 32; exec "$0" src/start.js sandbox install one large';
  const options = { env: { PATH: process.env.PATH, ...env } };
  const { stderr } = await promisify(execFile)('bash', ['-c', limited, process.execPath], options).catch(
    (error: { stderr: string }) => error,
  );
  expect(stderr).toMatch(
    /Packages can't be kept in .*packages: there is no room left\. Nothing was installed: make room there/,
  );
  expect((await start(['sandbox', 'list'], env).end).stdout).toContain('no package is installed');
});

test('packages are listed and removed, and a command that makes no sense says what does', async () => {
  const { sandbox } = await mirrorOf(small('one'), { ...small('other'), depends: ['one'] });
  const { stderr } = await sandbox('install', 'other');
  expect(stderr).toBe('1 of 2 done\n2 of 2 done\n');
  expect((await sandbox('list')).stdout).toBe('one 1.0.0\nother 1.0.0\n');
  expect(await sandbox('remove', 'one')).toMatchObject({
    status: 1,
    stderr: 'one is needed by other: remove that, too, or first.\n',
  });
  expect((await sandbox('remove', 'other', 'one')).stdout).toMatch(/^Removed other, one\./);
  for (const words of [['install'], ['list', 'one'], ['update', 'one'], []])
    expect(await sandbox(...words)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /^sandbox wants install or remove with the names of packages, or list\.\n/,
      ),
    });
});
