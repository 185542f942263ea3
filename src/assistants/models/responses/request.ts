import type {
  ResponseCreateParams,
  ResponseFormatTextConfig,
  ResponseIncludable,
  ResponseInputContent,
  ResponseInputItem,
} from 'openai/resources/responses/responses';
import type { ReasoningEffort } from 'openai/resources/shared';
import type { ModelContent, ModelItem, ModelRequest } from '../model.ts';
import { isObject } from '../remote/json.ts';

/** So that reasoning can go back to a provider that has not kept it. */
export const INCLUDE: ResponseIncludable[] = ['reasoning.encrypted_content'];

/** The Responses API's request for `request`. Nothing is kept at the provider: the whole input goes along. */
export function responseBody(request: ModelRequest): ResponseCreateParams {
  const { tools, toolChoice, temperature, topP, maxOutputTokens, reasoningEffort, responseFormat } = request;
  const instructions = request.instructions.toWellFormed();
  return {
    model: request.model,
    ...(instructions !== '' && { instructions }),
    input: request.items.flatMap(inputItem),
    stream: true,
    store: false,
    include: INCLUDE,
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters, strict }) => ({
        type: 'function' as const,
        name,
        ...(description !== undefined && { description }),
        parameters,
        strict: strict ?? false,
      })),
      ...(toolChoice !== 'auto' && {
        tool_choice:
          typeof toolChoice === 'string' ? toolChoice : { type: 'function', name: toolChoice.name },
      }),
      ...(!request.parallelToolCalls && { parallel_tool_calls: false }),
    }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
    ...(reasoningEffort !== undefined && { reasoning: { effort: reasoningEffort as ReasoningEffort } }),
    ...(responseFormat && { text: { format: textFormat(responseFormat) } }),
  };
}

function inputItem(item: ModelItem): ResponseInputItem[] {
  switch (item.type) {
    case 'message':
      return item.role === 'user'
        ? [{ role: 'user', content: item.content.map(inputContent) }]
        : [{ role: 'assistant', content: textOf(item.content) }];
    case 'tool_call':
      return [{ type: 'function_call', call_id: item.callId, name: item.name, arguments: item.arguments }];
    case 'tool_output':
      return [{ type: 'function_call_output', call_id: item.callId, output: item.output.toWellFormed() }];
    case 'provider':
      return isOwnItem(item.item) ? [item.item] : [];
  }
}

/** What `answer.ts` gave out: reasoning and commentary, which go back as they came. */
function isOwnItem(item: unknown): item is ResponseInputItem {
  return isObject(item) && (item.type === 'reasoning' || item.type === 'message');
}

function inputContent(part: ModelContent): ResponseInputContent {
  return part.type === 'text'
    ? { type: 'input_text', text: part.text.toWellFormed() }
    : { type: 'input_image', image_url: part.url, detail: part.detail ?? 'auto' };
}

function textOf(content: ModelContent[]): string {
  return content
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n\n')
    .toWellFormed();
}

function textFormat(format: NonNullable<ModelRequest['responseFormat']>): ResponseFormatTextConfig {
  if (format.type === 'json_object') return format;
  const { schema = {}, ...rest } = format.json_schema;
  return { type: 'json_schema', schema, ...rest };
}
