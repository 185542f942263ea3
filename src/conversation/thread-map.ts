import type { Keyv } from 'keyv';
import { BadRequestError, NotFoundError, type OpenAI } from 'openai';
import type { IncomingMessage } from '../platform.ts';
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

  /**
   * Adds messages of one conversation to its thread, in order, and gives the thread's id. A conversation without a
   * thread, or whose thread was deleted, gets a new one.
   */
  async add(messages: IncomingMessage[]): Promise<string> {
    const conversation = messages[0]?.conversation ?? '';
    let threadId = (await this.#ids.get(conversation)) ?? (await this.#create(conversation));
    for (const message of messages) {
      try {
        await this.#addOne(threadId, message);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        threadId = await this.#create(conversation);
        await this.#addOne(threadId, message);
      }
    }
    return threadId;
  }

  async #create(conversation: string): Promise<string> {
    const thread = await this.#client.beta.threads.create({ metadata: { conversation } });
    await this.#ids.set(conversation, thread.id);
    return thread.id;
  }

  async #addOne(threadId: string, message: IncomingMessage): Promise<void> {
    const add = () =>
      this.#client.beta.threads.messages.create(threadId, {
        role: 'user',
        content: message.text,
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

/** A run that nobody follows any more, such as one of a process that died, keeps messages out of its thread. */
function isBlockedByRun(error: unknown): boolean {
  return error instanceof BadRequestError && /while a run .+ is active/.test(error.message);
}
