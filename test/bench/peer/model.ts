import { startChatCompletions } from '../../sim/chat-completions.ts';
import type { Frame, ModelServer, Reply } from '../../sim/model-server.ts';

/** What the model is to write when a question names it. */
export interface Script {
  text: string;
  /** Characters of each piece. */
  piece: number;
  /** Milliseconds before each piece. */
  everyMs: number;
}

/** How far the model has come with one answer, in milliseconds of `Date.now()`. */
export interface Writing extends Script {
  askedAt: number | undefined;
  firstAt: number | undefined;
  lastAt: number | undefined;
  /** Calls back at the last piece, before anybody can have shown it. */
  onLast: () => void;
}

/** The name by which a question asks for an answer. */
const NAMED = /answer-(\w+)/g;

/** The model that both bots use: a Chat Completions server which writes what was planned, at the planned pace. */
export class BenchModel {
  readonly #server: ModelServer;
  readonly #writings: Map<string, Writing>;

  private constructor(server: ModelServer, writings: Map<string, Writing>) {
    this.#server = server;
    this.#writings = writings;
  }

  static async start(): Promise<BenchModel> {
    const writings = new Map<string, Writing>();
    const answer = (body: Record<string, unknown>) => replyTo(nameIn(body), writings);
    return new BenchModel(await startChatCompletions({ models: ['bench'], answer }), writings);
  }

  get url(): string {
    return this.#server.url;
  }

  /** What the newest user message with `answer-NAME` in it will be answered. */
  plan(name: string, script: Script): Writing {
    const writing: Writing = {
      ...script,
      askedAt: undefined,
      firstAt: undefined,
      lastAt: undefined,
      onLast: () => {},
    };
    this.#writings.set(name, writing);
    return writing;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

function nameIn(body: Record<string, unknown>): string {
  const messages = Array.isArray(body.messages) ? body.messages : [];
  const asked = messages.findLast(({ role }) => role === 'user');
  return [...JSON.stringify(asked ?? '').matchAll(NAMED)].at(-1)?.[1] ?? '';
}

function replyTo(name: string, writings: ReadonlyMap<string, Writing>): Reply {
  const writing = writings.get(name);
  if (writing === undefined) return { text: 'Hello.' };
  writing.askedAt ??= Date.now();
  const text = writing.text.match(new RegExp(`[^]{1,${writing.piece}}`, 'g')) ?? [];
  let left = text.length;
  const onFrame = (frame: Frame) => {
    if (!contentOf(frame)) return;
    left -= 1;
    writing.firstAt ??= Date.now();
    if (left > 0) return;
    writing.lastAt ??= Date.now();
    writing.onLast();
  };
  return { text, trouble: { delayMs: writing.everyMs }, onFrame };
}

function contentOf({ data }: Frame): unknown {
  return Object(Object(data).choices?.[0]).delta?.content;
}
