import { checkCodeTool, type SimContainers } from './containers.ts';
import { Refusal } from './model-server.ts';

type Item = Record<string, unknown> & { type?: string; role?: string; call_id?: string };

const PARAMETERS = new Set(
  'model input instructions stream store include tools tool_choice parallel_tool_calls temperature top_p max_output_tokens reasoning text previous_response_id metadata user truncation background context_management'.split(
    ' ',
  ),
);
const INCLUDABLE = [
  'reasoning.encrypted_content',
  'code_interpreter_call.outputs',
  'file_search_call.results',
  'message.input_image.image_url',
];
const ITEM_TYPES = ['message', 'function_call', 'function_call_output', 'reasoning', 'code_interpreter_call'];
const PART_TYPES: Record<string, string[]> = {
  user: ['input_text', 'input_image', 'input_file'],
  system: ['input_text'],
  developer: ['input_text'],
  assistant: ['output_text', 'refusal'],
};

/** Refuses what OpenAI's Responses endpoint refuses, in its words. */
export function validateResponses(body: Record<string, unknown>, containers: SimContainers): void {
  const unknown = Object.keys(body).find((key) => !PARAMETERS.has(key));
  if (unknown) throw invalid(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter');
  if (body.input === undefined) throw invalid("Missing required parameter: 'input'.", 'input');
  for (const [at, name] of ((body.include ?? []) as string[]).entries()) {
    if (!INCLUDABLE.includes(name))
      throw invalid(`Invalid value: '${name}'.`, `include[${at}]`, 'invalid_value');
  }
  if (body.background === true && body.store === false) {
    throw invalid('Background mode requires `store` to be true.', 'background');
  }
  validateTools(body);
  const container = containerOf(body, containers);
  if (typeof body.input === 'string') return;
  const input = body.input as Item[];
  for (const [at, item] of input.entries()) validateItem(item, at);
  validateCalls(input);
  validateReasoning(input);
  validateCode(input, container);
}

function validateTools(body: Record<string, unknown>): void {
  const tools = body.tools as { type?: string; name?: string; container?: unknown }[] | undefined;
  for (const [at, tool] of (tools ?? []).entries()) {
    if (tool.type === 'code_interpreter') checkCodeTool(tool, at);
    if (tool.type !== 'function') continue;
    if (!tool.name) throw invalid(`Missing required parameter: 'tools[${at}].name'.`, `tools[${at}].name`);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(tool.name)) {
      throw invalid(`Invalid 'tools[${at}].name': string does not match pattern.`, `tools[${at}].name`);
    }
  }
  if (tools === undefined && body.tool_choice !== undefined && typeof body.tool_choice === 'object') {
    throw invalid('Tool choice was specified without tools.', 'tool_choice');
  }
}

/** The container that the request names; one that it leaves to the provider is made with the answer. */
function containerOf(body: Record<string, unknown>, containers: SimContainers): string | undefined {
  const tools = (body.tools ?? []) as { type?: string; container?: unknown }[];
  const tool = tools.find(({ type }) => type === 'code_interpreter');
  const choice = body.tool_choice as { type?: string } | undefined;
  if (choice?.type === 'code_interpreter' && !tool)
    throw invalid("Tool choice 'code_interpreter' not found in 'tools' parameter.", 'tool_choice');
  return typeof tool?.container === 'string' ? containers.ofTool(tool.container).id : undefined;
}

/** Code that goes along ran in the container that the request names: https://github.com/pydantic/pydantic-ai/issues/7461 */
function validateCode(input: Item[], container: string | undefined): void {
  for (const [at, item] of input.entries()) {
    if (item.type !== 'code_interpreter_call' || item.container_id === container) continue;
    throw invalid(`Expected container_id: ${item.container_id}`, `input[${at}]`);
  }
}

function validateItem(item: Item, at: number): void {
  const type = item.type ?? 'message';
  if (!ITEM_TYPES.includes(type)) {
    const supported = ITEM_TYPES.map((name) => `'${name}'`).join(', ');
    throw invalid(
      `Invalid value: '${type}'. Supported values are: ${supported}.`,
      `input[${at}]`,
      'invalid_value',
    );
  }
  const required: Record<string, string[]> = {
    function_call: ['call_id', 'name', 'arguments'],
    function_call_output: ['call_id', 'output'],
    reasoning: ['summary'],
    code_interpreter_call: ['id', 'code', 'container_id', 'outputs'],
    message: ['role', 'content'],
  };
  for (const name of required[type] ?? []) {
    if (item[name] === undefined) {
      throw invalid(
        `Missing required parameter: 'input[${at}].${name}'.`,
        `input[${at}].${name}`,
        'missing_required_parameter',
      );
    }
  }
  if (type === 'function_call' && !/^[a-zA-Z0-9_-]{1,64}$/.test(String(item.name))) {
    throw invalid(`Invalid 'input[${at}].name': string does not match pattern.`, `input[${at}].name`);
  }
  if (String(item.call_id ?? '').length > 64) {
    throw invalid(`Invalid 'input[${at}].call_id': string too long.`, `input[${at}].call_id`);
  }
  if (type !== 'message') return;
  const allowed = PART_TYPES[item.role ?? ''];
  if (!allowed) {
    throw invalid(
      `Invalid value: '${item.role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`,
      `input[${at}]`,
      'invalid_value',
    );
  }
  if (typeof item.content === 'string') return;
  for (const [place, part] of (item.content as { type: string }[]).entries()) {
    if (allowed.includes(part.type)) continue;
    const supported = allowed.map((name) => `'${name}'`).join(', ');
    const message = `Invalid value: '${part.type}'. Supported values are: ${supported}.`;
    throw invalid(message, `input[${at}].content[${place}]`, 'invalid_value');
  }
}

function validateCalls(input: Item[]): void {
  const called = new Set<unknown>();
  for (const { type, call_id } of input) {
    if (type === 'function_call') called.add(call_id);
    if (type === 'function_call_output' && !called.has(call_id)) {
      throw invalid(`No tool call found for function call output with call_id ${call_id}.`, 'input');
    }
  }
  const answered = new Set(
    input.filter(({ type }) => type === 'function_call_output').map(({ call_id }) => call_id),
  );
  for (const call of called) {
    if (!answered.has(call as string))
      throw invalid(`No tool output found for function call ${call}.`, 'input');
  }
}

/** This server keeps nothing, so reasoning must bring its content along, and what it led to must follow. */
function validateReasoning(input: Item[]): void {
  for (const [at, item] of input.entries()) {
    if (item.type !== 'reasoning') continue;
    if (!item.encrypted_content) {
      throw new Refusal(
        404,
        `Item with id '${item.id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
        { param: 'input' },
      );
    }
    const next = input[at + 1];
    const led =
      ['function_call', 'reasoning', 'code_interpreter_call'].includes(next?.type ?? '') ||
      next?.role === 'assistant';
    if (!led) {
      throw invalid(
        `Item '${item.id}' of type 'reasoning' was provided without its required following item.`,
        'input',
      );
    }
  }
}

function invalid(message: string, param: string, code?: string): Refusal {
  return new Refusal(400, message, { param, ...(code && { code }) });
}
