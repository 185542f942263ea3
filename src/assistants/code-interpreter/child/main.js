import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { DataFolder } from './data-folder.js';
import { encodeFrame } from './frames.js';
import { framesFrom } from './incoming.js';
import { loadPython, startRunner } from './load.js';
import { lockDown } from './lockdown.js';
import { WITHHELD } from './modules-in-c.js';
import { pause } from './pause.js';
import { answerQuestions } from './questions.js';
import { SitePackages } from './site-packages.js';
import { process } from './this-process.js';
import { writeAll } from './write.js';

// Entry point of a session's process. Standard input brings `file`, `package`, `known`, `run` and `over` frames, standard output
// takes `ready`, `output`, `file`, `done`, `over` and `broken`.
//
// Python starts in JavaScript's event loop and never runs in it: from `ready` on this thread waits for a frame, and runs a
// call's Python, and nothing else ever has its turn. So between two calls no callback, promise or timer can run, whatever
// a call has left behind.

/** How often the guardian looks: a memory bomb fills about 50 MB in this time. */
const LOOK_EVERY_MS = 100;

/** How many files that are too many or too big are named: the header of a frame holds so many, however long. */
const LEFT_NAMED = 20;

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
process.setUncaughtExceptionCaptureCallback((error) => {
  writeAll(STDERR, Buffer.from(error instanceof Error ? `${error.stack}` : String(error)));
  process.exit(1);
});

const [, snapshot = '', settings = '', packages = ''] = process.argv.slice(2);
/** @type {import('../limits.ts').Limits} */
const limits = JSON.parse(settings);

const guardian = new Worker(new URL('./guardian.js', import.meta.url), {
  workerData: { bot: process.ppid, processBytes: limits.processBytes, lookEveryMs: LOOK_EVERY_MS },
  resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
});
await new Promise((resolve) => guardian.once('online', resolve));
const python = await loadPython(readFileSync(snapshot));
const data = new DataFolder(python.FS);
const NEW_LINE = 10;
/** The secret of the call that runs: a frame without it is none of ours. */
let secret = '';
/** How many bytes the call may still print. */
let room = 0;
/** What the call has printed, also beyond that. */
let printed = { bytes: 0, lineEnds: 0, lastByte: NEW_LINE };
/** How many files that could not be put are told of. */
const NOTES = 10;
/** @type {string[]} for the next call to show */
const notes = [];
python.setStdin({ error: true });
python.setStdout({ write: sendOutput });
python.setStderr({ write: sendOutput });
const sitePackages = new SitePackages(python, readFileSync(new URL('./charts.py', import.meta.url)));
/** @type {import('../packages/packages.ts').PackageSet} */
const { installed, missing } = JSON.parse(packages);
for (const one of installed) sitePackages.open(one);
/** What code can import, and what to install for a module that it can't. */
let known = { installed: installed.map(({ name }) => name), missing };
answerQuestions(python.FS, {
  pause: (seconds) => pause(Number(seconds || 'Infinity')),
  provide: (module) => sitePackages.provide(module),
  known: () => known,
});
const run = startRunner(python, WITHHELD);
process.permission.drop('fs');
process.permission.drop('worker');
lockDown(python);

send({ type: 'ready' });
for (const { header, body } of framesFrom(STDIN, limits.filesInBytes)) {
  if (header.type === 'file') putFile(String(header.name), body);
  if (header.type === 'package')
    sitePackages.take(/** @type {import('./site-packages.js').Package} */ (header.package), body);
  if (header.type === 'known') known = JSON.parse(body.toString());
  if (header.type === 'run') call(String(header.secret), body.toString());
  if (header.type === 'over') send({ type: 'over', secret: header.secret });
}
process.exit(0);

/**
 * @param {string} name
 * @param {Uint8Array} bytes
 */
function putFile(name, bytes) {
  try {
    data.put(name, bytes);
  } catch {
    if (notes.length < NOTES)
      notes.push(`The file ${name} is not in /mnt/data: code has put something else in its place.\n`);
  }
}

/**
 * @param {string} its
 * @param {string} code
 */
function call(its, code) {
  secret = its;
  room = limits.outputBytes + 1;
  printed = { bytes: 0, lineEnds: 0, lastByte: NEW_LINE };
  for (const note of notes.splice(0)) sendOutput(Buffer.from(note));
  data.look();
  try {
    run(code);
    const left = sendFiles(data.changes());
    const { bytes, lineEnds, lastByte } = printed;
    const lines = lineEnds + Number(lastByte !== NEW_LINE);
    send({ type: 'done', secret, left: left.slice(0, LEFT_NAMED), leftCount: left.length, bytes, lines });
  } catch (error) {
    send({ type: 'broken', secret, reason: error instanceof RangeError ? 'recursion' : 'crash' });
  }
  room = 0;
}

/**
 * One byte more than the limit leaves this process, so that the other side sees that there was more.
 *
 * @param {Uint8Array} bytes
 */
function sendOutput(bytes) {
  printed.bytes += bytes.length;
  printed.lastByte = bytes.at(-1) ?? printed.lastByte;
  for (let at = bytes.indexOf(NEW_LINE); at >= 0; at = bytes.indexOf(NEW_LINE, at + 1)) printed.lineEnds += 1;
  const body = bytes.subarray(0, room);
  room -= body.length;
  if (body.length > 0) send({ type: 'output', secret }, body);
  return bytes.length;
}

/**
 * @param {import('./data-folder.js').DataFile[]} files
 * @returns {string[]} the names of those that were too many or too big
 */
function sendFiles(files) {
  const left = [];
  let count = 0;
  let total = 0;
  for (const file of files) {
    if (count === limits.filesOut || total + file.size > limits.filesOutBytes) {
      left.push(file.name);
      continue;
    }
    count += 1;
    total += file.size;
    send({ type: 'file', secret, name: file.name }, data.read(file));
  }
  return left;
}

/**
 * @param {import('./frames.js').Header} header
 * @param {Uint8Array} [body]
 */
function send(header, body) {
  writeAll(STDOUT, encodeFrame(header, body));
}
