import type {
  ResponseCreateParams,
  ResponseFormatTextConfig,
  ResponseIncludable,
  ResponseInputContent,
  ResponseInputItem,
  Tool,
  ToolChoiceFunction,
  ToolChoiceTypes,
} from 'openai/resources/responses/responses';
import type { ReasoningEffort } from 'openai/resources/shared';
import type { ModelContent, ModelFunction, ModelItem, ModelRequest, RunPython } from '../model.ts';
import { isObject } from '../remote/json.ts';
import { HOSTED_CALL, withHostedCalls } from './hosted-calls.ts';

/** So that reasoning can go back to a provider that has not kept it. */
export const ENCRYPTED: ResponseIncludable = 'reasoning.encrypted_content';

export const INCLUDE: ResponseIncludable[] = [ENCRYPTED];

/** The same, with what code put out that the provider has run: https://developers.openai.com/api/docs/guides/tools-code-interpreter */
export const INCLUDE_HOSTED: ResponseIncludable[] = [ENCRYPTED, 'code_interpreter_call.outputs'];

/** The Responses API's request for `request`. Nothing is kept at the provider: the whole input goes along. */
export function responseBody(request: ModelRequest): ResponseCreateParams {
  const { tools, toolChoice, python, temperature, topP, maxOutputTokens, reasoningEffort, responseFormat } =
    request;
  const instructions = request.instructions.toWellFormed();
  return {
    model: request.model,
    ...(instructions !== '' && { instructions }),
    input: withHostedCalls(request.items, python?.container).flatMap(inputItem),
    stream: true,
    store: false,
    include: python?.container === undefined ? INCLUDE : INCLUDE_HOSTED,
    ...(tools.length > 0 && {
      tools: tools.map((tool) => requestTool(tool, python)),
      ...(toolChoice !== 'auto' && {
        tool_choice: typeof toolChoice === 'string' ? toolChoice : namedTool(toolChoice.name, python),
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

/** A tool: a function of ours, or the provider's own code interpreter in the place of ours. */
function requestTool({ name, description, parameters, strict }: ModelFunction, python?: RunPython): Tool {
  if (python?.container !== undefined && name === python.name)
    return { type: 'code_interpreter', container: python.container };
  return {
    type: 'function',
    name,
    ...(description !== undefined && { description }),
    parameters,
    strict: strict ?? false,
  };
}

function namedTool(name: string, python?: RunPython): ToolChoiceFunction | ToolChoiceTypes {
  const isHosted = python?.container !== undefined && name === python.name;
  return isHosted ? { type: 'code_interpreter' } : { type: 'function', name };
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

/** What `answer.ts` gave out: reasoning, commentary and code that the provider ran, which go back as they came. */
function isOwnItem(item: unknown): item is ResponseInputItem {
  return isObject(item) && ['reasoning', 'message', HOSTED_CALL].includes(String(item.type));
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
