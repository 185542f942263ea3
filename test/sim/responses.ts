import { KeptResponses } from './background.ts';
import { SimContainers } from './containers.ts';
import { HostedRun } from './hosted-code.ts';
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
import { validateResponses } from './responses-validation.ts';
import { simAssistant } from './sim-assistant.ts';

type Body = Record<string, unknown>;
type Item = Record<string, unknown> & { id: string; type: string };

export interface ResponsesOptions extends ServerOptions {
  /** Parameters that are answered with a 400, in OpenAI's words. */
  refuses?: string[];
  /** What comes before the answer as a message with `phase: commentary`. */
  commentary?: string;
  /** A server that runs no code itself: it has no containers, and no tool but functions. */
  hostsCode?: false;
  /** The largest file that a container takes, in bytes. */
  largestFile?: number;
  /** What is answered when the test has not said what comes next. */
  answer?: (body: Record<string, unknown>) => Reply;
}

export interface ResponsesServer extends ModelServer {
  /** The status of each response that was made and asked to be kept, oldest first. */
  statuses(): string[];
  containers: SimContainers;
  /** So many milliseconds go by, for what is kept. */
  pass(ms: number): void;
}

/** A strict Responses server on 127.0.0.1. */
export async function startResponses(options: ResponsesOptions = {}): Promise<ResponsesServer> {
  const kept = new KeptResponses();
  const containers = new SimContainers(options.largestFile);
  const answers = new WeakMap<Body, SimAnswer>();
  /** The one answer to a request. */
  const answerOf = (reply: Reply, body: Body) => {
    const made = answers.get(body) ?? new SimAnswer(reply, body, options, containers);
    answers.set(body, made);
    return made;
  };
  const server = await startModelServer(
    {
      path: '/responses',
      done: false,
      validate(body) {
        for (const parameter of options.refuses ?? []) refuse(parameter, body);
        if (options.hostsCode === false) refuseCode(body);
        validateResponses(body, containers);
      },
      answer: options.answer ?? responsesAnswer,
      frames: (reply, body) => answerOf(reply, body).frames(),
      whole: (reply, body) => answerOf(reply, body).whole(),
      async more(request, response, bytes) {
        const mayHost = options.hostsCode !== false;
        if (mayHost && (await containers.handle(request, response, bytes))) return true;
        return kept.handle(request, response);
      },
      async special(reply, body, out) {
        if (body.store === false) return false;
        const id = kept.newId();
        const made = answerOf(reply, body);
        const whole = response(reply, body, made.items, id);
        if (body.background !== true) kept.keep(id, body, whole);
        else await kept.begin(id, reply, body, made.frames(id), whole, out);
        return body.background === true;
      },
    },
    options,
  );
  return Object.assign(server, {
    statuses: () => kept.statuses,
    containers,
    pass(ms: number) {
      kept.pass(ms);
      containers.pass(ms);
    },
  });
}

function refuse(parameter: string, body: Body): void {
  if (body[parameter] === undefined || (parameter === 'stream' && body.stream === false)) return;
  if (parameter === 'include' && !(body.include as string[]).includes('reasoning.encrypted_content')) return;
  const message =
    parameter === 'include'
      ? 'Encrypted content is not supported with this model.'
      : `Unsupported parameter: '${parameter}' is not supported with this model.`;
  throw new Refusal(400, message, { param: parameter });
}

/** In the words of servers that know functions only. */
function refuseCode({ tools }: Body): void {
  const at = ((tools ?? []) as { type: string }[]).findIndex(({ type }) => type === 'code_interpreter');
  if (at === -1) return;
  const message = "Invalid value: 'code_interpreter'. Supported values are: 'function'.";
  throw new Refusal(400, message, { param: `tools[${at}].type`, code: 'invalid_value' });
}

function responsesAnswer(body: Body): Reply {
  const input = (
    typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input
  ) as Body[];
  const lastUser = input.findLastIndex(({ role }) => role === 'user');
  const answered = input.slice(lastUser + 1).findLast(({ type }) => type === 'function_call_output');
  const content = input[lastUser]?.content ?? '';
  const parts = Array.isArray(content) ? (content as { text?: string }[]) : [{ text: String(content) }];
  return simAssistant({
    question: parts.map(({ text }) => text ?? '').join(''),
    ...(answered && { output: String(answered.output) }),
    functions: ((body.tools ?? []) as { name: string }[]).map(({ name }) => name),
  });
}

/** One answer, with what it does in its container. */
class SimAnswer {
  readonly items: Item[];
  readonly #reply: Reply;
  readonly #body: Body;
  readonly #run: HostedRun;

