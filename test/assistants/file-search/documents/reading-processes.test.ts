import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { LIMITS } from '../../../../src/assistants/file-search/documents/limits.ts';
import { ReadingProcesses } from '../../../../src/assistants/file-search/documents/processes/reading-processes.ts';
import { LOCKS } from '../../../../src/assistants/file-search/documents/processes/spawn-reader.ts';
import { BROKEN } from '../../../../src/assistants/file-search/documents/unreadable.ts';
import { SharedMemory } from '../../../../src/assistants/memory/shared-memory.ts';
import { wallsHere } from '../../../../src/assistants/walls/find-walls.ts';
import { docx, word } from './office-files.ts';
import { pdf, pdfOf } from './pdf-file.ts';

const MiB = 1024 * 1024;
const AUTO = { type: 'auto' } as const;
const LONG = { name: 'long.md', bytes: Buffer.from('*a* [b](c)\n\n'.repeat(40_000)) };

const small = new ReadingProcesses({ ...LIMITS, processBytes: 300 * MiB });
const hasty = new ReadingProcesses({ ...LIMITS, timeMs: 1 });
afterAll(() => Promise.all([small.close(), hasty.close()]));

const file = (name: string, content: string | Uint8Array) => ({ name, bytes: Buffer.from(content) });
function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

const note = file('note.md', '---\ntitle: Notes\n---\n# One\n\nfirst\n\n# Two\n\nsecond');

test('a document comes back as chunks, and the same process reads the next one, also after a refused one', async () => {
  expect(await small.read(note, AUTO)).toEqual({
    title: 'Notes',
    chunks: [
      { text: 'first', headings: ['One'], place: { lines: [6, 6] } },
      { text: 'second', headings: ['Two'], place: { lines: [10, 10] } },
    ],
  });
  const ids = small.processIds;
  await expect(small.read(file('a.pdf', '%PDF-1.7 nonsense'), AUTO)).rejects.toThrow(
    'is broken or of an unusual make',
  );
  await expect(small.read(file('a.txt', ''), AUTO)).rejects.toThrow('is empty.');
  const windows = {
    type: 'static',
    static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 0 },
  } as const;
  expect((await small.read(note, windows)).chunks).toHaveLength(1);
  expect((await small.read(file('a.docx', docx(word.text('In Word.'))), AUTO)).chunks).toMatchObject([
    { text: 'In Word.' },
  ]);
  expect((await small.read(file('a.pdf', pdf(['In a PDF.'])), AUTO)).chunks).toMatchObject([
    { place: { page: 1 } },
  ]);
  expect(small.processIds).toEqual(ids);
});

test('half of a PDF says that it is broken', async () => {
  const bytes = pdf(['One.'], ['Two.']).slice(0, 200);
  await expect(small.read({ name: 'half.pdf', bytes }, AUTO)).rejects.toThrow(BROKEN);
});

test('a PDF of two thousand pages is read whole, within the usual limits', async () => {
  // Lines that differ by a number alone are heads of pages.
  const letters = (at: number) =>
    at.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '');
  const pages = Array.from({ length: 2_000 }, (_, at) => [`The ${letters(at)} is told of here.`]);
  const { chunks, unread } = await small.read({ name: 'long.pdf', bytes: pdf(...pages) }, AUTO);
  expect(unread ?? []).toEqual([]);
  expect(chunks.map(({ text }) => text).join('\n')).toContain(`The ${letters(1_999)} is told of here.`);
  expect(chunks.at(-1)?.place).toMatchObject({ page: 2_000 });
});

test('a broken page costs no other, and not the process', async () => {
  const ids = small.processIds;
  const whole = Buffer.from(pdf(['One.'], ['Two.'])).toString('latin1');
  // The parser of PDFs leaves a rejection behind that nobody handles.
  const bytes = Buffer.from(whole.replace('/Count 2', '/XCount 2').replace('6 0 obj', '6 0 %bj'));
  for (const name of ['first.pdf', 'second.pdf']) {
    expect(await small.read({ name, bytes }, AUTO)).toMatchObject({
      chunks: [{ text: 'One.', place: { page: 1 } }],
      unread: [{ path: 'page 2', reason: expect.stringContaining('is broken') }],
    });
    await new Promise(setImmediate);
  }
  expect((await small.read(note, AUTO)).chunks).toHaveLength(2);
  expect(small.processIds).toEqual(ids);
});

