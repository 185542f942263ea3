import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import process from 'node:process';

// What somebody would try in a child who has broken all of Node's own locks: plain JavaScript without `--permission`.
// Prints what each attempt came to: "DONE", or the code of the error that it ended with.

/** @typedef {{ file: string, folder: string, secret: string, port: number, socket: string, bird: number, marker: string, user: number, sacrifice: number, setuid: string }} Targets */

/** @type {Targets} */
const targets = JSON.parse(process.argv[2] ?? '');
const { file, folder, secret, port, socket, bird, marker } = targets;

const REASON = 3;

/** More than any child may have. */
const MOST_DESCRIPTORS = 512;

/** @type {Record<string, () => unknown>} each gives true where it has come to something */
const attacks = {
  'reads /etc/passwd': () => readFileSync('/etc/passwd').length > 0,
  'reads a file of the bot': () => readFileSync(file, 'utf8') === secret,
  'lists a folder of the bot': () => readdirSync(folder).length > 0,
  'reads a file through the root of another process': () =>
    readFileSync(`/proc/${bird}/root${file}`, 'utf8') === secret,
  'reads a file through the root of the first process': () =>
    readFileSync(`/proc/1/root${file}`, 'utf8') === secret,
  'sees what others run': () =>
    readdirSync('/proc').some(
      (pid) => /^\d+$/.test(pid) && readable(`/proc/${pid}/cmdline`).includes('setInterval'),
    ),
  'makes a file': () => closeSync(openSync(`${folder}/made-${process.pid}`, 'w')) === undefined,
  'changes its own code': () => closeSync(openSync(new URL(import.meta.url), 'r+')) === undefined,
  'writes something into a file': () => {
    const path = `${folder}/written-${process.pid}`;
    writeFileSync(path, secret);
    return statSync(path).size > 0;
  },
  connects: () => connected({ host: '127.0.0.1', port }),
  'connects to a socket in the file system': () => connected({ path: socket }),
  'connects to an abstract socket': () => connected({ path: `\0${marker}` }),
  'sends a datagram': () => sent(),
  'listens where others come to': () => listens(),
  'reads the environment of another process': () =>
    readFileSync(`/proc/${bird}/environ`, 'utf8').includes(secret),
  'reads the memory of another process': () => closeSync(openSync(`/proc/${bird}/mem`, 'r')) === undefined,
  'ends another process': () => process.kill(bird, 'SIGKILL'),
  'starts a program': () => execFileSync(process.execPath, ['--version']).length > 0,
  'gets rights by a setuid program': () =>
    execFileSync(targets.setuid, ['-u']).toString().trim() === '0' && process.getuid?.() !== 0,
  'may get rights': () => !/^NoNewPrivs:\s*1$/m.test(readFileSync('/proc/self/status', 'utf8')),
  'has rights': () => !/^CapEff:\s*0+$/m.test(readFileSync('/proc/self/status', 'utf8')),
  'is the same user as the bot': () => process.getuid?.() === targets.user,
  'is ended no sooner than the bot': () =>
    Number(readFileSync('/proc/self/oom_score_adj', 'utf8')) < targets.sacrifice,
  'takes back that it is ended sooner': () => {
    writeFileSync('/proc/self/oom_score_adj', '0');
    return Number(readFileSync('/proc/self/oom_score_adj', 'utf8')) < targets.sacrifice;
  },
};

// Before the attempts, which open some themselves.
const descriptors = Array.from({ length: MOST_DESCRIPTORS }, (_, each) => kindOf(each)).filter(
  (kind) => kind,
);

/** @type {Record<string, string>} */
const results = {};
for (const [name, attack] of Object.entries(attacks)) results[name] = await outcome(attack);
const [, , group, session, terminal] =
  readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
const state = { env: Object.keys(process.env), descriptors, group, session, terminal, cwd: process.cwd() };
process.stdout.write(JSON.stringify({ results, state }), () => process.exit(0));

/** @param {() => unknown} attack */
async function outcome(attack) {
  try {
    return (await attack()) ? 'DONE' : 'nothing';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** @param {string} path */
function readable(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * What a descriptor is, of those that can have come from the bot: Node.js itself opens pipes, /dev/null or its root.
 *
 * @param {number} descriptor
 */
function kindOf(descriptor) {
  try {
    const stats = fstatSync(descriptor);
    if (stats.isSocket()) return 'socket';
    if (stats.isDirectory() && stats.ino !== statSync('/').ino) return 'folder';
    return stats.isFile() ? 'file' : undefined;
  } catch {
    return undefined;
  }
}

/** @param {import('node:net').NetConnectOpts} address */
function connected(address) {
  return new Promise((resolve, reject) => {
    const to = connect(address, () => resolve(true));
    to.once('error', reject);
  });
}

/** Whether it arrives is known to who listens. */
function sent() {
  return new Promise((resolve, reject) => {
    const from = createSocket('udp4').once('error', reject);
    from.send('hello', port, '127.0.0.1', (error) =>
      from.close(() => (error ? reject(error) : resolve(false))),
    );
  });
}

/** Asks the bot to come, which says whether it could. */
function listens() {
  return new Promise((resolve, reject) => {
    const server = createServer((visitor) => visitor.end(targets.marker));
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      process.stdin.once('data', (answer) => server.close(() => resolve(answer.toString() === 'came')));
      writeSync(REASON, JSON.stringify(typeof address === 'object' ? address?.port : 0));
    });
  });
}
