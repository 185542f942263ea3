import { setTimeout as delay } from 'node:timers/promises';
import type { OpenAI } from 'openai';
import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { Logger } from '../../log.ts';
import type { IncomingMessage } from '../../platform.ts';
import { isOfHosts, keyOf } from '../../reply/links/address.ts';
import { keysIn, keysOfCall } from '../../reply/links/known.ts';
import type { Verdict } from '../../reply/links/rules.ts';
import { emptyTranscript, foldStep, type Transcript } from '../../reply/transcript/transcript.ts';
import type { ToolCall } from '../../view.ts';

/** The newest messages and runs of a conversation that addresses are looked for in: more than any model reads. */
const MOST_MESSAGES = 500;
const MOST_RUNS = 30;

/** A page of the API's lists. */
const PAGE = 100;

/** So long an answer waits for what was said before, in ms; addresses that are not found by then are no links. */
const PATIENCE_MS = 5_000;

const NOT_LOOKED_THROUGH =
  'what was said before could not be looked through for addresses: unknown ones are no links';

/** The passages that searches found, which the API tells only who asks for them. */
const WITH_PASSAGES = ['step_details.tool_calls[*].file_search.results[*].content'] as const;

export interface ConversationLinksOptions {
  client: Pick<OpenAI, 'beta'>;
  /** Hosts whose addresses are always links. */
  hosts: readonly string[];
  /** What is answered. */
  messages: readonly IncomingMessage[];
  assistantId: string;
  threadId: () => Promise<string | undefined>;
  /** Is told when verdicts may have changed. */
  onNews: () => void;
  log: Logger;
}

/**
 * Which addresses of an answer are links: those that stand in what people wrote, in what tools and searches found in this
 * conversation, or in the assistant's instructions. What was said before is asked of the server only for an answer with an
 * address that is not known from this turn.
 */
export class ConversationLinks {
  readonly #options: ConversationLinksOptions;
  readonly #known: Set<string>;
  /** The tool calls that are looked through, as they were then. */
  readonly #heeded = new WeakSet<ToolCall>();
  /** For how many searches of the run the server was asked; undefined before the first time. */
  #asked: number | undefined;
  #asking: Promise<void> | undefined;

  constructor(options: ConversationLinksOptions) {
    this.#options = options;
    const texts = options.messages.flatMap(({ text, context = [], attachments = [] }) => [
      text,
      ...context.map((said) => said.text),
      ...attachments.map(({ name }) => name),
    ]);
    this.#known = keysIn(texts.join('\n'));
  }

  /** @param transcript The run's, as far as it is known. */
  verdict(address: string, transcript: Transcript): Verdict {
    if (isOfHosts(address, this.#options.hosts)) return 'link';
    const key = keyOf(address);
    if (key === undefined) return 'text';
    if (this.#known.has(key)) return 'link';
    this.#heed(transcript);
    if (this.#known.has(key)) return 'link';
    if (this.#asked === searchesIn(transcript)) return 'text';
    this.#ask(transcript);
    return 'unsure';
  }

  /** Returns when nothing is being asked. Never rejects. */
  async settled(): Promise<void> {
    await this.#asking;
  }

  #heed(transcript: Transcript): void {
    for (const call of callsOf(transcript)) {
      if (this.#heeded.has(call)) continue;
      this.#heeded.add(call);
      this.#know(keysOfCall(call));
    }
  }

  #ask(transcript: Transcript): void {
    if (this.#asking) return;
    const searches = searchesIn(transcript);
    const late = delay(PATIENCE_MS, undefined, { ref: false });
    this.#asking = Promise.race([this.#look(), late]).then(() => {
      this.#asked = searches;
      this.#asking = undefined;
      this.#options.onNews();
    });
  }

  /** Never rejects: what can't be had makes nothing known. */
  async #look(): Promise<void> {
    const looks = [this.#lookAtInstructions(), this.#lookAtMessages(), this.#lookAtRuns()];
    for (const look of await Promise.allSettled(looks))
      if (look.status === 'rejected') this.#options.log.warn({ err: look.reason }, NOT_LOOKED_THROUGH);
  }

  async #lookAtInstructions(): Promise<void> {
    const { client, assistantId } = this.#options;
    const { instructions } = await client.beta.assistants.retrieve(assistantId);
    this.#know(keysIn(instructions ?? ''));
  }

  async #lookAtMessages(): Promise<void> {
    const { client, threadId } = this.#options;
    const id = await threadId();
    if (id === undefined) return;
    const list = client.beta.threads.messages.list(id, { order: 'desc', limit: PAGE });
    this.#know(keysIn((await newest(list, MOST_MESSAGES)).map(wordsOf).join('\n')));
  }

  async #lookAtRuns(): Promise<void> {
    const { client, threadId } = this.#options;
    const id = await threadId();
    if (id === undefined) return;
    const runs = await newest(
      client.beta.threads.runs.list(id, { order: 'desc', limit: MOST_RUNS }),
      MOST_RUNS,
    );
    await Promise.all(runs.map((run) => this.#lookAtSteps(run)));
  }

  async #lookAtSteps({ id, thread_id }: Run): Promise<void> {
    const { steps } = this.#options.client.beta.threads.runs;
    const include = [...WITH_PASSAGES];
    const all = await newest(steps.list(id, { thread_id, limit: PAGE, include }), PAGE);
    for (const call of callsOf(all.reduce(foldStep, emptyTranscript))) this.#know(keysOfCall(call));
    this.#know(keysIn(all.flatMap(passagesOf).join('\n')));
  }

  #know(keys: Iterable<string>): void {
    for (const key of keys) this.#known.add(key);
  }
}

function callsOf({ entries }: Transcript): ToolCall[] {
  return entries.flatMap((entry) => (entry.type === 'tool_calls' ? entry.tool_calls : []));
}

async function newest<T>(list: AsyncIterable<T>, most: number): Promise<T[]> {
  const all: T[] = [];
  for await (const one of list) {
    all.push(one);
    if (all.length >= most) break;
  }
  return all;
}

/** What people wrote; what the assistant did makes nothing known. */
function wordsOf({ role, content }: Message): string {
  if (role !== 'user') return '';
  return content.map((part) => (part.type === 'text' ? part.text.value : '')).join('\n');
}

function passagesOf({ step_details: details }: RunStep): string[] {
  if (details.type !== 'tool_calls') return [];
  return details.tool_calls.flatMap((call) =>
    call.type === 'file_search'
      ? (call.file_search.results ?? []).flatMap(({ content = [] }) => content.map(({ text = '' }) => text))
      : [],
  );
}

function searchesIn({ entries }: Transcript): number {
  return entries.filter(
    (entry) =>
      entry.type === 'tool_calls' &&
      entry.status !== 'in_progress' &&
      entry.tool_calls.some(({ type }) => type === 'file_search'),
  ).length;
}
