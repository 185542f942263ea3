import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Logger } from '../log.ts';
import { Problem } from '../problem.ts';

/*
 * A database file belongs to one process. What other commands want of it is asked of that process, on a socket beside the
 * file: whoever may open the file may ask.
 */

/** What can be asked, with what each is given; the answer is a text to print. */
export type Requests = Readonly<Record<string, (argument: string) => Promise<string>>>;

type Answer = { readonly text: string } | { readonly problem: string };

/** Systems take no longer path for a socket, in bytes: https://nodejs.org/api/net.html#identifying-paths-for-ipc-connections */
const LONGEST_PATH = 103;

/** Longer than any request, in characters; the longest holds a sign-in with its tokens. */
const LONGEST_REQUEST = 200_000;

/** How a socket says that nobody is there. */
const NOBODY: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']);

/** Answers until it is closed. The caller holds the database, so that a socket which is there already is a dead process's. */
export async function openControl(dataDir: string, requests: Requests, log: Logger) {
  const path = pathIn(dataDir);
  const server = createServer({ allowHalfOpen: true }, (socket) => void answer(socket, requests, log));
  try {
    if (path === undefined) throw new Error(`The path of DATA_DIR, ${dataDir}, is too long for a socket.`);
    if (process.platform !== 'win32') await rm(path, { force: true });
    listenPrivately(server, path);
    await once(server, 'listening');
    if (process.platform !== 'win32') await chmod(path, 0o600);
  } catch (error) {
    log.warn({ err: error }, 'other commands, such as backup, cannot be taken while this one runs');
  }
  server.on('error', (error) => log.warn({ err: error }, 'a command could not be taken'));
  server.unref();
  return { close: () => new Promise<void>((done) => void server.close(() => done())) };
}

/** The socket is there at once, and others who find it open may ask at once, too. */
function listenPrivately(server: Server, path: string): void {
  const before = process.umask(0o077);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
}

/**
 * Asks the process that holds the database of `dataDir`; undefined when there is none that answers. Throws a `Problem`
 * when it can't do what it is asked.
 */
export async function askRunning(
  dataDir: string,
  request: string,
  argument: string,
): Promise<string | undefined> {
  const path = pathIn(dataDir);
  if (path === undefined) return undefined;
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
  } catch (error) {
    if (NOBODY.has((error as { code?: unknown }).code)) return undefined;
    throw new Problem(`The Bobbin that uses ${dataDir} cannot be asked: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  socket.end(JSON.stringify({ request, argument }));
  const told = await text(socket).catch(() => '');
  if (told === '') throw new Problem('Bobbin ended before it was done: try again.');
  const answered: Answer = JSON.parse(told);
  if ('problem' in answered) throw new Problem(answered.problem);
  return answered.text;
}

async function answer(socket: Socket, requests: Requests, log: Logger): Promise<void> {
  socket.on('error', () => {});
  try {
    socket.end(JSON.stringify(await answerTo(await read(socket), requests)));
  } catch (error) {
    log.warn({ err: error }, 'a command failed');
    const problem =
      error instanceof Problem ? error.message : 'It failed, and the log of the running Bobbin says why.';
    socket.end(JSON.stringify({ problem } satisfies Answer));
  }
}

/** All that is asked. The socket stays open for the answer, as it would not after an iteration. */
function read(socket: Socket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let told = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    told += piece;
    if (told.length > LONGEST_REQUEST) reject(new Problem('The request is too long.'));
  });
  socket.once('end', () => resolve(told)).once('close', () => reject(new Error('Nobody waits any more.')));
  return promise;
}

async function answerTo(told: string, requests: Requests): Promise<Answer> {
  const { request, argument } = JSON.parse(told) as { request: string; argument: string };
  const handler = Object.hasOwn(requests, request) ? requests[request] : undefined;
  if (!handler)
    throw new Problem('The Bobbin that runs is of another release and does not know this: stop it first.');
  return { text: await handler(argument) };
}

/** As short as it can be written from here; undefined where that is too long. */
function pathIn(dataDir: string): string | undefined {
  const path = resolve(join(dataDir, 'bobbin.sock'));
  if (process.platform === 'win32')
    return `\\\\.\\pipe\\bobbin-${createHash('sha256').update(path.toLowerCase()).digest('hex')}`;
  const shortest = [path, relative('.', path)].sort((a, b) => a.length - b.length)[0] ?? path;
  return Buffer.byteLength(shortest) > LONGEST_PATH ? undefined : shortest;
}
