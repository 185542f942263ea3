import type { Keyv } from 'keyv';
import { BadRequestError, type OpenAI } from 'openai';
import type { MessageCreateParams } from 'openai/resources/beta/threads/messages';
import type { FileQuota } from '../../file-quota.ts';
import type { IncomingMessage } from '../../platform.ts';
import { withoutWhereabouts } from '../../whereabouts.ts';
import { CONTEXT_KIND, Erasure } from '../erasure/erasure.ts';
import { endActiveRun } from '../run/run-status.ts';
import { type Download, type FileTool, isSearched, withFiles, withoutSearch } from './attachments.ts';
import { isGone, unlessGone } from './gone.ts';

/** A conversation's thread: its id, and whether it may hold a context that is to be deleted, and what it is in, if that is known. */
export type KeptThread = string | { id: string; holdsContext?: true; within?: readonly string[] };

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
  readonly #received: FileQuota | undefined;
  readonly #closing = new AbortController();
  readonly #erasing = new Set<Promise<void>>();

  /**
   * @param tools What the assistant opens people's files with.
   * @param received Counts the bytes of these files; they have no limit together when left out.
   */
  constructor(kept: Keyv<KeptThread>, client: OpenAI, tools: readonly FileTool[], received?: FileQuota) {
    this.#kept = kept;
    this.#client = client;
    this.#tools = tools;
    this.#received = received;
  }

  async has(conversation: string): Promise<boolean> {
    return this.#kept.has(conversation);
  }

  /** The id of the conversation's thread, if it has one. */
  async idOf(conversation: string): Promise<string | undefined> {
    return (await this.#look(conversation))?.id;
  }

  /** The thread of a turn whose run has begun. */
  goOn(conversation: string, id: string): ReadyThread {
    return { id, forget: async () => void (await this.#find(conversation)) };
  }

  /** Gives the conversation a new thread: what was said before is forgotten, and deleted. */
  async renew(conversation: string): Promise<string> {
    const { id: before, within } = (await this.#look(conversation)) ?? {};
    const id = await this.#create(conversation, within);
    if (before !== undefined) this.#erase(before);
    return id;
  }

  /** Ends what is deleted in the background. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#erasing);
  }

  async #create(conversation: string, within: readonly string[] | undefined): Promise<string> {
    const { id } = await this.#client.beta.threads.create({ metadata: { conversation } });
    await this.#kept.set(conversation, keptAs({ id, within }));
    return id;
  }

  /** In the background, for a run may have to end first; what can't be deleted now is when it is old. */
  #erase(id: string): void {
    const erasing = new Erasure(this.#client, this.#closing.signal).thread(id).then(
      () => {},
      () => {},
    );
    this.#erasing.add(erasing);
    void erasing.then(() => this.#erasing.delete(erasing));
  }

  async #look(conversation: string): Promise<Exclude<KeptThread, string> | undefined> {
    const kept = await this.#kept.get(conversation);
    return typeof kept === 'string' ? { id: kept } : kept;
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
    const { conversation = '', within } = messages[0] ?? {};
    const id = await this.#find(conversation, within);
    return this.#fill(conversation, id, this.#contents(messages, download), context);
  }

  /** The same for messages of which a process that died may have added some. */
  async addMissing(messages: IncomingMessage[], download?: Download, context?: string): Promise<ReadyThread> {
    const { conversation = '', within } = messages[0] ?? {};
    const id = await this.#find(conversation, within);
    const held = await this.#newestOf(id);
    const missing = messages.filter((message) => !held.has(message.id));
    return this.#fill(conversation, id, this.#contents(missing, download), context);
  }

  #contents(messages: IncomingMessage[], download: Download | undefined) {
    return messages.map(
      (message) => async (): Promise<MessageCreateParams> => ({
        ...(await withFiles(this.#client, message, download, this.#tools, this.#received)),
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
      if (context === undefined) return;
      const { within } = (await this.#look(conversation)) ?? {};
      await this.#kept.set(conversation, keptAs({ id, within, holdsContext: true }));
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
  async #find(conversation: string, within?: readonly string[]): Promise<string> {
    const kept = await this.#look(conversation);
    if (!kept) return this.#create(conversation, within);
    const { id } = kept;
    // An earlier release did not keep it.
    if (within && !kept.within) await this.#kept.set(conversation, keptAs({ ...kept, within }));
    if (kept.holdsContext)
      await this.#forget(conversation, id, await this.#leftContext(id).catch(unlessGone));
    return id;
  }

  async #forget(conversation: string, id: string, contextId: string | undefined): Promise<void> {
    const { messages } = this.#client.beta.threads;
    if (contextId) await messages.delete(contextId, { thread_id: id }).catch(unlessGone);
    const kept = await this.#look(conversation);
    // It may have been renewed meanwhile.
    if (kept?.holdsContext && kept.id === id)
      await this.#kept.set(conversation, keptAs({ id, within: kept.within }));
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
      return await this.#createMessage(threadId, message);
    } catch (error) {
      if (!(error instanceof BadRequestError) || !isSearched(message)) throw error;
      const { message: rest, unused } = withoutSearch(message, withoutWhereabouts(error.message));
      const id = await this.#createMessage(threadId, rest);
      await Promise.all(unused.map((file) => this.#client.files.delete(file).catch(() => {})));
      return id;
    }
  }

  async #createMessage(threadId: string, message: MessageCreateParams): Promise<string> {
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

function keptAs({
  id,
  holdsContext,
  within,
}: {
  id: string;
  holdsContext?: true;
  within?: readonly string[] | undefined;
}): KeptThread {
  if (!holdsContext && !within) return id;
  return { id, ...(holdsContext && { holdsContext }), ...(within && { within }) };
}

/** A run that nobody follows any more, such as one of a process that died, keeps messages out of its thread. */
function isBlockedByRun(error: unknown): boolean {
  return error instanceof BadRequestError && /while a run .+ is active/.test(error.message);
}
