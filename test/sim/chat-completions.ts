import { validateChat, validateReasoning } from './chat-validation.ts';
import {
  type Frame,
  joined,
  type ModelServer,
  pieces,
  Refusal,
  type Reply,
  type ServerOptions,
  startModelServer,
} from './model-server.ts';
import { simAssistant } from './sim-assistant.ts';

type Body = Record<string, unknown>;

export interface ChatOptions extends ServerOptions {
  /**
   * Whose habits to take on: `ollama` sends whole tool calls without an index, with `finish_reason: stop`; `vllm`
   * sends an id with the first delta only in name and `reasoning`; `llama.cpp` sends `reasoning_content`, empty
   * choices and `content: null`; `shared-index` puts every call at index 0.
   */
  quirks?: 'openai' | 'ollama' | 'vllm' | 'llama.cpp' | 'shared-index';
  /** Parameters that are answered with a 400, in OpenAI's words. */
  refuses?: string[];
  /** Refuses tool calls without `reasoning_content`, as DeepSeek does when it thinks. */
  wantsReasoning?: boolean;
  /** Answers stream requests with one whole completion. */
  neverStreams?: boolean;
  /** Says what each request is answered, by its body. Default: `simAssistant`. */
  answer?: (body: Body) => Reply;
}

/** A strict Chat Completions server on 127.0.0.1. */
export function startChatCompletions(options: ChatOptions = {}): Promise<ModelServer> {
  return startModelServer(
    {
      path: '/chat/completions',
      done: true,
      validate(body) {
        for (const parameter of options.refuses ?? []) refuse(parameter, body);
        validateChat(body);
        if (options.wantsReasoning) validateReasoning(body);
        if (options.neverStreams) body.stream = false;
      },
      answer: options.answer ?? chatAnswer,
      frames: (reply, body) => frames(reply, body, options.quirks ?? 'openai'),
      whole,
    },
    options,
  );
}

function refuse(parameter: string, body: Body): void {
  if (body[parameter] === undefined || (parameter === 'stream' && body.stream === false)) return;
  const instead = parameter === 'max_tokens' ? " Use 'max_completion_tokens' instead." : '';
  const message = `Unsupported parameter: '${parameter}' is not supported with this model.${instead}`;
  throw new Refusal(400, message, { param: parameter, code: 'unsupported_parameter' });
}

function chatAnswer(body: Body): Reply {
  const messages = body.messages as { role: string; content: unknown }[];
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  const output = messages.slice(lastUser + 1).findLast(({ role }) => role === 'tool');
  const content = messages[lastUser]?.content;
  const parts = Array.isArray(content) ? (content as { text?: string }[]) : [{ text: String(content ?? '') }];
  const tools = (body.tools ?? []) as { function: { name: string } }[];
  return simAssistant({
    question: parts.map(({ text }) => text ?? '').join(''),
    ...(output && { output: String(output.content) }),
    functions: tools.map((tool) => tool.function.name),
  });
}

function frames(reply: Reply, body: Body, quirks: NonNullable<ChatOptions['quirks']>): Frame[] {
  const envelope = { id: 'chatcmpl-sim', object: 'chat.completion.chunk', created: 1, model: body.model };
  const frame = (delta: object, finish: string | null = null): Frame => ({
    data: { ...envelope, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] },
  });
  const reasoningField = quirks === 'vllm' || quirks === 'ollama' ? 'reasoning' : 'reasoning_content';
  const content = quirks === 'llama.cpp' ? null : '';
  const calls = toolCallDeltas(reply, quirks);
  const noReason = reply.trouble?.noReason;
  const includeUsage = (body.stream_options as { include_usage?: boolean } | undefined)?.include_usage;
  return [
    ...(quirks === 'llama.cpp' ? [{ data: { ...envelope, choices: [] } }] : []),
    frame({ role: 'assistant', content }),
    ...pieces(reply.reasoning).map((piece) => frame({ [reasoningField]: piece, content })),
    ...pieces(reply.text).map((piece) => frame({ content: piece })),
    ...pieces(reply.refusal).map((piece) => frame({ refusal: piece })),
    ...extraDeltas(reply).map((delta) => frame(delta)),
    ...calls.map((call) => frame({ tool_calls: call })),
    ...(noReason === true ? [] : [frame({}, noReason ?? finishReason(reply, quirks))]),
    ...(includeUsage ? [{ data: { ...envelope, choices: [], usage: usageOf(reply) } }] : []),
  ];
}

function extraDeltas({ extra = {} }: Reply): object[] {
  return Object.entries(extra).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((each) => ({ [name]: [each] })) : [{ [name]: value }],
  );
}

function finishReason(reply: Reply, quirks?: ChatOptions['quirks']): string {
  if (reply.finish) return reply.finish;
  return reply.toolCalls?.length && quirks !== 'ollama' ? 'tool_calls' : 'stop';
}

function wholeReason(reply: Reply): string | null {
  return reply.trouble?.noReason === undefined ? finishReason(reply) : null;
}

/** The `tool_calls` of each delta. */
function toolCallDeltas(reply: Reply, quirks: NonNullable<ChatOptions['quirks']>): object[][] {
  return (reply.toolCalls ?? []).flatMap((call, position): object[][] => {
    const id = call.id ?? `call_${position}`;
    const { name } = call;
    const args = joined(call.arguments);
    if (quirks === 'ollama')
      return [[{ ...call.extra, id, type: 'function', function: { name, arguments: JSON.parse(args) } }]];
    const index = quirks === 'shared-index' ? 0 : position;
    const named = quirks === 'vllm' ? {} : { id };
    const parts = typeof call.arguments === 'string' ? (args.match(/[\s\S]{1,7}/g) ?? []) : call.arguments;
    return [
      [{ index, ...call.extra, ...named, type: 'function', function: { name, arguments: '' } }],
      ...parts.map((piece) => [{ index, function: { arguments: piece } }]),
    ];
  });
}

function whole(reply: Reply, body: Body): object {
  const calls = (reply.toolCalls ?? []).map((call, position) => ({
    ...call.extra,
    id: call.id ?? `call_${position}`,
    type: 'function',
    function: { name: call.name, arguments: joined(call.arguments) },
  }));
  const message = {
    role: 'assistant',
    content: reply.text === undefined ? null : joined(reply.text),
    refusal: reply.refusal ?? null,
    ...(reply.reasoning !== undefined && { reasoning_content: reply.reasoning }),
    ...reply.extra,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return {
    id: 'chatcmpl-sim',
    object: 'chat.completion',
    created: 1,
    model: body.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: wholeReason(reply) }],
    usage: usageOf(reply),
  };
}

function usageOf({ usage = { prompt: 10, completion: 5 } }: Reply): object {
  const { prompt, completion } = usage;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
