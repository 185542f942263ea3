import { APIError } from 'openai';
import type { ModelEvent } from '../model.ts';
import type { AnswerReader } from '../remote/answer-reader.ts';
import { isObject, listAt, numberAt, objectAt, stringAt } from '../remote/json.ts';
import { type MessageFields, OwnFields } from './own-fields.ts';
import { type Reasoning, reasoningIn } from './reasoning.ts';
import { ToolCalls } from './tool-calls.ts';

/** Reads the chunks of a Chat Completions stream, or one whole completion. */
export function chatAnswerReader(): AnswerReader {
  return new ChatAnswerReader();
}

class ChatAnswerReader implements AnswerReader {
  readonly #calls = new ToolCalls();
  readonly #own = new OwnFields('message');
  #reasoning: Reasoning | undefined;
  #begun = false;
  /** Whether the server has said of a chunk that it is not the last. */
  #goesOn = false;
  #finish: string | undefined;
  #usage: ModelEvent | undefined;

  get progress(): AnswerReader['progress'] {
    if (this.#finish !== undefined) return 'complete';
    return this.#begun ? 'begun' : 'nothing';
  }

  *push(chunk: unknown): Generator<ModelEvent> {
    const usage = usageIn(chunk);
    this.#usage = usage ?? this.#usage;
    const choices = listAt(chunk, 'choices');
    // With nothing but the sum, the answer is over.
    if (usage && choices.length === 0 && this.#begun) this.#finish ??= 'stop';
    this.#begun ||= choices.length > 0;
    const choice = choices.find((each) => (numberAt(each, 'index') ?? 0) === 0);
    if (!isObject(choice)) return;
    if (isObject(choice.error)) throw new APIError(undefined, choice.error, undefined, undefined);
    // A whole answer has `message`, in the shape of one delta.
    yield* this.#delta(isObject(choice.delta) ? choice.delta : objectAt(choice, 'message'));
    this.#note(choice.finish_reason);
  }

  *end(): Generator<ModelEvent> {
    yield* this.#calls.end();
    const { fields } = this.#own;
    const item: MessageFields | undefined = fields && { type: 'chat_fields', fields };
    if (item) yield { type: 'provider_item', item, lasting: true };
    if (this.#usage) yield this.#usage;
    yield { type: 'end', reason: endReason(this.#finish) };
  }

  /** An empty reason ends an answer whose other chunks had none; some servers send it with every chunk. */
  #note(finish: unknown): void {
    if (typeof finish !== 'string') this.#goesOn = true;
    else if (finish !== '' || this.#goesOn) this.#finish = finish;
  }

  *#delta(delta: Record<string, unknown>): Generator<ModelEvent> {
    this.#own.push(delta);
    const reasoning = reasoningIn(delta);
    if (reasoning) this.#reasoning = { ...reasoning, text: (this.#reasoning?.text ?? '') + reasoning.text };
    const text = textIn(delta.content);
    if (text !== '') yield { type: 'text', delta: text };
    const refusal = stringAt(delta, 'refusal');
    if (refusal !== '') yield { type: 'refusal', delta: refusal };
    const calls = listAt(delta, 'tool_calls');
    if (calls.length > 0 && this.#reasoning) {
      yield { type: 'provider_item', item: this.#reasoning };
      this.#reasoning = undefined;
    }
    for (const call of calls) yield* this.#calls.push(call);
  }
}

/** Mostly a string; Mistral's thinking models send parts. */
function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (stringAt(part, 'type') === 'text' ? stringAt(part, 'text') : '')).join('');
}

function usageIn(chunk: unknown): ModelEvent | undefined {
  const usage = objectAt(chunk, 'usage');
  const promptTokens = numberAt(usage, 'prompt_tokens');
  const completionTokens = numberAt(usage, 'completion_tokens') ?? 0;
  return promptTokens === undefined ? undefined : { type: 'usage', promptTokens, completionTokens };
}

function endReason(finish: string | undefined): 'stop' | 'length' | 'content_filter' {
  return finish === 'length' || finish === 'content_filter' ? finish : 'stop';
}
