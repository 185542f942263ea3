import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions';
import type { Concession } from '../remote/concessions.ts';
import { isObject, type JsonObject } from '../remote/json.ts';

/**
 * Fields that are not in the API and that their provider wants back: Gemini's thought signature in `extra_content`
 * (https://ai.google.dev/gemini-api/docs/thought-signatures), OpenRouter's `reasoning_details`
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks).
 */
const OF_CALLS = ['extra_content'];
const OF_MESSAGES = ['reasoning_details', 'extra_content'];

/** Fields of a message, which go back on it. */
export interface MessageFields {
  type: 'chat_fields';
  fields: JsonObject;
}

export function isMessageFields(item: unknown): item is MessageFields {
  return isObject(item) && item.type === 'chat_fields' && isObject(item.fields);
}

/** The provider's own fields of one call or message, put together from its deltas. */
export class OwnFields {
  readonly #names: string[];
  #fields: JsonObject = {};

  constructor(of: 'call' | 'message') {
    this.#names = of === 'call' ? OF_CALLS : OF_MESSAGES;
  }

  push(delta: unknown): void {
    if (!isObject(delta)) return;
    for (const name of this.#names) {
      const value = delta[name];
      if (value !== undefined && value !== null) this.#fields[name] = joined(this.#fields[name], value);
    }
  }

  /** Undefined when there is none. */
  get fields(): JsonObject | undefined {
    return Object.keys(this.#fields).length > 0 ? this.#fields : undefined;
  }
}

/** Both messages' fields on one message: lists one after the other. */
export function assignFields(message: object, fields: JsonObject): void {
  for (const [name, value] of Object.entries(fields)) {
    const before = (message as JsonObject)[name];
    const both = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
    Object.assign(message, { [name]: both });
  }
}

/** What Gemini's documentation gives for calls that Gemini did not make. */
const NO_SIGNATURE = { google: { thought_signature: 'skip_thought_signature_validator' } };

/** Gemini refuses calls without a signature, as those are which another model made: the first of an answer needs one. */
export const WITH_SIGNATURE: Concession<ChatCompletionCreateParamsBase> = {
  answers: ({ words }) => /thought_?signature/i.test(words) && /missing|required/i.test(words),
  change: (body) => ({
    ...body,
    messages: body.messages.map((message) => {
      if (message.role !== 'assistant' || !message.tool_calls) return message;
      const [first, ...others] = message.tool_calls;
      return {
        ...message,
        tool_calls: [{ extra_content: NO_SIGNATURE, ...first }, ...others],
      } as typeof message;
    }),
  }),
};

function joined(before: unknown, value: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(value)) return value.reduce(withDetail, before);
  if (isObject(before) && isObject(value)) return { ...before, ...value };
  return Array.isArray(value) ? value.reduce(withDetail, []) : value;
}

/** A detail of the same index and type goes on with the one before it. */
function withDetail(details: unknown[], detail: unknown): unknown[] {
  const last = details.at(-1);
  const goesOn =
    isObject(last) &&
    isObject(detail) &&
    detail.index !== undefined &&
    last.index === detail.index &&
    last.type === detail.type;
  if (!goesOn) return [...details, detail];
  const both: JsonObject = { ...last };
  for (const [key, value] of Object.entries(detail)) {
    const before = last[key];
    const grows =
      ['text', 'summary', 'data'].includes(key) && typeof before === 'string' && typeof value === 'string';
    if (value !== null && value !== undefined) both[key] = grows ? before + value : value;
  }
  return [...details.slice(0, -1), both];
}
