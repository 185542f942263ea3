import { Buffer } from 'node:buffer';
import { Console } from 'node:console';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { encodeFrame, FrameDecoder } from '../../../code-interpreter/child/frames.js';
import { writeAll } from '../../../code-interpreter/child/write.js';

// Entry point of a process that reads documents, one at a time. Standard input brings `read` frames, standard output
// takes `ready`, `chunks`, and how it ended: `done` or `refused`.

/** How many chunks go into one frame: the bot is never busy with one for long. */
const CHUNKS = 200;

const STDOUT = 1;

const { stdin, stderr } = process;
// What a parser has to say is no part of the protocol.
globalThis.console = new Console({ stdout: stderr, stderr });

// Parsers drop promises of parts that are broken, and read the rest.
process.on('unhandledRejection', () => {});

const [settings = ''] = process.argv.slice(2);
/** @type {{ processBytes: number, lookEveryMs: number, fileBytes: number }} */
const { processBytes, lookEveryMs, fileBytes } = JSON.parse(settings);

const guardian = new Worker(new URL('../../../code-interpreter/child/guardian.js', import.meta.url), {
  workerData: { bot: process.ppid, processBytes, lookEveryMs },
  resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
});
await new Promise((resolve) => guardian.once('online', resolve));
process.permission.drop('worker');

const [{ parse }, { chunksOf }, { BROKEN, UnreadableDocument }] = await Promise.all([
  import('../parse.ts'),
  import('../../chunks/chunks-of.ts'),
  import('../unreadable.ts'),
]);

const decoder = new FrameDecoder(fileBytes);
stdin.on('data', (/** @type {Buffer} */ data) => {
  for (const { header, body } of decoder.push(data)) void answer(header, body);
});
stdin.on('end', () => process.exit(0));
send({ type: 'ready' });

/**
 * @param {Record<string, any>} header
 * @param {Buffer} bytes
 */
async function answer({ name, strategy }, bytes) {
  try {
    const document = await parse({ name, bytes });
    const chunks = chunksOf(document, strategy);
    for (let at = 0; at < chunks.length; at += CHUNKS) {
      send({ type: 'chunks' }, Buffer.from(JSON.stringify(chunks.slice(at, at + CHUNKS))));
    }
    const { title, unread } = document;
    const about = Buffer.from(JSON.stringify({ title, unread }));
    send({ type: 'done', rss: process.memoryUsage.rss() }, about);
  } catch (error) {
    // What a parser throws at something that nobody foresaw says nothing to people.
    const { message, code } = error instanceof UnreadableDocument ? error : new UnreadableDocument(BROKEN);
    send({ type: 'refused', message, code });
  }
}

/**
 * @param {import('../../../code-interpreter/child/frames.js').Header} header
 * @param {Uint8Array} [body]
 */
function send(header, body) {
  writeAll(STDOUT, encodeFrame(header, body));
}
