import { APIError } from 'openai';
import type { ModelEvent } from '../model.ts';
import { isObject, type JsonObject, listAt, numberAt, objectAt, stringAt } from '../remote/json.ts';
import type { AnswerReader } from '../remote/remote-model.ts';

/** Reads the events of a Responses stream, or one whole response. Events that it does not know are passed over. */
export function responseReader(): AnswerReader {
  return new ResponseReader();
}

/** One output item as far as it has come. */
interface Item {
  /** Place among the tool calls; undefined for anything else. */
  call?: number;
  /** Whether its text or arguments came as deltas, so that they are not given out again when it is done. */
  streamed: boolean;
  done: boolean;
  commentary: boolean;
}

const TERMINAL = ['response.completed', 'response.incomplete', 'response.failed'];

/**
 * Commentary (`phase: commentary`) is what a model says between its steps and not its answer: it goes back to the
 * model as a provider item and is not shown, unless it is all that the model said.
 */
class ResponseReader implements AnswerReader {
  readonly #items = new Map<number, Item>();
  readonly #commentary: string[] = [];
  #calls = 0;
  #textOf: number | undefined;
  #begun = false;
  #response: JsonObject | undefined;

  get progress(): AnswerReader['progress'] {
    if (this.#response) return 'complete';
    return this.#begun ? 'begun' : 'nothing';
  }

  *push(event: unknown): Generator<ModelEvent> {
    if (!isObject(event)) return;
    if (event.object === 'response') return yield* this.#close(event);
    const type = stringAt(event, 'type');
    if (type === 'error') throw failed(event);
    if (TERMINAL.includes(type)) return yield* this.#close(objectAt(event, 'response'));
    if (type === 'response.created') this.#begun = true;
    const place = numberAt(event, 'output_index') ?? 0;
    const delta = stringAt(event, 'delta');
    switch (type) {
      case 'response.output_item.added':
        return yield* this.#open(place, objectAt(event, 'item'));
      case 'response.output_text.delta':
        return yield* this.#text(place, delta, 'text');
      case 'response.refusal.delta':
        return yield* this.#text(place, delta, 'refusal');
      case 'response.function_call_arguments.delta':
        return yield* this.#arguments(place, delta);
      case 'response.output_item.done':
        return yield* this.#done(place, objectAt(event, 'item'));
    }
  }

  *end(): Generator<ModelEvent> {
    const usage = objectAt(this.#response, 'usage');
    const promptTokens = numberAt(usage, 'input_tokens');
    const completionTokens = numberAt(usage, 'output_tokens') ?? 0;
    if (promptTokens !== undefined) yield { type: 'usage', promptTokens, completionTokens };
    yield { type: 'end', reason: endReason(this.#response) };
  }

  *#open(place: number, item: JsonObject): Generator<ModelEvent> {
    this.#begun = true;
    if (this.#items.has(place)) return;
    const opened: Item = { streamed: false, done: false, commentary: item.phase === 'commentary' };
    this.#items.set(place, opened);
    if (item.type !== 'function_call') return;
    opened.call = this.#calls++;
    const callId = stringAt(item, 'call_id') || stringAt(item, 'id');
    yield { type: 'tool_call', index: opened.call, callId, name: stringAt(item, 'name') };
  }

  *#text(place: number, delta: string, type: 'text' | 'refusal'): Generator<ModelEvent> {
    const item = this.#items.get(place);
    if (delta === '' || item?.commentary) return;
    if (item) item.streamed = true;
    this.#begun = true;
    // Two messages in one answer are two paragraphs.
    if (this.#textOf !== undefined && this.#textOf !== place) yield { type, delta: '\n\n' };
    this.#textOf = place;
    yield { type, delta };
  }

  *#arguments(place: number, delta: string): Generator<ModelEvent> {
    const item = this.#items.get(place);
    if (item?.call === undefined || delta === '') return;
    item.streamed = true;
    yield { type: 'tool_arguments', index: item.call, delta };
  }

  /** Gives out what did not come as deltas; a server may stream less than OpenAI's does. */
  *#done(place: number, item: JsonObject): Generator<ModelEvent> {
    yield* this.#open(place, item);
    const opened = this.#items.get(place);
    if (!opened || opened.done) return;
    opened.done = true;
    if (item.type === 'function_call' && !opened.streamed) {
      yield* this.#arguments(place, stringAt(item, 'arguments') || '{}');
    } else if (item.type === 'reasoning') {
      // Without its encrypted content a reasoning item can't go back: the provider has not kept it.
      if (stringAt(item, 'encrypted_content') !== '') yield { type: 'provider_item', item };
    } else if (item.type === 'message') {
      opened.commentary ||= item.phase === 'commentary' && !opened.streamed;
      yield* this.#message(place, item, opened);
    }
  }

  *#message(place: number, item: JsonObject, { commentary, streamed }: Item): Generator<ModelEvent> {
    const parts = listAt(item, 'content');
    if (commentary) {
      this.#commentary.push(parts.map((part) => stringAt(part, 'text')).join(''));
      yield { type: 'provider_item', item };
    } else if (!streamed) {
      for (const part of parts) {
        yield* this.#text(place, stringAt(part, 'text'), 'text');
        yield* this.#text(place, stringAt(part, 'refusal'), 'refusal');
      }
    }
  }

  *#close(response: JsonObject): Generator<ModelEvent> {
    const status = stringAt(response, 'status');
    if (status === 'failed' || status === 'cancelled') throw failed(response);
    for (const [place, item] of listAt(response, 'output').entries()) {
      if (isObject(item)) yield* this.#done(place, item);
    }
    const silent = this.#textOf === undefined && this.#calls === 0;
    if (silent && this.#commentary.length > 0) yield { type: 'text', delta: this.#commentary.join('\n\n') };
    this.#response = response;
  }
}

/** The error of an `error` event, flat or nested, or of a response that failed. */
function failed(event: JsonObject): APIError {
  const error = isObject(event.error) ? event.error : event;
  const message = stringAt(error, 'message') || 'The response failed without a reason.';
  const code = stringAt(error, 'code') || 'server_error';
  return new APIError(undefined, { ...error, type: undefined, code, message }, undefined, undefined);
}

function endReason(response: JsonObject | undefined): 'stop' | 'length' | 'content_filter' {
  if (response?.status !== 'incomplete') return 'stop';
  return objectAt(response, 'incomplete_details').reason === 'content_filter' ? 'content_filter' : 'length';
}
