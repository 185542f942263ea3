import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import process from 'node:process';

// Tries, as somebody would who has broken all of Node's own locks, what each wall keeps a child from, and prints which
// of them hold. Its argument says what stands on the other side.

/** @typedef {{ pid: number, user: number, port: number, namespace: string, filters: number, sacrifice: number }} Bot */

/** What every system has and no child needs. */
const FOREIGN_FOLDER = '/etc';
const FOREIGN_FILE = '/etc/passwd';

/** Does nothing to a process that does not wait for it. */
const HARMLESS_SIGNAL = 'SIGWINCH';

/** @type {Bot} */
const bot = JSON.parse(process.argv[2] ?? '');
const status = read('/proc/self/status');

/** @type {Record<import('../wall.ts').Wall, () => boolean | Promise<boolean>>} */
const WALLS = {
  files: () =>
    fails(() => readdirSync(FOREIGN_FOLDER)) &&
    fails(() => readFileSync(FOREIGN_FILE)) &&
    fails(() => writeFileSync(`/tmp/bobbin-wall-${bot.pid}`, '')),
  network: () => isRefused(bot.port),
  processes: () => sees(() => readlinkSync('/proc/self/ns/pid')) !== bot.namespace || isAlone(),
  privileges: () => has('NoNewPrivs', 1) && has('CapEff', 0) && has('CapPrm', 0),
  user: () => process.getuid?.() !== bot.user,
  calls: () =>
    numberOf('Seccomp_filters') > bot.filters && fails(() => execFileSync(process.execPath, ['-v'])),
  limits: () => /^Max core file size +0 +0 /m.test(read('/proc/self/limits')),
  sacrifice: () => Number(read('/proc/self/oom_score_adj')) >= bot.sacrifice,
};

const standing = [];
for (const [wall, stands] of Object.entries(WALLS)) if (await stands()) standing.push(wall);
process.stdout.write(JSON.stringify(standing), () => process.exit(0));

/** No other process can be read or ended. */
function isAlone() {
  return (
    fails(() => process.kill(bot.pid, HARMLESS_SIGNAL)) &&
    fails(() => readFileSync(`/proc/${bot.pid}/environ`))
  );
}

/** @param {() => unknown} attempt */
function fails(attempt) {
  try {
    attempt();
    return false;
  } catch {
    return true;
  }
}

/** @param {() => string} look */
function sees(look) {
  try {
    return look();
  } catch {
    return bot.namespace;
  }
}

/** @param {string} path */
function read(path) {
  return sees(() => readFileSync(path, 'utf8'));
}

/** @param {string} field */
function numberOf(field) {
  return Number.parseInt(new RegExp(`^${field}:\\s*(\\w+)`, 'm').exec(status)?.[1] ?? '', 16);
}

/**
 * @param {string} field
 * @param {number} value
 */
function has(field, value) {
  return numberOf(field) === value;
}

/** @param {number} port */
function isRefused(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(false));
    socket.once('error', () => resolve(true));
  });
}
