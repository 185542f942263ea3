import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { constructions, wallsHere } from '../../../src/assistants/walls/find-walls.ts';
import { sacrificeOfChildren } from '../../../src/assistants/walls/prologue.ts';
import { spawnBehind } from '../../../src/assistants/walls/spawn-behind.ts';
import { tellWalls } from '../../../src/assistants/walls/tell-walls.ts';
import { librariesOf, toolPath } from '../../../src/assistants/walls/tools.ts';
import { tryWalls } from '../../../src/assistants/walls/try-walls.ts';
import { NODE_ALONE, type Wall, type Walls } from '../../../src/assistants/walls/wall.ts';

/** What each attack of `attacks.js` runs into. */
const ATTACKS: readonly [name: string, wall: Wall][] = [
  ['reads /etc/passwd', 'files'],
  ['reads a file of the bot', 'files'],
  ['lists a folder of the bot', 'files'],
  ['reads a file through the root of another process', 'files'],
  ['reads a file through the root of the first process', 'files'],
  ['sees what others run', 'files'],
  ['makes a file', 'files'],
  ['changes its own code', 'files'],
  ['writes something into a file', 'limits'],
  ['connects', 'network'],
  ['connects to a socket in the file system', 'network'],
  ['connects to an abstract socket', 'network'],
  ['sends a datagram', 'network'],
  ['listens where others come to', 'network'],
  ['reads the environment of another process', 'processes'],
  ['reads the memory of another process', 'processes'],
  ['ends another process', 'processes'],
  ['starts a program', 'calls'],
  ['gets rights by a setuid program', 'privileges'],
  ['may get rights', 'privileges'],
  ['has rights', 'privileges'],
  ['is the same user as the bot', 'user'],
  ['is ended no sooner than the bot', 'sacrifice'],
  ['takes back that it is ended sooner', 'files'],
];

/** How it is told that each of them stands, and that it does not. */
const TOLD: Readonly<Record<Wall, readonly [stands: RegExp, missing: RegExp]>> = {
  files: [/^true They have no files/, /^false Nothing but Node.js keeps them from the files/],
  network: [/^true They have no network/, /^false Nothing but Node.js keeps them from the network/],
  processes: [
    /^true They can neither read nor end/,
    /^false Nothing but Node.js keeps them from the other proc/,
  ],
  privileges: [/^true They have no rights/, /^false Nothing but Node.js keeps them from programs/],
  user: [
    /^true They run as another user/,
    process.getuid?.() === 0 ? /^false They run as root/ : /^true Around/,
  ],
  calls: [/^true They can make none of the system calls/, /^false They can make every system call/],
  limits: [/^true They write into no file/, /^false The size of what they write/],
  sacrifice: [/^true Where memory runs out/, /^false Where memory runs out/],
};

interface Outcome {
  results: Record<string, string>;
  /** What ended the process that was there to be ended. */
  harmed: number | string | null;
  /** What arrived without an answer. */
  heard: string[];
  state: {
    env: string[];
    descriptors: string[];
    session: string;
    terminal: string;
    cwd: string;
  };
}

const HERE = import.meta.dirname;
const isLinux = process.platform === 'linux';

/** The same as the bot's, and no secret of the machine's. */
const secret = `canary-${crypto.randomUUID()}`;
const marker = `marker-${crypto.randomUUID()}`;
const heard: string[] = [];
let folder: string;
let programs: string;
let port: number;
const listening: { close(): unknown }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bobbin-walls-test-'));
  // Anybody may come in: what keeps a child out is to be the wall.
  await chmod(folder, 0o777);
  await writeFile(join(folder, '.env'), secret);
  programs = await mkdtemp(join(tmpdir(), 'bobbin-walls-programs-'));
  await chmod(programs, 0o755);
  const server = await listener(0, '127.0.0.1');
  port = (server.address() as AddressInfo).port;
  const datagrams = createSocket('udp4', () => heard.push('datagram'));
  datagrams.bind(port, '127.0.0.1');
  listening.push(datagrams);
  if (!isLinux) return;
  await listener(join(folder, 'socket'));
  await chmod(join(folder, 'socket'), 0o777);
  await listener(`\0${marker}`);
});

afterAll(async () => {
  for (const each of listening) each.close();
  for (const each of [folder, programs]) await rm(each, { recursive: true });
});

async function listener(...where: [path: string] | [port: number, host: string]): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}).destroy());
  listening.push(server);
  await once(server.listen(...(where as [number, string])), 'listening');
  return server;
}