test('one that unpacks to more than fits is stopped, says so, and the next one is read', async () => {
  const bomb = deflateSync(deflateSync(Buffer.alloc(300 * MiB, ' '), { level: 1 }));
  const bytes = pdfOf([bomb], { filter: '[/FlateDecode /FlateDecode]' });
  expect(bytes.length).toBeLessThan(10_000);
  await expect(small.read({ name: 'a.pdf', bytes }, AUTO)).rejects.toThrow(
    'takes more than 300 MB of memory to read: split it, or save it as text.',
  );
  expect((await small.read(note, AUTO)).chunks).toHaveLength(2);
});

test('one that takes too long is stopped, one that nobody waits for, too, and those who wait are served', async () => {
  const abort = new AbortController();
  const tooSlow = hasty.read(LONG, AUTO);
  const left = [LONG, LONG, note].map((each) => small.read(each, AUTO, abort.signal));
  const served = small.read(note, AUTO);
  abort.abort(new Error('Nobody waits.'));
  for (const result of await Promise.allSettled(left))
    expect(result).toMatchObject({ reason: { message: 'Nobody waits.' } });
  expect((await served).chunks).toHaveLength(2);
  await expect(tooSlow).rejects.toThrow('takes longer than 0.001 s to read: split it, or save it anew.');
});

test('one that nobody waits for any more is left off while it is read', async () => {
  const alone = new ReadingProcesses();
  const abort = new AbortController();
  const left = alone.read(LONG, AUTO, abort.signal).catch((reason: unknown) => reason);
  await expect.poll(() => alone.processIds).toHaveLength(1);
  abort.abort(new Error('Nobody waits.'));
  expect(await left).toMatchObject({ message: 'Nobody waits.' });
  await expect.poll(() => alone.processIds).toEqual([]);
});

test('no more processes than two are at work, and closing ends them and refuses the rest', async () => {
  const busy = new ReadingProcesses();
  const all = Promise.allSettled([1, 2, 3, 4].map(() => busy.read(LONG, AUTO)));
  await expect.poll(() => busy.processIds).toHaveLength(2);
  const ids = busy.processIds;
  await busy.close();
  for (const result of await all)
    expect(result).toMatchObject({ reason: { message: 'The reading of documents has been closed.' } });
  expect(ids.filter(isAlive)).toEqual([]);
  await expect(busy.read(note, AUTO)).rejects.toThrow('has been closed');
});

test.runIf(process.platform === 'linux')(
  'one that holds the most, where all hold too much, is told so',
  async () => {
    const memory = new SharedMemory(20 * MiB);
    const crowded = new ReadingProcesses(LIMITS, wallsHere, memory);
    await expect(crowded.read(LONG, AUTO)).rejects.toThrow(
      'takes the most of the 20 MB of memory that all have here: add it again later, or split it.',
    );
    await crowded.close();
  },
);

/** What somebody would try who has taken over a parser; each prints its name when it succeeds. */
const ATTEMPTS = (port: number, path: string) => `
  const attempts = {
    read: () => require('node:fs').readFileSync(${JSON.stringify(path)}),
    write: () => require('node:fs').writeFileSync('/tmp/bobbin-was-here', 'x'),
    spawn: () => require('node:child_process').execFileSync(process.execPath, ['--version']),
    thread: () => new (require('node:worker_threads').Worker)('0', { eval: true }),
    code: () => new Function('return 1')(),
    environment: () => { if (!process.env.PATH) throw new Error(); },
    network: () => fetch('http://127.0.0.1:${port}'),
  };
  (async () => {
    for (const [name, attempt] of Object.entries(attempts)) {
      try { await attempt(); console.log(name); } catch {}
    }
    console.log('end');
  })();`;

test('a process reaches nothing but code', async () => {
  const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const path = join(import.meta.dirname, '../../../../package.json');
  const run = (flags: string[]) =>
    promisify(execFile)(process.execPath, [...flags, '--eval', ATTEMPTS(port, path)], { env: {} });
  try {
    expect((await run(LOCKS)).stdout.trim()).toBe('end');
    expect((await run(['--no-warnings'])).stdout).toContain('network');
  } finally {
    server.close();
  }
});
