import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';
import type { Model, ModelError, ModelEvent, ModelRequest, RefusedContent } from '../model.ts';
import { CLOSED } from './answer-body.ts';
import type { AnswerReader } from './answer-reader.ts';
import { type Background, BackgroundAnswers } from './background.ts';
import { STRICT_IDS } from './call-ids.ts';
import { type Asked, type Concession, concessionFor, type Preparation } from './concessions.ts';
import { explain } from './explain.ts';
import { BrokenAnswer, type Failure, failureOf, RETRY_DELAY_MS, retryDelay } from './failure.ts';
import { stringAt } from './json.ts';
import { marked, unmarked, WITHOUT_OLD_FIELDS, withOwnFields } from './own-fields.ts';
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
  reader(request: ModelRequest): AnswerReader;
  /** Left out where no answer outlives its connection. */
  background?: Background;
  /** Those that only this API has. */
  concessions: Concession<Body>[];
}

/** What servers of either API may ask for. */
const CONCESSIONS: Preparation[] = [TAKING_TURNS, INSTRUCTIONS_IN_QUESTION, STRICT_IDS, WITHOUT_OLD_FIELDS];

/** A model behind `dialect` at the provider of `options`. */
export function remoteModel<Body extends { stream?: boolean | null; background?: boolean | null }>(
  dialect: Dialect<Body>,
  options: ProviderOptions,
): Model {
  const provider = new Provider(options);
  const owner = `${dialect.api} ${provider.url}`;
  const concessions: Concession<Body>[] = [...dialect.concessions, ...CONCESSIONS];
  const background =
    dialect.background &&
    new BackgroundAnswers(dialect.background, provider, read, options.retryDelayMs ?? RETRY_DELAY_MS);
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
        for await (const event of answer(asked, signal)) {
          begun ||= event.type !== 'resumable';
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

  async function* answer({ request, body }: Asked<Body>, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const reader = dialect.reader(request);
    const send: Send = (client, sendOptions) => dialect.send(client, body, sendOptions);
    try {
      const open = (connection: AbortSignal) => read(reader, send, body.stream === true, connection);
      yield* background && body.background
        ? background.attend(open, () => reader.place, signal)
        : open(signal);
    } catch (error) {
      if (!reader.place || !background || failureOf(error)?.kind === 'refused' || signal.aborted) throw error;
      yield* background.follow(reader, signal);
    }
    yield* reader.end();
  }

  /** Reads an answer up to its end. Throws when it breaks off before. */
  async function* read(
    reader: AnswerReader,
    send: Send,
    streamed: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent> {
    let values = 0;
    let closed = false;
    try {
      for await (const value of provider.ask(send, streamed, signal)) {
        if (value === CLOSED) closed = true;
        else yield* reader.push(value);
        values++;
      }
    } catch (error) {
      if (reader.progress !== 'complete' || signal.aborted) throw error;
    }
    if (reader.progress === 'nothing' && values > 0) throw new BrokenAnswer('not-understood');
    if (reader.progress !== 'complete' && (!closed || reader.place)) throw new BrokenAnswer('cut');
  }

  async function* resume(
    request: ModelRequest,
    begun: unknown,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent> {
    const id = idOf(begun);
    if (!background || id === '') return;
    const reader = dialect.reader(request);
    let isThere = false;
    try {
      for await (const event of background.resume(reader, id, signal)) {
        isThere ||= event.type !== 'resumable';
        yield* marked(event, owner);
      }
    } catch (error) {
      signal.throwIfAborted();
      const failure = failureOf(error);
      if (!failure) throw error;
      if (isThere) throw await explained(failure, request, refusedContent(failure, request), signal);
      return;
    }
    if (reader.progress === 'complete') yield* reader.end();
  }

  async function cancel(begun: unknown): Promise<void> {
    const id = idOf(begun);
    if (id !== '') await background?.cancel(id);
  }

  function idOf(begun: unknown): string {
    return stringAt(unmarked(begun, owner), 'id');
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
    if (delay === undefined) throw await explained(failure, request, refused, signal);
    await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  async function explained(
    failure: Failure,
    request: ModelRequest,
    refused: RefusedContent | undefined,
    signal: AbortSignal,
  ): Promise<ModelError> {
    const offered = async () => (await provider.offered(signal)).map(({ id }) => id);
    const told = { ...failure, words: provider.redact(failure.words) };
    const about = { url: provider.url, api: dialect.api, model: request.model, refused, offered };
    const error = await explain(told, about);
    signal.throwIfAborted();
    return error;
  }

  return {
    respond,
    offered: (signal) => provider.offered(signal),
    ...(background && { resume, cancel }),
  };
}
