import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoDiscord } from './discord.ts';
import { type Scene, Screen } from './screen.ts';
import { demoSlack } from './slack.ts';

/** `npm run demo`: a conversation on each platform, as people see it there, without any account. */
const SCENES: Record<string, Scene> = { slack: demoSlack, discord: demoDiscord };
const [only] = process.argv.slice(2);

for (const [name, scene] of Object.entries(SCENES)) {
  if (only === undefined || only === name) await play(scene);
}

/** The bot leaves before the platform is closed. */
async function play(scene: Scene): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bobbin-demo-'));
  const bots: ChildProcess[] = [];
  const close = await scene(new Screen(), (env) => {
    const bot = spawn(process.execPath, ['src/start.js'], {
      cwd: join(import.meta.dirname, '../..'),
      env: { PATH: process.env.PATH ?? '', DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    bots.push(bot);
  });
  await Promise.all(bots.map(ended));
  await close();
  rmSync(folder, { recursive: true, force: true });
}

function ended(bot: ChildProcess): Promise<unknown> {
  const end = new Promise((resolve) => bot.once('exit', resolve));
  bot.kill('SIGTERM');
  return end;
}
