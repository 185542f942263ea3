import type { Keyv } from 'keyv';
import { BadRequestError, type OpenAI } from 'openai';
import type { MessageCreateParams } from 'openai/resources/beta/threads/messages';
import type { IncomingMessage } from '../../platform.ts';
import { CONTEXT_KIND, Erasure } from '../erasure/erasure.ts';
import { endActiveRun } from '../run/run-status.ts';
import { type Download, type FileTool, isSearched, withFiles, withoutSearch } from './attachments.ts';
import { isGone, unlessGone } from './gone.ts';

/** A conversation's thread: its id, or that of one which may hold a context that is to be deleted. */
export type KeptThread = string | { id: string; holdsContext: true };

/** A thread to which a turn has brought what its run shall read. */
export interface ReadyThread {
  readonly id: string;
  /** Deletes what was there for this turn only. Throws what the server answers; the next turn then tries again. */
  forget(): Promise<void>;
}

/** What a message is that is read for one turn only. */
const CONTEXT = { kind: CONTEXT_KIND };

/** Which Assistants thread each conversation owns. */
export class ThreadMap {
  readonly #kept: Keyv<KeptThread>;
  readonly #client: OpenAI;
  readonly #tools: readonly FileTool[];

  /** `tools`: what the assistant opens people's files with. */
  constructor(kept: Keyv<KeptThread>, client: OpenAI, tools: readonly FileTool[]) {
    this.#kept = kept;
    this.#client = client;
    this.#tools = tools;
  }

  async has(conversation: string): Promise<boolean> {
    return this.#kept.has(conversation);
  }

  /** The id of the conversation's thread, if it has one. */
  async idOf(conversation: string): Promise<string | undefined> {
    const kept = await this.#kept.get(conversation);
    return typeof kept === 'object' ? kept.id : kept;
  }

  /** The thread of a turn whose run has begun. */
  goOn(conversation: string, id: string): ReadyThread {
    return { id, forget: async () => void (await this.#find(conversation)) };
  }

  /** Gives the conversation a new thread: what was said before is forgotten, and deleted. */
  async renew(conversation: string): Promise<string> {
    return this.#replace(conversation, await this.idOf(conversation));
  }

  async #replace(conversation: string, before: string | undefined): Promise<string> {
    const thread = await this.#client.beta.threads.create({ metadata: { conversation } });
    await this.#kept.set(conversation, thread.id);
    // In the background, for a run may have to end first; what can't be deleted now is when it is old.
    if (before !== undefined) void new Erasure(this.#client).thread(before).catch(() => {});
    return thread.id;
  }

  /**
   * Deletes what the assistant said last, so that it can be said anew.
   * @param context What the next run shall read beside, and no later one.
   */
  async takeBack(conversation: string, context?: string): Promise<ReadyThread> {
    const id = await this.#find(conversation);
    const { messages } = this.#client.beta.threads;
    for await (const message of messages.list(id, { order: 'desc' })) {
      if (message.role === 'user') break;
      await messages.delete(message.id, { thread_id: id });
    }
    return this.#fill(conversation, id, [], context);
  }

  /**
   * Adds messages of one conversation to its thread, in order. A conversation without a thread, or whose thread was
   * deleted, gets a new one.
   * @param context What the next run shall read before them, and no later one.
   */
  async add(messages: IncomingMessage[], download?: Download, context?: string): Promise<ReadyThread> {
    const conversation = messages[0]?.conversation ?? '';
    const id = await this.#find(conversation);
    return this.#fill(conversation, id, this.#contents(messages, download), context);
  }

  /** The same for messages of which a process that died may have added some. */
  async addMissing(messages: IncomingMessage[], download?: Download, context?: string): Promise<ReadyThread> {
    const conversation = messages[0]?.conversation ?? '';
    const id = await this.#find(conversation);
    const held = await this.#newestOf(id);
    const missing = messages.filter((message) => !held.has(message.id));
    return this.#fill(conversation, id, this.#contents(missing, download), context);
  }

  #contents(messages: IncomingMessage[], download: Download | undefined) {
    return messages.map(
      (message) => async (): Promise<MessageCreateParams> => ({
        ...(await withFiles(this.#client, message, download, this.#tools)),
        role: 'user',
        metadata: { message: message.id, author: message.author.id },
      }),
    );
  }

  /** The ids of the messages that stand in the thread after the last answer. */
  async #newestOf(threadId: string): Promise<Set<unknown>> {
    const newest = new Set<unknown>();
    try {
      for await (const { role, metadata } of this.#client.beta.threads.messages.list(threadId, {
        order: 'desc',
      })) {
        if (role !== 'user') break;
        newest.add(Object(metadata).message);
      }
    } catch (error) {
      unlessGone(error);
    }
    return newest;
  }

