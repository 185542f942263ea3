import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';
import type { Model, ModelEvent, ModelRequest } from '../model.ts';
import { CLOSED } from './answer-body.ts';
import { STRICT_IDS } from './call-ids.ts';
import { type Asked, type Concession, concessionFor, type Preparation } from './concessions.ts';
import { explain } from './explain.ts';
import { BrokenAnswer, type Failure, failureOf, RETRY_DELAY_MS, retryDelay } from './failure.ts';
import { marked, WITHOUT_OLD_FIELDS, withOwnFields } from './own-fields.ts';
import { Provider, type ProviderOptions, type Send } from './provider.ts';
import { refusedContent } from './refused-content.ts';
import { INSTRUCTIONS_IN_QUESTION, TAKING_TURNS } from './roles.ts';
import { sendable } from './sendable.ts';

/** One of the two APIs by which a model is reached. */
export interface Dialect<Body> {
  /** Its name in sentences. */
  api: string;
  body(request: ModelRequest): Body;
  send(client: OpenAI, body: Body, options: { signal: AbortSignal }): ReturnType<Send>;
  reader(): AnswerReader;
  /** Those that only this API has. */
  concessions: Concession<Body>[];
}

/** What servers of either API may ask for. */
const CONCESSIONS: Preparation[] = [TAKING_TURNS, INSTRUCTIONS_IN_QUESTION, STRICT_IDS, WITHOUT_OLD_FIELDS];

/** Turns one answer's JSON values into events. */
export interface AnswerReader {
  push(value: unknown): Iterable<ModelEvent>;
  /** What can only be said after the last value; the last event is `end`. */
  end(): Iterable<ModelEvent>;
  /**
   * `complete`: the provider has said that it is, so the answer stands even if the connection breaks now. One that
   * has `begun` is whole, too, once the server closes it.
   */
  readonly progress: 'nothing' | 'begun' | 'complete';
}

/** A model behind `dialect` at the provider of `options`. */
export function remoteModel<Body extends { stream?: boolean | null }>(
  dialect: Dialect<Body>,
  options: ProviderOptions,
): Model {
  const provider = new Provider(options);
  const owner = `${dialect.api} ${provider.url}`;
  const concessions: Concession<Body>[] = [...dialect.concessions, ...CONCESSIONS];
  const conceded = new Map<string, Set<Concession<Body>>>();

  async function* respond(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const remembered = conceded.get(request.model) ?? new Set();
    conceded.set(request.model, remembered);
    // One that does not help is not remembered.
    const tried = new Set<Concession<Body>>();
    for (let tries = 0; ; ) {
      const made = [...remembered.union(tried)];
      const asked = ask(request, made);
      let begun = false;
      try {
        for await (const event of answer(asked.body, signal)) {
          begun = true;
          for (const concession of tried) remembered.add(concession);
          yield* marked(event, owner);
        }
        return;
      } catch (error) {
        signal.throwIfAborted();
        const failure = failureOf(error);
        if (!failure) throw error;
        const left = begun ? [] : concessions.filter((concession) => !made.includes(concession));
        const concession = concessionFor(left, asked, failure);
        if (concession) tried.add(concession);
        else await nextTry(failure, begun, tries++, request, signal);
      }
    }
  }

  function ask(request: ModelRequest, made: Concession<Body>[]): Asked<Body> {
    const prepared = made.reduce(
      (changed, { prepare }) => prepare?.(changed) ?? changed,
      sendable(withOwnFields(request, owner)),
    );
    const body = made.reduce((changed, { change }) => change?.(changed) ?? changed, dialect.body(prepared));
    return { request, body };
  }

  async function* answer(body: Body, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const reader = dialect.reader();
    const send: Send = (client, sendOptions) => dialect.send(client, body, sendOptions);
    let values = 0;
    let closed = false;
    try {
      for await (const value of provider.ask(send, body.stream === true, signal)) {
        if (value === CLOSED) closed = true;
        else yield* reader.push(value);
        values++;
      }
    } catch (error) {
      if (reader.progress !== 'complete' || signal.aborted) throw error;
    }
    if (reader.progress === 'nothing' && values > 0) throw new BrokenAnswer('not-understood');
    if (reader.progress !== 'complete' && !closed) throw new BrokenAnswer('cut');
    yield* reader.end();
  }

  /** Waits for the time of another try, or throws what a person is to be told. */
  async function nextTry(
    failure: Failure,
    begun: boolean,
    tries: number,
    request: ModelRequest,
    signal: AbortSignal,
  ) {
    const refused = refusedContent(failure, request);
    const mayRetry = !begun && refused === undefined;
    const delay = mayRetry ? retryDelay(failure, tries, options.retryDelayMs ?? RETRY_DELAY_MS) : undefined;
    if (delay === undefined) {
      const offered = async () => (await provider.offered(signal)).map(({ id }) => id);
      const told = { ...failure, words: provider.redact(failure.words) };
      const about = { url: provider.url, api: dialect.api, model: request.model, refused, offered };
      const error = await explain(told, about);
      signal.throwIfAborted();
      throw error;
    }
    await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  return { respond, offered: (signal) => provider.offered(signal) };
}
