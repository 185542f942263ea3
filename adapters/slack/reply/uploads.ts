import type { Call, ReplyFile, View } from '../../../src/platform.ts';
import { slackCode, translated } from '../failures.ts';
import { escaped } from '../markup.ts';
import type { MessageContext } from './message-context.ts';

/** How many files one message shares. */
const MAX_FILES = 10;

/** The files of a finished reply, in order and in as few messages as that takes. What Slack refuses is named. */
export class Uploads {
  readonly #context: MessageContext;
  #sent = 0;

  constructor(context: MessageContext) {
    this.#context = context;
  }

  next({ files, outcome }: View): Call | undefined {
    const batch = alike(files.slice(this.#sent, this.#sent + MAX_FILES));
    if (!outcome || batch.length === 0) return undefined;
    const send = async () => {
      await (isEmpty(batch[0]) ? this.#name(batch, 'Slack takes no empty files') : this.#upload(batch));
      this.#sent += batch.length;
    };
    return { budget: this.#context.budgets.files, files: batch.map(({ id }) => id), send };
  }

  async #upload(batch: readonly ReplyFile[]): Promise<void> {
    const { api, log } = this.#context;
    try {
      await api.upload(batch);
    } catch (error) {
      const code = slackCode(error);
      const known = translated(error);
      if (code === undefined || known !== error) throw known;
      log.warn({ code, files: batch.map(({ name }) => name) }, 'Slack took no files');
      await this.#name(batch, `Slack answered ${code}`);
    }
  }

  async #name(batch: readonly ReplyFile[], reason: string): Promise<void> {
    const names = batch.map(({ name }) => name).join(', ');
    await this.#context.api.post({
      text: escaped(`⚠️ ${names} could not be uploaded: ${reason}.`),
      blocks: [],
    });
  }
}

/** A file without content would take those with it that are uploaded together. */
function isEmpty(file: ReplyFile | undefined): boolean {
  return file?.bytes.length === 0;
}

/** As many of the first files as are empty, or are not. */
function alike(files: readonly ReplyFile[]): readonly ReplyFile[] {
  const end = files.findIndex((file) => isEmpty(file) !== isEmpty(files[0]));
  return end < 0 ? files : files.slice(0, end);
}
