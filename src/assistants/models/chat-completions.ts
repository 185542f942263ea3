import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions';
import { chatAnswerReader } from './chat/answer.ts';
import { chatBody } from './chat/request.ts';
import type { Model } from './model.ts';
import { omit } from './remote/concessions.ts';
import type { ProviderOptions } from './remote/provider.ts';
import { type Dialect, remoteModel } from './remote/remote-model.ts';

const CHAT_COMPLETIONS: Dialect<ChatCompletionCreateParamsBase> = {
  api: 'Chat Completions',
  body: chatBody,
  send: (client, body, options) => client.chat.completions.create(body, options),
  reader: chatAnswerReader,
  concessions: [
    omit('stream_options'),
    {
      parameter: 'stream',
      words: /\bstream(ing|ed)?\b/i,
      without: ({ stream_options: _, ...body }) => ({ ...body, stream: false }),
    },
    {
      parameter: 'max_tokens',
      without: ({ max_tokens = null, ...body }) => ({ ...body, max_completion_tokens: max_tokens }),
    },
    omit('temperature'),
    omit('top_p'),
    omit('reasoning_effort', /reasoning|thinking/i),
    omit('parallel_tool_calls'),
  ],
};

/** A model behind any server that speaks the Chat Completions API: OpenAI, Ollama, vLLM, llama.cpp, LM Studio … */
export function chatCompletionsModel(options: ProviderOptions): Model {
  return remoteModel(CHAT_COMPLETIONS, options);
}
