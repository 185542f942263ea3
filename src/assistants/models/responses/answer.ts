import { APIError } from 'openai';
import type { ModelEvent, ModelRequest } from '../model.ts';
import type { AnswerReader } from '../remote/answer-reader.ts';
import { isObject, type JsonObject, listAt, numberAt, objectAt, stringAt } from '../remote/json.ts';
import { citedFiles, HostedCode } from './hosted-code.ts';

/** Reads the events of a Responses stream, or one whole response. Events that it does not know are passed over. */
export function responseReader({ python }: Pick<ModelRequest, 'python'> = {}): AnswerReader {
  return new ResponseReader(python?.container === undefined ? undefined : python.name);
}

/** One output item as far as it has come. */
interface Item {
  /** Place among the tool calls; undefined for anything else. */
  call?: number;
  /** Of code that the provider runs itself. */
  code?: HostedCode;
  /** Its text or arguments as far as they came as deltas, so that they are not given out again when it is done. */
  streamed: string;
  done: boolean;
  commentary: boolean;
}

/** A response of which there is more to come. */
const GOES_ON = ['queued', 'in_progress'];

const TERMINAL = ['response.completed', 'response.incomplete', 'response.failed'];

/**
 * Commentary (`phase: commentary`) is what a model says between its steps and not its answer: it goes back to the
 * model as a provider item and is not shown, unless it is all that the model said.
 */
class ResponseReader implements AnswerReader {
  readonly #items = new Map<number, Item>();
  readonly #commentary: string[] = [];
  /** What the code interpreter is called, where the provider runs its code. */
  readonly #codeName: string | undefined;
  readonly #cited = new Set<string>();
  /** Calls since the last pause, and how many of them are functions. */
  #calls = 0;
  #functions = 0;
  #textOf: number | undefined;
  #isSilent = true;
  #begun = false;
  #response: JsonObject | undefined;
  #place: AnswerReader['place'];

  constructor(codeName: string | undefined) {
    this.#codeName = codeName;
  }

