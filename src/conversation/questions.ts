import type { OpenAI } from 'openai';
import type { Message } from 'openai/resources/beta/threads/messages';
import { CONTEXT_KIND } from './erasure/erasure.ts';
import { unlessGone } from './thread/gone.ts';
import type { ThreadMap } from './thread/thread-map.ts';

/** What was asked of one answer. */
export interface Question {
  /** The platform's id of the message that asked it, the first one where there are several. */
  readonly message: string;
  /** The ids of the others. */
  readonly more: readonly string[];
  readonly question: string;
}

/** Looks up what people asked, in the threads of their conversations. */
export class Questions {
  readonly #client: OpenAI;
  readonly #threads: Pick<ThreadMap, 'idOf'>;

  constructor(client: OpenAI, threads: Pick<ThreadMap, 'idOf'>) {
    this.#client = client;
    this.#threads = threads;
  }

  /**
   * The question to which an answer was given; undefined when nothing is known of it any more.
   * @param answered The first or last message that it answers, or the wish to have it anew; the latest when left out.
   */
  async find(conversation: string, answered?: string): Promise<Question | undefined> {
    const thread = await this.#threads.idOf(conversation);
    if (thread === undefined) return undefined;
    const { messages } = this.#client.beta.threads;
    const all = await Array.fromAsync(messages.list(thread, { order: 'asc', limit: 100 })).catch(unlessGone);
    const turns = turnsOf(all ?? []);
    const turn =
      answered === undefined
        ? turns.at(-1)
        : (turns.findLast(({ asked }) => asked.some((message) => idOf(message) === answered)) ??
          (await this.#turnOfRun(thread, turns, answered)));
    return turn && questionOf(turn.asked);
  }

  /** An answer that was wished for anew answers no message of its own; its run knows the wish. */
  async #turnOfRun(thread: string, turns: readonly AskedAndAnswered[], answered: string) {
    for await (const { id, metadata } of this.#client.beta.threads.runs.list(thread, {
      order: 'desc',
      limit: 100,
    }))
      if (Object(metadata).turn === answered)
        return turns.findLast(({ answers }) => answers.some(({ run_id }) => run_id === id));
    return undefined;
  }
}

interface AskedAndAnswered {
  readonly asked: Message[];
  readonly answers: Message[];
}

/** What people wrote before each answer, with that answer. */
function turnsOf(messages: readonly Message[]): AskedAndAnswered[] {
  const turns: AskedAndAnswered[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (message.role !== 'user') last?.answers.push(message);
    else if (idOf(message) === undefined) continue;
    else if (last && last.answers.length === 0) last.asked.push(message);
    else turns.push({ asked: [message], answers: [] });
  }
  return turns;
}

/** The platform's id of a person's message; what was read for one turn only has none. */
function idOf({ metadata }: Message): string | undefined {
  const { message, kind } = Object(metadata);
  return typeof message === 'string' && kind !== CONTEXT_KIND ? message : undefined;
}

function questionOf(asked: readonly Message[]): Question | undefined {
  const [message, ...more] = asked.flatMap((one) => idOf(one) ?? []);
  if (message === undefined) return undefined;
  const texts = asked.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === 'text' ? [part.text.value] : [])),
  );
  return { message, more, question: texts.join('\n').trim() };
}
