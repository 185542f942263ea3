import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';
import type { Model, ModelEvent, ModelRequest } from '../model.ts';
import { type Concession, concessionFor } from './concessions.ts';
import { explain } from './explain.ts';
import { BrokenAnswer, type Failure, failureOf, RETRY_DELAY_MS, retryDelay } from './failure.ts';
import { Provider, type ProviderOptions, type Send } from './provider.ts';

/** One of the two APIs by which a model is reached. */
export interface Dialect<Body> {
  /** Its name in sentences. */
  api: string;
  body(request: ModelRequest): Body;
  send(client: OpenAI, body: Body, options: { signal: AbortSignal }): ReturnType<Send>;
  reader(): AnswerReader;
  concessions: Concession<Body>[];
}

/** Turns one answer's JSON values into events. */
export interface AnswerReader {
  push(value: unknown): Iterable<ModelEvent>;
  /** What can only be said after the last value; the last event is `end`. */
  end(): Iterable<ModelEvent>;
  /** `complete`: the provider has said that it is, so the answer stands even if the connection breaks now. */
  readonly progress: 'nothing' | 'begun' | 'complete';
}

/** A model behind `dialect` at the provider of `options`. */
export function remoteModel<Body extends { stream?: boolean | null }>(
  dialect: Dialect<Body>,
  options: ProviderOptions,
): Model {
  const provider = new Provider(options);
  const conceded = new Map<string, Set<Concession<Body>>>();

  async function* respond(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const remembered = conceded.get(request.model) ?? new Set();
    conceded.set(request.model, remembered);
    for (let tries = 0; ; ) {
      const made = [...remembered];
      const body = made.reduce((changed, { change }) => change(changed), dialect.body(request));
      let begun = false;
      try {
        for await (const event of answer(body, signal)) {
          begun = true;
          yield event;
        }
        return;
      } catch (error) {
        signal.throwIfAborted();
        const failure = failureOf(error);
        if (!failure) throw error;
        const left = begun ? [] : dialect.concessions.filter((concession) => !made.includes(concession));
        const concession = concessionFor(left, body, failure);
        if (concession) remembered.add(concession);
        else await nextTry(failure, begun, tries++, request.model, signal);
      }
    }
  }

  async function* answer(body: Body, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const reader = dialect.reader();
    const send: Send = (client, sendOptions) => dialect.send(client, body, sendOptions);
    let values = 0;
    try {
      for await (const value of provider.ask(send, body.stream === true, signal)) {
        values++;
        yield* reader.push(value);
      }
    } catch (error) {
      if (reader.progress !== 'complete' || signal.aborted) throw error;
    }
    if (reader.progress === 'nothing' && values > 0) throw new BrokenAnswer('not-understood');
    if (reader.progress !== 'complete') throw new BrokenAnswer('cut');
    yield* reader.end();
  }

  /** Waits for the time of another try, or throws what a person is to be told. */
  async function nextTry(
    failure: Failure,
    begun: boolean,
    tries: number,
    model: string,
    signal: AbortSignal,
  ) {
    const delay = begun ? undefined : retryDelay(failure, tries, options.retryDelayMs ?? RETRY_DELAY_MS);
    if (delay === undefined) {
      const offered = () => provider.offered(signal);
      const told = { ...failure, words: provider.redact(failure.words) };
      const error = await explain(told, { url: provider.url, api: dialect.api, model, offered });
      signal.throwIfAborted();
      throw error;
    }
    await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  return { respond, offered: (signal) => provider.offered(signal) };
}
