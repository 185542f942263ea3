import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';
import type { ModelEvent } from '../model.ts';
import type { AnswerReader } from './answer-reader.ts';
import { type Failure, failureOf, MAX_RETRIES } from './failure.ts';
import { isObject, stringAt } from './json.ts';
import type { Provider, Send } from './provider.ts';

/** How an API reaches an answer that goes on without its connection. */
export interface Background {
  /** The answer as it stands. */
  retrieve(client: OpenAI, id: string, options: { signal: AbortSignal }): ReturnType<Send>;
  /** Its events from the beginning, or after the one of that number. */
  stream(
    client: OpenAI,
    id: string,
    after: number | undefined,
    options: { signal: AbortSignal },
  ): ReturnType<Send>;
  /** Ends it; nothing happens when it is over. */
  cancel(client: OpenAI, id: string, options: { signal: AbortSignal }): ReturnType<Send>;
}

type Read = (
  reader: AnswerReader,
  send: Send,
  streamed: boolean,
  signal: AbortSignal,
) => AsyncIterable<ModelEvent>;

/**
 * Between two looks at an answer that is not streamed any more, in first delays of a retry: two seconds, as often as OpenAI's
 * own examples look.
 */
const LOOK_DELAYS = 4;

/** A process that ends waits so long for a provider to hear that nobody takes an answer any more, in ms. */
const CANCEL_TIMEOUT_MS = 2_000;

/** Whoever leaves an answer before its provider has said where it is found waits so long for that, in ms, to end it. */
const PLACE_PATIENCE_MS = 30_000;

/** Statuses of an answer that came to nothing. */
const VOID = ['failed', 'cancelled'];

/** The answers that go on at a provider while nobody listens. */
export class BackgroundAnswers {
  readonly #api: Background;
  readonly #provider: Provider;
  readonly #read: Read;
  readonly #retryDelayMs: number;

  constructor(api: Background, provider: Provider, read: Read, retryDelayMs: number) {
    this.#api = api;
    this.#provider = provider;
    this.#read = read;
    this.#retryDelayMs = retryDelayMs;
  }

  /**
   * The events of a new answer. One that is left before anybody was told where it is found could not be ended later: that is
   * done as soon as it is known.
   */
  async *attend(
    read: (signal: AbortSignal) => AsyncGenerator<ModelEvent>,
    place: () => AnswerReader['place'],
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent> {
    const connection = new AbortController();
    const left = Promise.withResolvers<never>();
    left.promise.catch(() => {});
    let isTold = false;
    const leave = () => {
      left.reject(signal.reason);
      if (isTold) connection.abort(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    const events = read(connection.signal);
    const first = events.next();
    try {
      const { value, done } = await Promise.race([first, left.promise]);
      signal.throwIfAborted();
      isTold = true;
      if (done) return;
      yield value;
      yield* events;
    } finally {
      signal.removeEventListener('abort', leave);
      if (isTold) connection.abort(signal.reason);
      else void this.#endOnceFound(first, place, connection);
    }
  }

  async #endOnceFound(
    first: Promise<unknown>,
    place: () => AnswerReader['place'],
    connection: AbortController,
  ): Promise<void> {
    const patience = new AbortController();
    const late = sleep(PLACE_PATIENCE_MS, undefined, { signal: patience.signal, ref: false });
    late.catch(() => {});
    await Promise.race([first, late]).catch(() => {});
    patience.abort();
    connection.abort();
    const { id } = place() ?? {};
    if (id !== undefined) await this.cancel(id);
  }

  /** All of an answer, from its beginning; nothing when the provider does not have it, or it came to nothing. */
  async *resume(reader: AnswerReader, id: string, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const standing = await this.#retrieve(id, signal);
    if (!isObject(standing) || VOID.includes(stringAt(standing, 'status'))) return;
    yield* reader.push(standing);
    if (reader.progress !== 'complete') yield* this.follow(reader, signal);
  }

  /**
   * Goes on with an answer whose connection broke, after the last event that was read: by a new stream, or by looking at it
   * until it is whole, where the provider streams it no more. https://developers.openai.com/api/docs/guides/background
   */
  async *follow(reader: AnswerReader, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    for (let tries = 0; reader.progress !== 'complete'; ) {
      const { id = '', after } = reader.place ?? {};
      try {
        yield* this.#read(
          reader,
          (client, options) => this.#api.stream(client, id, after, options),
          true,
          signal,
        );
      } catch (error) {
        signal.throwIfAborted();
        const failure = failureOf(error);
        if (reader.place?.after !== after) tries = 0;
        if (failure && streamsNoMore(failure)) return yield* this.#lookAt(reader, id, signal);
        await this.#pauseAfter(error, tries++, signal);
      }
    }
  }

  async cancel(id: string): Promise<void> {
    const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
    // Whoever asked for the answer has gone: nobody can be told.
    await Array.fromAsync(
      this.#provider.ask((client, options) => this.#api.cancel(client, id, options), false, signal),
    ).catch(() => {});
  }

  async *#lookAt(reader: AnswerReader, id: string, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    for (;;) {
      yield* reader.push(await this.#retrieve(id, signal));
      if (reader.progress === 'complete') return;
      await pause(this.#retryDelayMs * LOOK_DELAYS, signal);
    }
  }

  /** The answer as it stands. Throws what the provider refuses, and what a few tries do not mend. */
  async #retrieve(id: string, signal: AbortSignal): Promise<unknown> {
    const send: Send = (client, options) => this.#api.retrieve(client, id, options);
    for (let tries = 0; ; tries++) {
      try {
        const [standing] = await Array.fromAsync(this.#provider.ask(send, false, signal));
        return standing;
      } catch (error) {
        signal.throwIfAborted();
        if (!failureOf(error)?.mayRetry) throw error;
        await this.#pauseAfter(error, tries, signal);
      }
    }
  }

  /** Waits before another try; throws the error once there were enough of them. */
  async #pauseAfter(error: unknown, tries: number, signal: AbortSignal): Promise<void> {
    const failure = failureOf(error);
    // What comes in the stream itself is the answer's own end.
    const isWorthIt =
      failure && (failure.kind !== 'refused' || (failure.mayRetry && failure.status !== undefined));
    if (!isWorthIt || tries >= MAX_RETRIES) throw error;
    await pause(this.#retryDelayMs * 2 ** tries, signal);
  }
}

/** As for an answer that is older than OpenAI streams it, which is there all the same. */
function streamsNoMore({ kind, status, mayRetry }: Failure): boolean {
  return kind === 'refused' && !mayRetry && status !== undefined && status !== 404;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
