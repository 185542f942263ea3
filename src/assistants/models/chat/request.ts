import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionCreateParamsBase,
  ChatCompletionFunctionTool,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { ReasoningEffort } from 'openai/resources/shared';
import type { ModelContent, ModelFunction, ModelItem, ModelRequest } from '../model.ts';
import { ownFieldsOf } from '../remote/own-fields.ts';
import { assignFields, isMessageFields } from './own-fields.ts';
import { isReasoning, type Reasoning } from './reasoning.ts';

/** The Chat Completions API's request for `request`. */
export function chatBody(request: ModelRequest): ChatCompletionCreateParamsBase {
  const { tools, toolChoice, temperature, topP, maxOutputTokens, reasoningEffort, responseFormat } = request;
  return {
    model: request.model,
    messages: messages(request),
    stream: true,
    stream_options: { include_usage: true },
    ...(tools.length > 0 && {
      tools: tools.map(functionTool),
      ...(toolChoice !== 'auto' && {
        tool_choice:
          typeof toolChoice === 'string'
            ? toolChoice
            : { type: 'function', function: { name: toolChoice.name } },
      }),
      ...(!request.parallelToolCalls && { parallel_tool_calls: false }),
    }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    // Not `max_completion_tokens`: servers that do not know it ignore it without a word, OpenAI refuses this one.
    ...(maxOutputTokens !== undefined && { max_tokens: maxOutputTokens }),
    ...(reasoningEffort !== undefined && { reasoning_effort: reasoningEffort as ReasoningEffort }),
    ...(responseFormat && { response_format: responseFormat }),
  };
}

function messages({ instructions, items }: ModelRequest): ChatCompletionMessageParam[] {
  const system = instructions.toWellFormed();
  return [...(system === '' ? [] : [{ role: 'system' as const, content: system }]), ...conversation(items)];
}

/** Text, reasoning and tool calls that stand next to each other become one assistant message. */
function conversation(items: ModelItem[]): ChatCompletionMessageParam[] {
  const done: ChatCompletionMessageParam[] = [];
  let thought: Reasoning | undefined;
  const assistant = (): ChatCompletionAssistantMessageParam => {
    const last = done.at(-1);
    const message = last?.role === 'assistant' ? last : { role: 'assistant' as const, content: null };
    if (message !== last) done.push(message);
    if (thought) Object.assign(message, { [thought.field]: thought.text });
    thought = undefined;
    return message;
  };
  for (const item of items) {
    if (item.type === 'provider') {
      if (isReasoning(item.item)) thought = item.item;
      else if (isMessageFields(item.item)) assignFields(assistant(), item.item.fields);
    } else if (item.type === 'tool_call') {
      const message = assistant();
      const call = { name: item.name, arguments: item.arguments };
      message.tool_calls = [
        ...(message.tool_calls ?? []),
        { ...ownFieldsOf(item.own), id: item.callId, type: 'function', function: call },
      ];
    } else if (item.type === 'tool_output') {
      done.push({ role: 'tool', tool_call_id: item.callId, content: item.output.toWellFormed() });
    } else if (item.role === 'user') {
      done.push({ role: 'user', content: userContent(item.content) });
    } else {
      const message = assistant();
      const texts = [typeof message.content === 'string' ? message.content : '', textOf(item.content)];
      message.content = texts.filter((text) => text !== '').join('\n\n');
    }
  }
  return done;
}

/** A plain string where there are no images: not every server takes content as parts. */
function userContent(content: ModelContent[]): string | ChatCompletionContentPart[] {
  if (content.every(({ type }) => type === 'text')) return textOf(content);
  return content.map((part) =>
    part.type === 'text'
      ? { type: 'text', text: part.text.toWellFormed() }
      : { type: 'image_url', image_url: { url: part.url, ...(part.detail && { detail: part.detail }) } },
  );
}

function textOf(content: ModelContent[]): string {
  return content
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n\n')
    .toWellFormed();
}

function functionTool({ name, description, parameters, strict }: ModelFunction): ChatCompletionFunctionTool {
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters,
      ...(strict !== undefined && { strict }),
    },
  };
}