  async #fill(
    conversation: string,
    threadId: string,
    contents: (() => Promise<MessageCreateParams>)[],
    context: string | undefined,
  ): Promise<ReadyThread> {
    let id = threadId;
    let contextId: string | undefined;
    const put = async (message: MessageCreateParams) => {
      try {
        return await this.#put(id, message);
      } catch (error) {
        if (!isGone(error)) throw error;
        id = await this.renew(conversation);
        await note();
        return this.#put(id, message);
      }
    };
    // Before a context is there: a process that dies in between leaves nothing that is not looked for.
    const note = async () => {
      if (context !== undefined) await this.#kept.set(conversation, { id, holdsContext: true });
    };
    await note();
    if (context !== undefined) contextId = await put({ role: 'user', content: context, metadata: CONTEXT });
    for (const content of contents) await put(await content());
    const forget = async () => {
      if (contextId !== undefined) await this.#forget(conversation, id, contextId);
    };
    return { id, forget };
  }

  /** The conversation's thread, without the context of a turn that did not come to its end. */
  async #find(conversation: string): Promise<string> {
    const kept = await this.#kept.get(conversation);
    if (kept === undefined) return this.#replace(conversation, undefined);
    if (typeof kept === 'string') return kept;
    const left = await this.#leftContext(kept.id).catch(unlessGone);
    await this.#forget(conversation, kept.id, left);
    return kept.id;
  }

  async #forget(conversation: string, id: string, contextId: string | undefined): Promise<void> {
    const { messages } = this.#client.beta.threads;
    if (contextId) await messages.delete(contextId, { thread_id: id }).catch(unlessGone);
    const kept = await this.#kept.get(conversation);
    // It may have been renewed meanwhile.
    if (typeof kept === 'object' && kept.id === id) await this.#kept.set(conversation, id);
  }

  /** A context stands among the newest messages of people, before or after them. */
  async #leftContext(threadId: string): Promise<string | undefined> {
    let areTheirs = false;
    for await (const { id, role, metadata } of this.#client.beta.threads.messages.list(threadId, {
      order: 'desc',
    })) {
      if (areTheirs && role !== 'user') return undefined;
      areTheirs = role === 'user';
      if (Object(metadata).kind === CONTEXT.kind) return id;
    }
    return undefined;
  }

  /** Servers search some kinds of files only, and refuse a message that attaches another one for it. */
  async #put(threadId: string, message: MessageCreateParams): Promise<string> {
    try {
      return await this.#create(threadId, message);
    } catch (error) {
      if (!(error instanceof BadRequestError) || !isSearched(message)) throw error;
      const { message: rest, unused } = withoutSearch(message, error.message);
      const id = await this.#create(threadId, rest);
      await Promise.all(unused.map((file) => this.#client.files.delete(file).catch(() => {})));
      return id;
    }
  }

  async #create(threadId: string, message: MessageCreateParams): Promise<string> {
    const { messages } = this.#client.beta.threads;
    try {
      return (await messages.create(threadId, message)).id;
    } catch (error) {
      if (!isBlockedByRun(error)) throw error;
      await endActiveRun(this.#client, threadId);
      return (await messages.create(threadId, message)).id;
    }
  }
}

/** A run that nobody follows any more, such as one of a process that died, keeps messages out of its thread. */
function isBlockedByRun(error: unknown): boolean {
  return error instanceof BadRequestError && /while a run .+ is active/.test(error.message);
}
