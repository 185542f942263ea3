import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions';
import type { Concession } from '../remote/concessions.ts';
import { isObject, stringAt } from '../remote/json.ts';

/**
 * What a model thought before it called a tool. DeepSeek, Kimi and others want it back with the tool's output, under
 * the name that they gave it (https://api-docs.deepseek.com/guides/thinking_mode#tool-calls).
 */
export interface Reasoning {
  type: 'chat_reasoning';
  field: 'reasoning_content' | 'reasoning';
  text: string;
}

export function isReasoning(item: unknown): item is Reasoning {
  return isObject(item) && item.type === 'chat_reasoning';
}

/** The reasoning in a delta or message of a Chat Completions server. */
export function reasoningIn(delta: unknown): Reasoning | undefined {
  for (const field of ['reasoning_content', 'reasoning'] as const) {
    const text = stringAt(delta, field);
    if (text !== '') return { type: 'chat_reasoning', field, text };
  }
  return undefined;
}

/**
 * DeepSeek and Kimi refuse a tool call in the history that has no `reasoning_content`, which is kept within a run
 * only. They take an empty one (https://github.com/anomalyco/opencode/issues/24722).
 */
export const WITH_REASONING: Concession<ChatCompletionCreateParamsBase> = {
  answers: ({ words }) => /reasoning_content/.test(words) && /missing|must be passed back/i.test(words),
  change: (body) => ({
    ...body,
    messages: body.messages.map((message) =>
      message.role === 'assistant' && message.tool_calls ? { reasoning_content: '', ...message } : message,
    ),
  }),
};
