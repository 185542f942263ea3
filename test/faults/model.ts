import { startChatCompletions } from '../sim/chat-completions.ts';
import { refusal } from '../sim/demands.ts';
import type { Frame, ModelServer, RawReply, Reply, Trouble } from '../sim/model-server.ts';
import { answerText, codeFor, outputsIn, type Question, questionsIn } from './questions.ts';
import { Random } from './random.ts';
import type { Weighted } from './schedule.ts';

export const MODEL = 'counter';

/** What the next request meets: how many requests for its questions are refused, or what becomes of its stream. */
interface Fault {
  readonly refusals?: readonly RawReply[];
  trouble?(random: Random, frames: number): Trouble;
  /** Bobbin need not come through, and says so. */
  readonly isFinal?: true;
}

const FAILED = refusal(503, 'The engine is currently overloaded, please try again later.');
const DOWN = refusal(500, 'The server had an error while processing your request.');
const LIMITED: RawReply = { ...refusal(429, 'Rate limit reached.'), headers: { 'retry-after': '1' } };

/** A question is asked three times before its turn fails. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'model 429': { refusals: [LIMITED] },
  'model 5xx': { refusals: [FAILED] },
  'model out of order': { refusals: [DOWN, DOWN, DOWN], isFinal: true },
  'model stream cut at once': { trouble: () => ({ cutAt: 1 }) },
  'model stream cut': {
    trouble: (random, frames) => ({ cutAt: random.integer(2, Math.max(2, frames)) }),
    isFinal: true,
  },
  'model stall': {
    trouble: (random, frames) => ({
      pauseAt: { frame: random.integer(0, frames), ms: random.integer(1_000, 4_000) },
    }),
  },
};

export const MODEL_FAULTS: readonly Weighted[] = [
  [2, 'model 429'],
  [2, 'model 5xx'],
  [1, 'model out of order'],
  [2, 'model stream cut at once'],
  [1, 'model stream cut'],
  [2, 'model stall'],
];

/** So often the model calls Python before it goes on without an output. */
const MOST_CALLS = 4;

type Message = { readonly role: string; readonly content?: unknown };
type Body = Record<string, unknown>;

/**
 * The model of all processes, with a server for each, so that it is known which process lets what be written. It answers
 * all questions that it is asked at once, each with its words.
 */
export class Model {
  readonly #questions = new Map<number, Question>();
  readonly #servers: ModelServer[] = [];
  readonly #writing: Map<symbol, readonly number[]>[] = [];
  readonly #refusals = new Map<string, RawReply[]>();
  /** The questions of requests that were struck when they came last: faults do not pile up to more than Bobbin survives. */
  readonly #struck = new Set<string>();
  #armed: { fault: Fault; random: Random }[] = [];
  /** The questions of each turn that was made to fail for good. */
  readonly failedTurns: (readonly number[])[] = [];
  #heard: (questions: readonly number[]) => void = () => {};

  static async start(servers: number): Promise<Model> {
    const model = new Model();
    for (let index = 0; index < servers; index++) await model.#serve(index);
    return model;
  }

  url(replica: number): string {
    return this.#servers[replica]?.url ?? '';
  }

  /** Hears of each request whose questions are answered now. */
  watch(heard: (questions: readonly number[]) => void): void {
    this.#heard = heard;
  }

  /** Tells it what to answer. */
  learn(question: Question): void {
    this.#questions.set(question.number, question);
  }

  /** Lets the next request go wrong. @param name One of `MODEL_FAULTS`. */
  fails(name: string, seed: number): void {
    const fault = FAULTS[name];
    if (fault) this.#armed.push({ fault, random: new Random(seed) });
  }

  /** Nothing that was ordered goes wrong any more. */
  calmDown(): void {
    this.#armed = [];
    this.#refusals.clear();
  }

