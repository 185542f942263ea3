import { writeSync } from 'node:fs';
import process from 'node:process';
import { workerData } from 'node:worker_threads';

// Runs in a thread of its own, so that it sees what a process that never comes to rest cannot: that the bot is gone,
// and that the memory is running out. It is started before any code or document of a person, and no second thread can
// be.

/** The descriptor on which the bot hears why this process ends. */
const REASON = 3;

const { bot, processBytes, lookEveryMs } = workerData;
process.permission.drop('fs');
process.permission.drop('worker');

setInterval(() => {
  if (process.ppid !== bot || !isAlive(bot)) end();
  if (process.memoryUsage.rss() > processBytes) end('memory');
}, lookEveryMs);

/**
 * Also of a process that is another user's.
 *
 * @param {number} pid
 */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** @param {string} [reason] */
function end(reason) {
  if (reason) writeSync(REASON, reason);
  process.kill(process.pid, 'SIGKILL');
}
