import type { Keyv } from 'keyv';
import { BadRequestError, NotFoundError, type OpenAI } from 'openai';
import type { IncomingMessage } from '../platform.ts';
import { type Download, withFiles } from './attachments.ts';
import { endActiveRun } from './run-status.ts';

/** Which Assistants thread each conversation owns. */
export class ThreadMap {
  readonly #ids: Keyv<string>;
  readonly #client: OpenAI;

  constructor(ids: Keyv<string>, client: OpenAI) {
    this.#ids = ids;
    this.#client = client;
  }

  async has(conversation: string): Promise<boolean> {
    return this.#ids.has(conversation);
  }

  /** Gives the conversation a new thread: what was said before is forgotten. */
  async renew(conversation: string): Promise<string> {
    const thread = await this.#client.beta.threads.create({ metadata: { conversation } });
    await this.#ids.set(conversation, thread.id);
    return thread.id;
  }

  /** Deletes what the assistant said last, so that it can be said anew; gives the thread's id. */
  async takeBack(conversation: string): Promise<string> {
    const threadId = (await this.#ids.get(conversation)) ?? (await this.renew(conversation));
    const { messages } = this.#client.beta.threads;
    for await (const message of messages.list(threadId, { order: 'desc' })) {
      if (message.role === 'user') break;
      await messages.delete(message.id, { thread_id: threadId });
    }
    return threadId;
  }

  /**
   * Adds messages of one conversation to its thread, in order, and gives the thread's id. A conversation without a
   * thread, or whose thread was deleted, gets a new one.
   */
  async add(messages: IncomingMessage[], download?: Download): Promise<string> {
    const conversation = messages[0]?.conversation ?? '';
    let threadId = (await this.#ids.get(conversation)) ?? (await this.renew(conversation));
    for (const message of messages) {
      try {
        await this.#addOne(threadId, message, download);
      } catch (error) {
        if (!isGone(error)) throw error;
        threadId = await this.renew(conversation);
        await this.#addOne(threadId, message, download);
      }
    }
    return threadId;
  }

  async #addOne(threadId: string, message: IncomingMessage, download?: Download): Promise<void> {
    const withItsFiles = await withFiles(this.#client, message, download);
    const add = () =>
      this.#client.beta.threads.messages.create(threadId, {
        ...withItsFiles,
        role: 'user',
        metadata: { message: message.id, author: message.author.id },
      });
    try {
      await add();
    } catch (error) {
      if (!isBlockedByRun(error)) throw error;
      await endActiveRun(this.#client, threadId);
      await add();
    }
  }
}

/** A thread that was deleted, or that another server had: its ids may be of a kind that this one refuses to look for. */
function isGone(error: unknown): boolean {
  if (error instanceof NotFoundError) return true;
  return error instanceof BadRequestError && error.param === 'thread_id';
}

/** A run that nobody follows any more, such as one of a process that died, keeps messages out of its thread. */
function isBlockedByRun(error: unknown): boolean {
  return error instanceof BadRequestError && /while a run .+ is active/.test(error.message);
}
