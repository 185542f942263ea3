import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { pdf } from '../assistants/file-search/documents/pdf-file.ts';
import { startDiscord } from '../sim/discord/discord.ts';
import { startSlack } from '../sim/slack/slack.ts';
import { tempFolder } from '../store/temp-folder.ts';
import { chat, start, usedDataDir } from './bobbin.ts';

const README = join(import.meta.dirname, '../../README.md');
const GENERAL = 'C0GENERAL';

/** A question that this project's own README answers, and where. */
const QUESTION = 'Which permissions does the Discord bot need?';
const ANSWER = /From \**README\.md › Bobbin › Discord\**.*Read Message History.*\[?1/s;
const SOURCE = /docs\/README\.md › Bobbin › Discord, \d{4}-\d\d-\d\d/;

const SECRET = 'The aardvark project begins on Monday.';
const ABOUT_SECRET = 'When does the aardvark project begin?';
const UNKNOWN = "I don't know";
const SCAN = 'scan.pdf holds no text, only pictures of it: run a text recognition (OCR) over it first.';

const TEAM = mkdtempSync(join(tmpdir(), 'bobbin-team-'));
afterAll(() => rmSync(TEAM, { recursive: true }));

/** Brings this README into the store of a team. */
async function syncs(): Promise<void> {
  mkdirSync(join(TEAM, 'docs'));
  copyFileSync(README, join(TEAM, 'docs/README.md'));
  writeFileSync(
    join(TEAM, 'assistant.md'),
    '---\nname: Bobbin\nmodel: m\ntools: [code_interpreter]\nknowledge: [docs]\ncontact: Maria\n---\nYou help.\n',
  );
  const { stdout, stderr, status } = await start(['knowledge', 'sync'], { DATA_DIR: 'data' }, TEAM).end;
  expect({ stderr, status }).toEqual({ stderr: expect.any(String), status: 0 });
  expect(stdout).toContain('1 added:\n  docs/README.md');
}

let synced: Promise<void> | undefined;

/** A team of its own for each test, as one `knowledge sync` has left it. */
async function team() {
  synced ??= syncs();
  await synced;
  const folder = await tempFolder();
  cpSync(TEAM, folder, { recursive: true, preserveTimestamps: true });
  const env = { DATA_DIR: usedDataDir() };
  copyFileSync(join(TEAM, 'data/bobbin.sqlite'), join(env.DATA_DIR, 'bobbin.sqlite'));
  return { folder, env };
}

/** Bobbin on the team's platforms. */
async function serves(platform: Record<string, string>): Promise<void> {
  const { folder, env } = await team();
  const bobbin = start([], { ...env, ...platform, PORT: '0' }, folder);
  await bobbin.prints('stderr', /"msg":"ready"/);
}

test('the terminal answers from what one command has read, with the heading, and owns up to what it did not find', async () => {
  const { folder, env } = await team();
  const { stdout } = await chat([QUESTION, 'Who won the regatta at Henley in 1908?'], env, [], folder);
  const [found, unknown] = stdout.split(UNKNOWN);
  expect(found).toMatch(ANSWER);
  expect(found).toMatch(SOURCE);
  expect(unknown).toContain('The documents say nothing that answers this. Ask Maria.');
});

test('so does Slack, and what is attached in a thread is found there and in no other', async () => {
  const sim = await startSlack();
  onTestFinished(() => sim.close());
  const { app, apiUrl } = sim;
  await serves({ SLACK_BOT_TOKEN: app.botToken, SLACK_APP_TOKEN: app.appToken, SLACK_API_URL: apiUrl });
  const ann = sim.user('ann');
  const answered = async (text: string, options: Parameters<typeof ann.says>[2] = {}) => {
    const { ts } = ann.says(GENERAL, `@bobbin ${text}`, options);
    const thread = options.thread ?? ts;
    await sim.until(() => sim.texts(GENERAL, thread).at(-1)?.includes('Regenerate') === true);
    return { ts, view: sim.texts(GENERAL, thread).at(-1) ?? '' };
  };
  const answer = await answered(QUESTION);
  expect(answer.view).toMatch(ANSWER);
  expect(answer.view).toMatch(SOURCE);
  const files = [
    { name: 'plans.md', content: `# Plans\n\n${SECRET}` },
    { name: 'scan.pdf', content: Buffer.from(pdf([], [])) },
  ];
  const there = await answered(ABOUT_SECRET, { files });
  expect(there.view).toContain(SCAN);
  expect(there.view).toContain(SECRET);
  expect(there.view).toContain('plans.md › Plans');
  expect((await answered(ABOUT_SECRET)).view).toContain(UNKNOWN);
});

test('so does Discord, where the same holds', async () => {
  const sim = await startDiscord();
  onTestFinished(() => sim.close());
  await serves({ DISCORD_TOKEN: sim.token, DISCORD_API_URL: sim.apiUrl });
  const ann = sim.user('ann');
  const answered = async (text: string, options: Parameters<typeof ann.says>[2] = {}) => {
    const { id } = ann.says('general', `${sim.mention} ${text}`, options);
    await sim.until(() => sim.world.channels.has(id) && sim.view(id).includes('Regenerate'));
    return sim.view(id);
  };
  const answer = await answered(QUESTION);
  expect(answer).toMatch(ANSWER);
  expect(answer).toMatch(SOURCE);
  const files = [
    { name: 'plans.md', data: `# Plans\n\n${SECRET}`, contentType: 'text/markdown' },
    { name: 'scan.pdf', data: pdf([], []), contentType: 'application/pdf' },
  ];
  const there = await answered(ABOUT_SECRET, { files });
  expect(there).toContain(SCAN);
  expect(there).toContain(SECRET);
  expect(there).toContain('plans.md › Plans');
  expect(await answered(ABOUT_SECRET)).toContain(UNKNOWN);
});
