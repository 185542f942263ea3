import { randomUUID } from 'node:crypto';
import { type OpenAI, toFile } from 'openai';
import type { KeptFile } from '../../functions/attempted-once.ts';
import type { FunctionFile } from '../../functions/team-function.ts';
import type { Logger } from '../../log.ts';
import type { ReplyFile } from '../../view.ts';
import { fetchFiles } from './produced.ts';

/** For a file to get to the server, which the call waits for, and to be deleted there, which the turn waits for; in ms. */
const UPLOAD_TIMEOUT_MS = 30_000;
const DELETION_TIMEOUT_MS = 5_000;

/**
 * The files that the functions of a turn give for its reply. They are on the Assistants server, too, until the reply is
 * shown: a process that dies before loses none.
 */
export class FunctionFiles {
  readonly #client: OpenAI;
  readonly #log: Logger;
  /** Those that this process was given: servers need not give back what was uploaded. */
  readonly #here = new Map<string, ReplyFile>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: OpenAI, log: Logger) {
    this.#client = client;
    this.#log = log;
  }

  /** Takes a call's files, call after call; gives back those that another process could show, as well. */
  take(files: readonly FunctionFile[]): Promise<KeptFile[]> {
    const taken = this.#last.then(() => this.#uploadAll(files));
    this.#last = taken;
    return taken;
  }

  async #uploadAll(files: readonly FunctionFile[]): Promise<KeptFile[]> {
    const kept: KeptFile[] = [];
    // One after the other: on its way each takes several times its size.
    for (const file of files) {
      const one = await this.#upload(file);
      if (one) kept.push(one);
    }
    return kept;
  }

  /** All there are: `kept` of them any process can show. */
  async all(kept: readonly KeptFile[]): Promise<ReplyFile[]> {
    const elsewhere = kept.filter(({ id }) => !this.#here.has(id));
    return [...(await fetchFiles(elsewhere, this.#client, this.#log)), ...this.#here.values()];
  }

  get isEmpty(): boolean {
    return this.#here.size === 0;
  }

  /** Nobody needs them any more. Never rejects. */
  async delete(kept: readonly KeptFile[]): Promise<void> {
    const deleted = kept.map(({ id }) =>
      this.#client.files
        .delete(id, { timeout: DELETION_TIMEOUT_MS, maxRetries: 0 })
        .catch((err: unknown) =>
          this.#log.warn({ err, file: id }, 'a file of a function could not be deleted'),
        ),
    );
    await Promise.all(deleted);
  }

  async #upload({ name, bytes, description }: FunctionFile): Promise<KeptFile | undefined> {
    const file = { name, bytes, ...(description && { description }) };
    try {
      const content = await toFile(bytes, name);
      const { id } = await this.#client.files.create(
        { file: content, purpose: 'assistants' },
        { timeout: UPLOAD_TIMEOUT_MS },
      );
      this.#here.set(id, { id, ...file });
      return { id, ...(description && { description }) };
    } catch (err) {
      this.#log.warn({ err, file: name }, 'a file of a function is kept in this process alone');
      const id = randomUUID();
      this.#here.set(id, { id, ...file });
      return undefined;
    }
  }
}