  /** The questions whose answers a process is being sent at this moment. */
  writingFor(replica: number): number[] {
    return [...(this.#writing[replica]?.values() ?? [])].flat();
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  async #serve(replica: number): Promise<void> {
    const writing = new Map<symbol, readonly number[]>();
    this.#writing[replica] = writing;
    const server = await startChatCompletions({
      models: [MODEL],
      demands: [(body) => this.#refuse(body)],
      answer: (body) => this.#answer(body, writing),
    });
    this.#servers[replica] = server;
  }

  #refuse(body: Body): RawReply | undefined {
    const { asked } = situationIn(body);
    const key = asked.join();
    const left = this.#refusals.get(key) ?? [];
    const armed = left.length > 0 ? undefined : this.#take(asked, ({ refusals }) => refusals !== undefined);
    const [first, ...others] = armed?.fault.refusals ?? left;
    this.#refusals.set(key, others);
    if (first) this.#struck.add(key);
    return first;
  }

  #answer(body: Body, writing: Map<symbol, readonly number[]>): Reply {
    const situation = situationIn(body);
    const { asked } = situation;
    this.#heard(asked);
    const { pieces, call, everyMs } = this.#round(situation);
    const armed = this.#take(asked, ({ trouble }) => trouble !== undefined);
    if (!armed) this.#struck.delete(asked.join());
    const trouble = armed?.fault.trouble?.(armed.random, pieces.length);
    const id = Symbol('answer');
    writing.set(id, asked);
    return {
      text: [...pieces],
      ...(call && {
        toolCalls: [
          {
            name: 'code_interpreter',
            id: `call_${call.number}`,
            arguments: JSON.stringify({ code: codeFor(call) }),
          },
        ],
      }),
      trouble: { delayMs: everyMs, ...trouble },
      onFrame: (frame) => isLast(frame) && writing.delete(id),
      onClose: () => writing.delete(id),
    };
  }

  #take(
    asked: readonly number[],
    fits: (fault: Fault) => boolean,
  ): { fault: Fault; random: Random } | undefined {
    const key = asked.join();
    const armed = this.#struck.has(key) ? undefined : this.#armed.find(({ fault }) => fits(fault));
    if (!armed) return undefined;
    this.#armed = this.#armed.filter((one) => one !== armed);
    this.#struck.add(key);
    if (armed.fault.isFinal) this.failedTurns.push(asked);
    return armed;
  }

  /** What comes up to the next call of Python, or up to the end. */
  #round({ asked, outputs, calls }: Asking): Round {
    const segments = asked.flatMap((number) => segmentsOf(this.#questions.get(number)));
    const hasRun = ({ number }: Question) => outputs.has(number) || calls >= MOST_CALLS;
    const start = segments.findLastIndex(({ call }) => call && hasRun(call)) + 1;
    const end = segments.findIndex(({ call }, index) => index >= start && call);
    const round = segments.slice(start, end < 0 ? undefined : end + 1);
    const call = round.at(-1)?.call;
    // Python that brought nothing is tried again, without a word.
    const isSaid = call !== undefined && calls > outputs.size;
    const texts = isSaid ? [] : round.map(({ pieces }) => pieces).filter((pieces) => pieces.length > 0);
    return {
      pieces: texts.flatMap((pieces, index) => (index === 0 ? pieces : ['\n\n', ...pieces])),
      call,
      everyMs: paceOf(round),
    };
  }
}

/** So that answers to several questions take as long as each by itself: a short one may be written slowly. */
function paceOf(round: readonly Segment[]): number {
  const pieces = round.reduce((sum, segment) => sum + segment.pieces.length, 0);
  const writing = round.reduce((sum, segment) => sum + segment.pieces.length * segment.everyMs, 0);
  return pieces === 0 ? 0 : Math.round(writing / pieces);
}

/** What a request asks for. */
interface Asking {
  /** The questions since the model last answered. */
  readonly asked: readonly number[];
  /** Those whose Python has run since then, and how many calls were answered. */
  readonly outputs: ReadonlySet<number>;
  readonly calls: number;
}

interface Segment {
  readonly pieces: readonly string[];
  readonly everyMs: number;
  /** Whose Python comes after it. */
  readonly call: Question | undefined;
}

type Round = Segment;

function segmentsOf(question: Question | undefined): Segment[] {
  if (!question) return [];
  const { words, codeAfter, pace } = question;
  const segment = (from: number, to: number, call?: Question) => ({
    pieces: piecesOf(answerText(question, from, to), pace.words),
    everyMs: pace.everyMs,
    call,
  });
  if (codeAfter === undefined) return [segment(1, words)];
  return [segment(1, codeAfter, question), segment(codeAfter + 1, words)];
}

function piecesOf(text: string, wordsOfOne: number): string[] {
  return text.match(new RegExp(`(?:\\S+\\s*){1,${wordsOfOne}}`, 'g')) ?? [];
}

function situationIn({ messages }: Body): Asking {
  const said = messages as readonly Message[];
  const last = said.findLastIndex(({ role }) => role === 'user');
  const first = said.findLastIndex(({ role }, index) => index < last && role !== 'user') + 1;
  const outputs = said.slice(last + 1).filter(({ role }) => role === 'tool');
  return {
    asked: questionsIn(
      said
        .slice(first, last + 1)
        .map(textOf)
        .join('\n'),
    ),
    outputs: new Set(outputsIn(outputs.map(textOf).join('\n'))),
    calls: outputs.length,
  };
}

function textOf({ content }: Message): string {
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}

function isLast({ data }: Frame): boolean {
  return Boolean(Object(Object(data).choices?.[0]).finish_reason);
}
