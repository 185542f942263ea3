import type { RawReply } from './model-server.ts';

/**
 * What servers that call themselves compatible refuse, beyond what OpenAI's do: some of them refuse each. A demand gives
 * the refusal, in the words of a server that makes it.
 */
export type Demand = (body: Record<string, unknown>, bytes: number) => RawReply | undefined;

type Part = { type?: string; text?: string };
type Turn = Record<string, unknown> & { role?: string; type?: string; content?: unknown };
type Call = { id?: string; name?: string; arguments?: string };

/** The error's message in OpenAI's form. */
export function refusal(status: number, message: string, fields: object = {}): RawReply {
  return {
    status,
    body: { error: { message, type: 'invalid_request_error', param: null, code: null, ...fields } },
  };
}

/** A model without eyes: its server gives `answer` to any picture. */
export function noImages(answer: RawReply): Demand {
  return (body) => (partsOf(body).some(({ type }) => /image/.test(type ?? '')) ? answer : undefined);
}

/** One picture that cannot be read: that whose address holds `mark`. */
export function noImageOf(mark: string, answer: RawReply): Demand {
  return (body) => (partsOf(body).some((part) => isImageOf(part, mark)) ? answer : undefined);
}

/** A content filter over everything that is said, called and put out. */
export function filter(pattern: RegExp, answer: RawReply): Demand {
  return (body) => (pattern.test(JSON.stringify(turnsOf(body))) ? answer : undefined);
}

/** A proxy in front of the server, which answers with a web page. */
export function largestBody(limit: number): Demand {
  const body = '<html><head><title>413 Request Entity Too Large</title></head><body>nginx</body></html>';
  return (_, bytes) => (bytes > limit ? { status: 413, body } : undefined);
}

/** A chat template in which a person and the model take turns. */
export function takingTurns(answer: RawReply): Demand {
  return (body) => {
    const roles = turnsOf(body).flatMap((turn) => roleOf(turn) ?? []);
    const spoken = roles.filter((role) => role !== 'system');
    const wrong =
      spoken[0] !== 'user' ||
      spoken.at(-1) === 'assistant' ||
      spoken.some((role, at) => role === 'user' && ['user', 'tool'].includes(spoken[at - 1] ?? ''));
    return wrong ? answer : undefined;
  };
}

/** A model that knows no instructions but those of people. */
export function noSystem(answer: RawReply): Demand {
  return (body) => {
    const has = body.instructions !== undefined || turnsOf(body).some(({ role }) => role === 'system');
    return has ? answer : undefined;
  };
}

export function callIds(form: RegExp, answer: RawReply): Demand {
  return (body) => {
    const calls = callsOf(body);
    const ids = new Set(calls.map(({ id }) => id));
    const wrong = ids.size < calls.length || calls.some(({ id }) => !form.test(id ?? ''));
    return wrong ? answer : undefined;
  };
}

/** What Anthropic, Gemini and Mistral want of calls: a name of a function, and a JSON object. */
export const soundCalls: Demand = (body) => {
  for (const { name = '', arguments: args = '' } of callsOf(body)) {
    if (!/^[a-zA-Z_][\w-]{0,63}$/.test(name)) return refusal(400, `Invalid function name: ${name}`);
    if (!isObject(args)) return refusal(400, `Function arguments are not a JSON object: ${args}`);
  }
  return undefined;
};

/** What Bedrock and Anthropic refuse: blank text. */
export const nothingBlank: Demand = (body) => {
  const texts = turnsOf(body).flatMap((turn) => [
    ...(Array.isArray(turn.content) ? (turn.content as Part[]).map(({ text }) => text) : [turn.content]),
    turn.output,
  ]);
  const isBlank = texts.some((text) => typeof text === 'string' && text.trim() === '');
  return isBlank ? refusal(400, 'messages: text content blocks must contain non-whitespace text') : undefined;
};

/** At least one message of a person: a system message alone is no conversation. */
export const someQuestion: Demand = (body) =>
  turnsOf(body).some(({ role }) => role === 'user')
    ? undefined
    : refusal(400, 'messages: at least one message is required');

function turnsOf(body: Record<string, unknown>): Turn[] {
  const turns = body.messages ?? body.input ?? [];
  return Array.isArray(turns) ? (turns as Turn[]) : [{ role: 'user', content: turns }];
}

function partsOf(body: Record<string, unknown>): Part[] {
  return turnsOf(body).flatMap(({ content }) => (Array.isArray(content) ? (content as Part[]) : []));
}

function isImageOf(part: Part, mark: string): boolean {
  return /image/.test(part.type ?? '') && JSON.stringify(part).includes(mark);
}

function roleOf({ role, type }: Turn): string | undefined {
  if (type === 'function_call') return 'assistant';
  return type === 'function_call_output' ? 'tool' : role;
}

function callsOf(body: Record<string, unknown>): Call[] {
  return turnsOf(body).flatMap((turn): Call[] => {
    if (turn.type === 'function_call') return [{ ...(turn as Call), id: String(turn.call_id) }];
    const calls = (turn.tool_calls ?? []) as { id: string; function: Call }[];
    return calls.map((call) => ({ ...call.function, id: call.id }));
  });
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
