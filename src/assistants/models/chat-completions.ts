import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions';
import { chatAnswerReader } from './chat/answer.ts';
import { WITH_SIGNATURE } from './chat/own-fields.ts';
import { WITH_REASONING } from './chat/reasoning.ts';
import { chatBody } from './chat/request.ts';
import type { Model } from './model.ts';
import { without, withoutNone } from './remote/concessions.ts';
import type { ProviderOptions } from './remote/provider.ts';
import { type Dialect, remoteModel } from './remote/remote-model.ts';
import { withoutThoughts } from './thoughts/without-thoughts.ts';

const CHAT_COMPLETIONS: Dialect<ChatCompletionCreateParamsBase> = {
  api: 'Chat Completions',
  body: chatBody,
  send: (client, body, options) => client.chat.completions.create(body, options),
  reader: chatAnswerReader,
  concessions: [
    without('stream_options'),
    without(
      'stream',
      ({ stream_options: _, ...body }) => ({ ...body, stream: false }),
      /\bstream(ing|ed)?\b/i,
    ),
    without('max_tokens', ({ max_tokens = null, ...body }) => ({
      ...body,
      max_completion_tokens: max_tokens,
    })),
    without('temperature'),
    without('top_p'),
    without('reasoning_effort', undefined, /reasoning|thinking/i),
    without('parallel_tool_calls'),
    withoutNone(),
    WITH_REASONING,
    WITH_SIGNATURE,
  ],
};

/** A model behind any server that speaks the Chat Completions API: OpenAI, Ollama, vLLM, llama.cpp, LM Studio … */
export function chatCompletionsModel(options: ProviderOptions): Model {
  return withoutThoughts(remoteModel(CHAT_COMPLETIONS, options));
}
