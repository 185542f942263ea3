import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDiscord } from '../sim/discord/discord.ts';
import { startSlack } from '../sim/slack/slack.ts';
import { type Figure, median, print } from './figure.ts';

const root = join(import.meta.dirname, '../..');
const STARTS = 10;
/** Milliseconds between two looks at whether the sandbox is there. */
const LOOK = 100;
/** The sandbox's start takes some seconds the first time. */
const PATIENCE = 15_000;

/** Milliseconds between two looks at whether a platform has its connection. */
const GLANCE = 2;
const CONNECTED_AIM = '700 ms';

/** Start to prompt and to the platforms' connections, and resident memory at the prompt. */
export async function startFigures(): Promise<Figure[]> {
  return [
    ...(await promptFigures()),
    ...(await platformFigures('Slack', slackStage)),
    ...(await platformFigures('Discord', discordStage)),
  ];
}

/** Resident memory is told without and with the warm sandbox. */
async function promptFigures(): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  try {
    await (await startChat(dataDir)).end();
    const starts: Awaited<ReturnType<typeof startChat>>[] = [];
    for (let i = 0; i < STARTS; i++) {
      starts.push(await startChat(dataDir));
      await starts.at(-1)?.end();
    }
    const last = await startChat(dataDir);
    const warm = await memoryWithSandbox(last.child);
    await last.end();
    return [
      {
        name: `start to prompt, median of ${STARTS}`,
        value: ms(median(starts.map(({ took }) => took))),
        aim: '250 ms',
      },
      { name: 'memory at the prompt', value: mb(median(starts.map(({ memory }) => memory))), aim: '120 MB' },
      { name: 'memory with the warm sandbox', value: mb(warm) },
    ];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** A platform as one start finds it. */
interface Stage {
  env: Record<string, string>;
  isConnected(): boolean;
  close(): Promise<void>;
}

async function slackStage(): Promise<Stage> {
  const sim = await startSlack();
  const { botToken: SLACK_BOT_TOKEN, appToken: SLACK_APP_TOKEN } = sim.app;
  return {
    env: { SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_API_URL: sim.apiUrl },
    isConnected: () => sim.socketMode.connections > 0,
    close: () => sim.close(),
  };
}

async function discordStage(): Promise<Stage> {
  const sim = await startDiscord();
  return {
    env: { DISCORD_TOKEN: sim.token, DISCORD_API_URL: sim.apiUrl },
    isConnected: () => sim.gateway.connected > 0,
    close: () => sim.close(),
  };
}

/** Each start has a platform of its own: Discord lets a bot connect once in five seconds. The first isn't counted. */
async function platformFigures(name: string, stage: () => Promise<Stage>): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  const starts: Awaited<ReturnType<typeof startOn>>[] = [];
  try {
    for (let i = 0; i <= STARTS; i++) starts.push(await startOn(await stage(), dataDir));
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
  const counted = starts.slice(1);
  return [
    {
      name: `start to connected to ${name}, median of ${STARTS}`,
      value: ms(median(counted.map(({ connected }) => connected))),
      aim: CONNECTED_AIM,
    },
    {
      name: `start to ready on ${name}, median of ${STARTS}`,
      value: ms(median(counted.map(({ ready }) => ready))),
    },
  ];
}

/** Milliseconds until the platform has its connection, and until the bot says that it is ready. */
async function startOn(stage: Stage, dataDir: string) {
  const began = performance.now();
  const child = spawn(process.execPath, ['src/start.js'], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', DATA_DIR: dataDir, PORT: '0', ...stage.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  let log = '';
  let ready = Number.NaN;
  child.stderr.on('data', (chunk) => {
    log += chunk;
    if (Number.isNaN(ready) && log.includes('"msg":"ready"')) ready = performance.now() - began;
  });
  let connected = Number.NaN;
  while (Number.isNaN(connected) || Number.isNaN(ready)) {
    if (Number.isNaN(connected) && stage.isConnected()) connected = performance.now() - began;
    if (child.exitCode !== null) throw new Error(`It did not start:\n${log}`);
    await sleep(GLANCE);
  }
  child.kill();
  await closed;
  await stage.close();
  return { connected, ready };
}

async function startChat(dataDir: string) {
  const began = performance.now();
  const env = { PATH: process.env.PATH ?? '', DATA_DIR: dataDir };
  const child = spawn(process.execPath, ['src/start.js'], {
    cwd: root,
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stderr.once('data', resolve));
  const took = performance.now() - began;
  const memory = rss(child.pid);
  const end = async () => {
    child.stdin.end();
    await closed;
  };
  return { child, took, memory, end };
}

async function memoryWithSandbox(child: ChildProcess): Promise<number> {
  for (let waited = 0; waited < PATIENCE && descendants(child.pid).length === 0; waited += LOOK)
    await sleep(LOOK);
  await sleep(PATIENCE / 5);
  return [child.pid, ...descendants(child.pid)].reduce<number>((sum, pid) => sum + rss(pid), 0);
}

/** The processes below this one, from Linux's /proc. */
function descendants(pid: number | undefined): number[] {
  const children = processes().filter((other) => parentOf(other) === pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function parentOf(pid: number): number | undefined {
  return Number(/^PPid:\s+(\d+)/m.exec(statusOf(pid))?.[1]);
}

/** Resident memory in megabytes. */
function rss(pid: number | undefined): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(statusOf(pid))?.[1] ?? Number.NaN) / 1_000;
}

function statusOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

const ms = (value: number) => `${value.toFixed(0)} ms`;
const mb = (value: number) => `${value.toFixed(0)} MB`;

if (import.meta.main) print(await startFigures());
