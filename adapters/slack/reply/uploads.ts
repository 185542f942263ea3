import type { Call } from '../../../src/platform.ts';
import { linkless } from '../../../src/reply/links/linkless.ts';
import type { ReplyFile, View } from '../../../src/view.ts';
import { elsewhere, mayHaveWorked, slackCode, translated } from '../failures.ts';
import { escaped } from '../markup.ts';
import type { MessageContext } from './message/message-context.ts';

/** How many files one message shares. */
const MAX_FILES = 10;

/**
 * The files of a finished reply, in order and in as few messages as that takes. What Slack refuses is named. No file is
 * uploaded again that may be there: it is looked for before.
 */
export class Uploads {
  readonly #context: MessageContext;
  readonly #after: () => string;
  readonly #sent: Set<string>;
  /** Whether there may be files in the thread that are not known to be. */
  #mayHaveMore: boolean;

  /**
   * @param after Gives the `ts` of the reply's last message.
   * @param begun The ids of the files that another process has uploaded, of a reply that it has begun.
   */
  constructor(context: MessageContext, after: () => string, begun?: readonly string[]) {
    this.#context = context;
    this.#after = after;
    this.#sent = new Set(begun);
    this.#mayHaveMore = begun !== undefined;
  }

  /** The ids of the files that are there, or that Slack has refused. */
  get sent(): readonly string[] {
    return [...this.#sent];
  }

  next({ files, outcome }: View): Call | undefined {
    const batch = batchOf(this.#waiting(files));
    if (!outcome || batch.length === 0) return undefined;
    const { budgets } = this.#context;
    if (this.#mayHaveMore) return { budget: budgets.replies, send: () => this.#find(files) };
    return { budget: budgets.files, files: batch.map(({ id }) => id), send: () => this.#send(batch) };
  }

  async #send(batch: readonly ReplyFile[]): Promise<void> {
    try {
      await (isEmpty(batch[0]) ? this.#name(batch, 'Slack takes no empty files') : this.#upload(batch));
    } catch (error) {
      this.#mayHaveMore = mayHaveWorked(error);
      throw translated(error);
    }
    this.#have(batch);
  }

  /**
   * Files carry no mark: those that stand behind the reply's messages under the same titles are these, since a
   * conversation has one reply at a time.
   */
  async #find(files: readonly ReplyFile[]): Promise<void> {
    const { api, self } = this.#context;
    const messages = await api.messagesAfter(this.#after(), self).catch((error: unknown) => {
      throw translated(error);
    });
    const titles = messages.flatMap((message) => message.files);
    for (const { name } of files.filter(({ id }) => this.#sent.has(id))) takeOut(titles, name);
    this.#have(this.#waiting(files).filter(({ name }) => takeOut(titles, name)));
    for (const { mark } of messages) {
      const waiting = this.#waiting(files);
      const named = waiting.findIndex(({ id }) => mark?.reply === this.#context.reply && mark.part === id);
      if (named >= 0) this.#have(batchOf(waiting.slice(named)));
    }
    this.#mayHaveMore = false;
  }

  #waiting(files: readonly ReplyFile[]): ReplyFile[] {
    return files.filter(({ id }) => !this.#sent.has(id));
  }

  #have(files: readonly ReplyFile[]): void {
    for (const { id } of files) this.#sent.add(id);
  }

  async #upload(batch: readonly ReplyFile[]): Promise<void> {
    const { api, log } = this.#context;
    try {
      await api.upload(batch);
    } catch (error) {
      const code = slackCode(error);
      const reason = elsewhere(error) ?? (code !== undefined && `Slack answered ${code}`);
      if (!reason || translated(error) !== error) throw error;
      log.warn({ reason, files: batch.map(({ name }) => name) }, 'Slack took no files');
      await this.#name(batch, reason);
    }
  }

  async #name(batch: readonly ReplyFile[], reason: string): Promise<void> {
    const names = batch.map(({ name }) => name).join(', ');
    const text = linkless(escaped(`⚠️ ${names} could not be uploaded: ${reason}.`));
    const mark = { reply: this.#context.reply, part: batch[0]?.id ?? '' };
    await this.#context.api.post({ text, blocks: [] }, mark);
  }
}

/** A file without content would take those with it that are uploaded together. */
function isEmpty(file: ReplyFile | undefined): boolean {
  return file?.bytes.length === 0;
}

/** The files that the next message shares: as many of the first ones as are empty, or are not. */
function batchOf(files: readonly ReplyFile[]): readonly ReplyFile[] {
  const first = files.slice(0, MAX_FILES);
  const end = first.findIndex((file) => isEmpty(file) !== isEmpty(first[0]));
  return end < 0 ? first : first.slice(0, end);
}

/** Takes one of several equal items out of a list; says whether there was one. */
function takeOut<T>(items: T[], item: T): boolean {
  const index = items.indexOf(item);
  if (index >= 0) items.splice(index, 1);
  return index >= 0;
}