/** Runs all attacks in one child behind these walls. */
async function attack(walls: Walls): Promise<Outcome> {
  const setuid = await setuidProgram();
  heard.length = 0;
  const sleep = ['--eval', 'setInterval(() => {}, 1000)'];
  const bird = spawn(process.execPath, sleep, { stdio: 'ignore', env: { SECRET: secret } });
  const targets = {
    file: join(folder, '.env'),
    folder,
    secret,
    marker,
    port,
    socket: join(folder, 'socket'),
    bird: bird.pid,
    user: process.getuid?.(),
    sacrifice: sacrificeOfChildren(),
    setuid: setuid.path,
  };
  const place = { readable: [HERE, setuid.path, ...setuid.libraries], cwd: HERE, memoryBytes: 2 ** 29 };
  const child = spawnBehind(walls, [join(HERE, 'attacks.js'), JSON.stringify(targets)], place);
  const { stdin, stdout, stderr, stdio } = child;
  if (!stdin || !stdout || !stderr) throw new Error('The child has no pipes.');
  stdio[3]?.on('data', async (told: Buffer) => stdin.write(await visit(Number(told.toString()))));
  const [said, complaint] = await Promise.all([text(stdout), text(stderr)]);
  const harmed = bird.exitCode ?? bird.signalCode;
  bird.kill('SIGKILL');
  if (said === '') throw new Error(complaint);
  return { ...JSON.parse(said), harmed, heard: [...heard] };
}

/** Whoever else may listen at that port of ours says something else. */
async function visit(where: number): Promise<string> {
  const said = await text(connect(where, '127.0.0.1')).catch(() => 'refused');
  return said === marker ? 'came' : 'refused';
}

/** A program that would make root of anybody, where root has made it. */
async function setuidProgram(): Promise<{ path: string; libraries: string[] }> {
  const id = toolPath('id') ?? '';
  const path = join(programs, 'id');
  await copyFile(id, path);
  await chmod(path, 0o4755);
  return { path, libraries: await librariesOf(id) };
}

/** Every way to build walls that works here, with the walls that it says it has, and none. */
const all: Walls[] = [];
for (const construction of await constructions()) {
  const standing = await tryWalls(construction).catch(() => undefined);
  if (standing) all.push({ construction, standing, refusals: [] });
}

describe.runIf(isLinux)('a child that has broken the locks of Node.js', () => {
  describe.each(all.map((walls) => [walls.construction.name, walls] as const))('behind %s', (_, walls) => {
    let outcome: Outcome;
    beforeAll(async () => {
      outcome = await attack(walls);
    });

    it.each(ATTACKS)('%s: it is kept from that, or the person who runs Bobbin is told', (name, wall) => {
      const told = tellWalls(walls).map(({ stands, text }) => `${stands} ${text}`);
      expect(Object.keys(outcome.results)).toContain(name);
      expect(told).toContainEqual(expect.stringMatching(TOLD[wall][walls.standing.has(wall) ? 0 : 1]));
      if (walls.standing.has(wall)) expect(outcome.results[name]).not.toBe('DONE');
    });

    it('has reached nobody', () => {
      if (walls.standing.has('network')) expect(outcome.heard).toEqual([]);
      if (walls.standing.has('processes')) expect(outcome.harmed).toBe(null);
    });

    it('has no descriptor, no environment and no terminal of the bot', () => {
      const { env, descriptors, terminal, cwd } = outcome.state;
      expect(env.filter((name) => !['TZ', 'PWD'].includes(name))).toEqual([]);
      expect(descriptors).toEqual(['socket', 'socket', 'socket', 'socket']);
      expect([terminal, cwd]).toEqual(['0', HERE]);
    });
  });
});

/** What is refused to everybody here, or needs a user who is not root. */
const REFUSED_ANYWAY =
  /setuid|has rights|changes its own code|root of the first|memory of another|is ended no sooner/;

test.runIf(isLinux)('without walls the same attacks come to something', async () => {
  const { results } = await attack(NODE_ALONE);
  const expected = ATTACKS.map(([name]) => name).filter((name) => !REFUSED_ANYWAY.test(name));
  expect(Object.keys(results).filter((name) => results[name] === 'DONE')).toEqual(
    expect.arrayContaining(expected.filter((name) => name !== 'sends a datagram')),
  );
  await expect.poll(() => heard).toContain('datagram');
});

test('this machine has the best walls of those that can be built here, and all are told', async () => {
  const walls = await wallsHere();
  expect(walls.standing.size).toBe(Math.max(0, ...all.map(({ standing }) => standing.size)));
  const told = tellWalls(walls);
  if (isLinux) expect(told.filter(({ stands }) => stands)).toHaveLength(walls.standing.size + 1);
  else expect(told).toEqual([{ stands: false, text: expect.stringMatching(/shut in by Node.js alone/) }]);
});

test('where there is no tool, what to do is told', () => {
  const [first, ...others] = tellWalls(NODE_ALONE, 'linux');
  expect(first).toEqual({ stands: false, text: expect.stringMatching(/nothing stands but Node.js\.$/) });
  for (const { stands, text: words } of others)
    expect([stands, words]).toEqual([false, expect.stringMatching(/: (install bubblewrap|start Bobbin as)/)]);
});

test.each(['darwin', 'win32'] as const)('on %s it is told once that there are none', (platform) => {
  expect(tellWalls(NODE_ALONE, platform)).toEqual([
    { stands: false, text: expect.stringMatching(/On Linux/) },
  ]);
});