  get progress(): AnswerReader['progress'] {
    if (this.#response) return 'complete';
    return this.#begun ? 'begun' : 'nothing';
  }

  get place(): AnswerReader['place'] {
    return this.#place;
  }

  *push(event: unknown): Generator<ModelEvent> {
    if (!isObject(event)) return;
    if (event.object === 'response') return yield* this.#whole(event);
    const type = stringAt(event, 'type');
    if (this.#isKnown(event)) return;
    if (type === 'error') throw failed(event);
    if (TERMINAL.includes(type)) return yield* this.#close(objectAt(event, 'response'));
    if (type === 'response.created') {
      return yield* this.#created(objectAt(event, 'response'), numberAt(event, 'sequence_number'));
    }
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
      case 'response.code_interpreter_call_code.delta':
        return yield* this.#items.get(place)?.code?.code(delta) ?? [];
      case 'response.output_text.annotation.added':
        return yield* this.#cites([event.annotation]);
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

  /** Whether the event was read before the connection broke; some servers begin again from the first. */
  #isKnown(event: JsonObject): boolean {
    const number = numberAt(event, 'sequence_number');
    if (!this.#place || number === undefined) return false;
    if (number <= (this.#place.after ?? -1)) return true;
    this.#place.after = number;
    return false;
  }

  *#created(response: JsonObject, number?: number): Generator<ModelEvent> {
    this.#begun = true;
    const id = stringAt(response, 'id');
    if (response.background !== true || id === '' || this.#place) return;
    this.#place = { id, ...(number !== undefined && { after: number }) };
    yield { type: 'resumable', answer: { id } };
  }

  /** A response as a whole, unless it goes on in the background. */
  *#whole(response: JsonObject): Generator<ModelEvent> {
    yield* this.#created(response);
    if (this.#place && GOES_ON.includes(stringAt(response, 'status'))) return;
    yield* this.#close(response);
  }

  *#open(place: number, item: JsonObject): Generator<ModelEvent> {
    this.#begun = true;
    if (this.#items.has(place)) return;
    const opened: Item = { streamed: '', done: false, commentary: item.phase === 'commentary' };
    this.#items.set(place, opened);
    const isCode = item.type === 'code_interpreter_call' && this.#codeName !== undefined;
    if (item.type !== 'function_call' && !isCode) return;
    this.#isSilent = false;
    opened.call = this.#calls++;
    if (isCode) opened.code = new HostedCode(opened.call);
    else this.#functions++;
    const callId = stringAt(item, 'call_id') || stringAt(item, 'id');
    const name = (isCode && this.#codeName) || stringAt(item, 'name');
    yield { type: 'tool_call', index: opened.call, callId, name };
  }

  /** What the provider has run stands by itself, unless there are calls beside it that wait for us. */
  *#codeDone(code: HostedCode, item: JsonObject): Generator<ModelEvent> {
    let hasRun = false;
    for (const event of code.end(item)) {
      hasRun ||= event.type === 'tool_ran';
      yield event;
    }
    if (!hasRun || this.#functions > 0) return;
    this.#calls = 0;
    this.#textOf = undefined;
    yield { type: 'pause' };
  }

  *#cites(annotations: unknown[]): Generator<ModelEvent> {
    if (this.#codeName === undefined) return;
    for (const file of citedFiles(annotations)) {
      if (this.#cited.has(file.id)) continue;
      this.#cited.add(file.id);
      yield file;
    }
  }

  *#text(place: number, delta: string, type: 'text' | 'refusal'): Generator<ModelEvent> {
    const item = this.#items.get(place);
    if (delta === '' || item?.commentary) return;
    if (item) item.streamed += delta;
    this.#begun = true;
    this.#isSilent = false;
    // Two messages in one answer are two paragraphs.
    if (this.#textOf !== undefined && this.#textOf !== place) yield { type, delta: '\n\n' };
    this.#textOf = place;
    yield { type, delta };
  }

  *#arguments(place: number, delta: string): Generator<ModelEvent> {
    const item = this.#items.get(place);
    if (item?.call === undefined || delta === '') return;
    item.streamed += delta;
    yield { type: 'tool_arguments', index: item.call, delta };
  }

  /** Gives out what did not come as deltas; a server may stream less than OpenAI's does. */
  *#done(place: number, item: JsonObject): Generator<ModelEvent> {
    yield* this.#open(place, item);
    const opened = this.#items.get(place);
    if (!opened || opened.done) return;
    opened.done = true;
    if (opened.code) {
      yield* this.#codeDone(opened.code, item);
    } else if (item.type === 'function_call') {
      yield* this.#arguments(place, rest(stringAt(item, 'arguments') || '{}', opened.streamed));
    } else if (item.type === 'reasoning') {
      // Without its encrypted content a reasoning item can't go back: the provider has not kept it.
      if (stringAt(item, 'encrypted_content') !== '') yield { type: 'provider_item', item };
    } else if (item.type === 'message') {
      opened.commentary ||= item.phase === 'commentary' && opened.streamed === '';
      yield* this.#message(place, item, opened);
    }
  }

  *#message(place: number, item: JsonObject, { commentary, streamed }: Item): Generator<ModelEvent> {
    const parts = listAt(item, 'content');
    if (commentary) {
      this.#commentary.push(parts.map((part) => stringAt(part, 'text')).join(''));
      yield { type: 'provider_item', item };
      return;
    }
    yield* this.#cites(parts.flatMap((part) => listAt(part, 'annotations')));
    const kinds = ['text', 'refusal'] as const;
    const said = parts.flatMap((part) => kinds.map((kind) => ({ kind, words: stringAt(part, kind) })));
    let known = streamed.length;
    if (
      !said
        .map(({ words }) => words)
        .join('')
        .startsWith(streamed)
    )
      return;
    for (const { kind, words } of said) {
      yield* this.#text(place, words.slice(known), kind);
      known = Math.max(known - words.length, 0);
    }
  }

  *#close(response: JsonObject): Generator<ModelEvent> {
    const status = stringAt(response, 'status');
    if (status === 'failed' || status === 'cancelled') throw failed(response);
    for (const [place, item] of listAt(response, 'output').entries()) {
      if (isObject(item)) yield* this.#done(place, item);
    }
    if (this.#isSilent && this.#commentary.length > 0)
      yield { type: 'text', delta: this.#commentary.join('\n\n') };
    this.#response = response;
  }
}

/** What is missing of `whole` when `streamed` has come; nothing when that was something else. */
function rest(whole: string, streamed: string): string {
  return whole.startsWith(streamed) ? whole.slice(streamed.length) : '';
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
