import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PackageError } from './package-error.ts';

/** Longer than any pause of a network that works, in ms. */
const STALL_MS = 30_000;

/** So often it is tried; a download that breaks off goes on from where it was. */
const ATTEMPTS = 3;

/** Before the next attempt, in ms. */
const PAUSE_MS = 250;

/** No package of Pyodide's is half as large; more is no package, in bytes. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Who does not want a body coded by the server's wish gets it byte by byte as it is, which a range counts. */
const AS_IT_IS = { 'accept-encoding': 'identity' };

/**
 * Writes what is at `url` into a new file, and checks its SHA-256 while it comes. Rejects with a `PackageError` where it can't
 * be had or is another, with the signal's reason, and with the file system's errors.
 */
export async function download(url: URL, path: string, sha256: string, signal: AbortSignal): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  const got = await new Download(url, file, signal).run();
  if (got === sha256) return;
  throw new PackageError(
    'bad checksum',
    `${url.href} is not what it should be: its SHA-256 is ${got}, and ${sha256} is expected. It was thrown away.`,
  );
}

class Download {
  readonly #url: URL;
  readonly #file: FileHandle;
  readonly #signal: AbortSignal;
  #hash: Hash = createHash('sha256');
  #held = 0;
  #isAnswered = false;

  constructor(url: URL, file: FileHandle, signal: AbortSignal) {
    this.#url = url;
    this.#file = file;
    this.#signal = signal;
  }

  async run(): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#take();
      this.#signal.throwIfAborted();
      if (failure === undefined) return this.#hash.digest('hex');
      if (attempt === ATTEMPTS) throw this.#broken(failure);
      await sleep(PAUSE_MS, undefined, { signal: this.#signal });
    }
  }

  /** What the connection broke off with; undefined when everything has come. */
  async #take(): Promise<unknown> {
    const stall = new AbortController();
    const timer = setTimeout(
      () => stall.abort(new Error(`nothing came for ${STALL_MS / 1_000} seconds`)),
      STALL_MS,
    );
    try {
      const signal = AbortSignal.any([this.#signal, stall.signal]);
      const response = await this.#ask(signal);
      const body = response.body?.getReader();
      for (;;) {
        const piece = await attempted(() => body?.read());
        if ('failure' in piece) return piece.failure;
        if (!piece.value || piece.value.done) return undefined;
        timer.refresh();
        await this.#add(piece.value.value);
      }
    } catch (error) {
      if (error instanceof Unanswered) return error.cause;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(signal: AbortSignal): Promise<Response> {
    const range = this.#held > 0 && { range: `bytes=${this.#held}-` };
    const response = await fetch(this.#url, { headers: { ...AS_IT_IS, ...range }, signal }).catch(
      (error: unknown) => {
        throw new Unanswered(stalled(signal) ?? error);
      },
    );
    if (!response.ok) {
      await response.body?.cancel();
      throw new PackageError('source fails', `${this.#url.href} answered with status ${response.status}.`);
    }
    this.#isAnswered = true;
    if (response.status !== 206) await this.#beginAnew();
    return response;
  }

  async #beginAnew(): Promise<void> {
    this.#hash = createHash('sha256');
    this.#held = 0;
    await this.#file.truncate(0);
  }

  async #add(bytes: Uint8Array): Promise<void> {
    if (this.#held + bytes.length > MOST_BYTES)
      throw new PackageError(
        'source fails',
        `${this.#url.href} has more than ${MOST_BYTES / 1024 / 1024} MB, as no package has.`,
      );
    this.#hash.update(bytes);
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        written,
        bytes.length - written,
        this.#held + written,
      );
      written += bytesWritten;
    }
    this.#held += bytes.length;
  }

  #broken(failure: unknown): PackageError {
    const what = this.#isAnswered ? `broke off after ${this.#held} bytes` : "can't be reached";
    const sentence = `${this.#url.href} ${what}: ${reasonOf(failure)}.`;
    return new PackageError('source fails', sentence, { cause: failure });
  }
}

/** No answer came, or not all of it. */
class Unanswered extends Error {
  constructor(cause: unknown) {
    super('no answer', { cause });
  }
}

async function attempted<T>(work: () => T | Promise<T>): Promise<{ value: T } | { failure: unknown }> {
  try {
    return { value: await work() };
  } catch (failure) {
    return { failure };
  }
}

function stalled(signal: AbortSignal): unknown {
  return signal.aborted ? signal.reason : undefined;
}

/** The innermost reason, since `fetch` itself says no more than that it failed. */
function reasonOf(failure: unknown): string {
  let reason = failure;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (!(reason instanceof Error)) return String(reason);
  const code = 'code' in reason ? String(reason.code) : '';
  return reason.message || code || reason.name;
}