  constructor(reply: Reply, body: Body, options: ResponsesOptions, containers: SimContainers) {
    this.#reply = reply;
    this.#body = body;
    this.#run = new HostedRun(containers, body);
    this.items = output(reply, body, options, this.#run);
  }

  frames(id?: string): Frame[] {
    return frames(this.#reply, this.#body, this.items, this.#run, id);
  }

  /** The whole answer, once it is made. */
  whole(): Record<string, unknown> {
    for (const { effect } of this.frames()) effect?.();
    return response(this.#reply, this.#body, this.items);
  }
}

/** The finished output items of an answer. */
function output(reply: Reply, body: Body, { commentary }: ResponsesOptions, run: HostedRun): Item[] {
  const message = (id: string, content: object[], phase?: string): Item => ({
    id,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content,
    ...(phase && { phase }),
  });
  const text = (value: string) => ({
    type: 'output_text',
    text: value,
    annotations: run.annotations(value),
    logprobs: [],
  });
  const items: Item[] = [];
  if (reply.reasoning !== undefined) {
    items.push({ id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: btoa(reply.reasoning) });
  }
  if (commentary !== undefined) items.push(message('msg_0', [text(commentary)], 'commentary'));
  for (const [at, call] of (reply.hosted ?? []).entries()) {
    if (call.says !== undefined) items.push(message(`msg_h${at}`, [text(call.says)]));
    items.push(run.item(call, body.include));
  }
  const content = [
    ...(reply.text === undefined ? [] : [text(joined(reply.text))]),
    ...(reply.refusal === undefined ? [] : [{ type: 'refusal', refusal: reply.refusal }]),
  ];
  if (content.length > 0) items.push(message('msg_1', content, commentary && 'final_answer'));
  for (const [at, call] of (reply.toolCalls ?? []).entries()) {
    const { name } = call;
    const call_id = call.id ?? `call_${at}`;
    items.push({
      id: `fc_${at}`,
      type: 'function_call',
      status: 'completed',
      call_id,
      name,
      arguments: joined(call.arguments),
    });
  }
  return items;
}

function frames(reply: Reply, body: Body, items: Item[], run: HostedRun, id?: string): Frame[] {
  const done = response(reply, body, items, id);
  const begun = { ...done, status: 'in_progress', output: [], usage: null, incomplete_details: null };
  const queued = { ...begun, status: 'queued' };
  const events = [
    ...(body.background === true
      ? [
          { type: 'response.created', response: queued },
          { type: 'response.queued', response: queued },
        ]
      : [{ type: 'response.created', response: begun }]),
    { type: 'response.in_progress', response: begun },
    ...items.flatMap((item, output_index) => itemEvents(reply, item, output_index, run)),
    ...(reply.trouble?.noReason === undefined
      ? [
          {
            type: `response.${done.status}`,
            response: done,
          },
        ]
      : []),
  ];
  return events.map(({ effect, ...event }: SimEvent, sequence_number) => ({
    event: event.type,
    data: { ...event, sequence_number },
    ...(effect && { effect }),
  }));
}

interface SimEvent {
  type: string;
  effect?: () => void;
}

const EMPTY: Record<string, object> = {
  message: { content: [] },
  function_call: { arguments: '' },
  code_interpreter_call: { code: '', outputs: null },
};

function itemEvents(reply: Reply, item: Item, output_index: number, run: HostedRun): SimEvent[] {
  const at = { output_index, item_id: item.id };
  const empty = EMPTY[item.type];
  const added = { ...item, ...empty, status: 'in_progress' };
  return [
    { type: 'response.output_item.added', output_index, item: added },
    ...(item.type === 'message' ? messageEvents(reply, item, at, run) : []),
    ...(item.type === 'code_interpreter_call' ? run.events(item, at) : []),
    ...(item.type === 'function_call' ? callEvents(reply, item, at) : []),
    { type: 'response.output_item.done', output_index, item },
  ] as SimEvent[];
}

function messageEvents(reply: Reply, item: Item, at: object, run: HostedRun): object[] {
  const parts = item.content as { type: string; text?: string; refusal?: string; annotations?: object[] }[];
  return parts.flatMap((part, content_index) => {
    const value = part.text ?? part.refusal ?? '';
    const kind = part.type === 'refusal' ? 'response.refusal' : 'response.output_text';
    const deltas = part.text === joined(reply.text) ? pieces(reply.text) : pieces(value);
    const empty = part.type === 'refusal' ? { ...part, refusal: '' } : { ...part, text: '', annotations: [] };
    return [
      { type: 'response.content_part.added', ...at, content_index, part: empty },
      ...deltas.map((delta) => ({ type: `${kind}.delta`, ...at, content_index, delta })),
      ...(part.annotations ?? []).map((annotation, annotation_index) => ({
        type: 'response.output_text.annotation.added',
        ...at,
        content_index,
        annotation_index,
        annotation,
        effect: () => run.cite(),
      })),
      { type: `${kind}.done`, ...at, content_index, [part.type === 'refusal' ? 'refusal' : 'text']: value },
      { type: 'response.content_part.done', ...at, content_index, part },
    ];
  });
}

function callEvents(reply: Reply, item: Item, at: object): object[] {
  const call = reply.toolCalls?.[Number(item.id.slice(3))];
  const parts = Array.isArray(call?.arguments)
    ? call.arguments
    : (joined(call?.arguments).match(/[\s\S]{1,7}/g) ?? []);
  return [
    ...parts.map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
    { type: 'response.function_call_arguments.done', ...at, arguments: item.arguments },
  ];
}

function response(reply: Reply, body: Body, items: Item[], id = 'resp_sim'): Record<string, unknown> {
  const { prompt, completion } = reply.usage ?? { prompt: 10, completion: 5 };
  const reason = reply.finish === 'length' ? 'max_output_tokens' : reply.finish;
  const incomplete = reply.finish === 'length' || reply.finish === 'content_filter';
  return {
    id,
    object: 'response',
    created_at: 1,
    status: reply.fails ? 'failed' : incomplete ? 'incomplete' : 'completed',
    error: reply.fails ? { code: 'server_error', message: reply.fails } : null,
    background: body.background ?? false,
    incomplete_details: incomplete ? { reason } : null,
    model: body.model,
    output: items,
    store: body.store ?? true,
    usage: {
      input_tokens: prompt,
      output_tokens: completion,
      total_tokens: prompt + completion,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  };
}
