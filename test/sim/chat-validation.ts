import { Refusal } from './model-server.ts';

type Message = Record<string, unknown> & {
  role?: string;
  content?: unknown;
  tool_calls?: { id: string; function: { name: string } }[];
  tool_call_id?: string;
};

const PARAMETERS = new Set(
  'model messages stream stream_options tools tool_choice parallel_tool_calls temperature top_p max_tokens max_completion_tokens reasoning_effort response_format n stop seed user metadata store frequency_penalty presence_penalty'.split(
    ' ',
  ),
);
const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer'];

/** Refuses what OpenAI's Chat Completions endpoint refuses, in its words. */
export function validateChat(body: Record<string, unknown>): void {
  const unknown = Object.keys(body).find((key) => !PARAMETERS.has(key));
  if (unknown) throw invalid(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter');
  if (!Array.isArray(body.messages)) throw invalid("Missing required parameter: 'messages'.", 'messages');
  if (body.messages.length === 0) {
    throw invalid(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'messages',
      'empty_array',
    );
  }
  validateSettings(body);
  validateTools(body);
  for (const [at, message] of (body.messages as Message[]).entries()) validateMessage(message, at);
  validateCalls(body.messages as Message[]);
}

function validateSettings(body: Record<string, unknown>): void {
  if (body.stream_options !== undefined && body.stream !== true) {
    throw invalid(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      'stream_options',
    );
  }
  for (const [name, most] of [['temperature', 2] as const, ['top_p', 1] as const]) {
    const value = body[name];
    if (value === undefined) continue;
    if (typeof value !== 'number') throw invalid(`Invalid type for '${name}': expected a decimal.`, name);
    if (value < 0 || value > most) {
      const message = `Invalid '${name}': decimal above maximum value. Expected a value <= ${most}, but got ${value} instead.`;
      throw invalid(message, name, 'decimal_above_max_value');
    }
  }
}

function validateTools(body: Record<string, unknown>): void {
  const tools = body.tools as { type?: string; function?: { name?: string } }[] | undefined;
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    if (tools === undefined && body[name] !== undefined) {
      throw invalid(
        `Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`,
        name,
      );
    }
  }
  if (tools?.length === 0) throw invalid("Invalid 'tools': empty array.", 'tools', 'empty_array');
  for (const [at, tool] of (tools ?? []).entries()) {
    if (tool.type !== 'function')
      throw invalid(`Invalid value: '${tool.type}'. Supported values are: 'function'.`, `tools[${at}].type`);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(tool.function?.name ?? '')) {
      throw invalid(`Invalid 'tools[${at}].function.name': string does not match pattern.`, `tools[${at}]`);
    }
  }
}

function validateMessage(message: Message, at: number): void {
  if (!ROLES.includes(message.role ?? '')) {
    const supported = ROLES.map((role) => `'${role}'`).join(', ');
    throw invalid(
      `Invalid value: '${message.role}'. Supported values are: ${supported}.`,
      `messages[${at}].role`,
      'invalid_value',
    );
  }
  for (const [place, call] of (message.tool_calls ?? []).entries()) {
    const where = `messages[${at}].tool_calls[${place}]`;
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(call.function.name)) {
      throw invalid(
        `Invalid '${where}.function.name': string does not match pattern.`,
        where,
        'invalid_value',
      );
    }
    if (call.id.length > 40) {
      const message = `Invalid '${where}.id': string too long. Expected a string with maximum length 40, but got a string with length ${call.id.length} instead.`;
      throw invalid(message, where, 'string_above_max_length');
    }
  }
  const content = message.content ?? null;
  if (content === null && !(message.role === 'assistant' && message.tool_calls)) {
    throw invalid(`Invalid value for 'content': expected a string, got null.`, `messages.[${at}].content`);
  }
  if (content === null || typeof content === 'string') return;
  for (const part of content as { type?: string; text?: unknown; image_url?: { url?: string } }[]) {
    const fine =
      (part.type === 'text' && typeof part.text === 'string') ||
      (part.type === 'image_url' &&
        message.role === 'user' &&
        /^(https?|data):/.test(part.image_url?.url ?? ''));
    if (!fine) throw invalid(`Invalid content part in 'messages[${at}].content'.`, `messages[${at}].content`);
  }
}

/** Every call is answered right after it, and every answer belongs to a call. */
function validateCalls(messages: Message[]): void {
  let pending = new Set<string>();
  const unanswered = (at: number) =>
    invalid(
      `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...pending].join(', ')}`,
      `messages.[${at}].role`,
    );
  for (const [at, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!pending.delete(message.tool_call_id ?? '')) {
        throw invalid(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${at}].role`,
        );
      }
      continue;
    }
    if (pending.size > 0) throw unanswered(at);
    pending = new Set((message.tool_calls ?? []).map(({ id }) => id));
  }
  if (pending.size > 0) throw unanswered(messages.length);
}

/** DeepSeek's rule for its thinking mode. */
export function validateReasoning(body: Record<string, unknown>): void {
  for (const message of body.messages as Message[]) {
    if (message.tool_calls && typeof message.reasoning_content !== 'string') {
      const message = 'The `reasoning_content` in the thinking mode must be passed back to the API.';
      throw new Refusal(400, message, { code: 'invalid_request_error' });
    }
  }
}

function invalid(message: string, param: string, code?: string): Refusal {
  return new Refusal(400, message, { param, ...(code && { code }) });
}
