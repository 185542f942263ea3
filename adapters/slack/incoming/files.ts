import type { webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Logger } from '../../../src/log.ts';
import type { Attachment } from '../../../src/platform.ts';
import type { RateBudget } from '../../../src/reply/publisher/rate-budget.ts';
import { heedLimit, takeSoon } from '../budgets.ts';
import { slackCode } from '../failures.ts';
import { contentFields, nameOf, type SlackFile } from './content.ts';

/** Of one message's files no more are asked about: a thread takes no more of them with one message. */
const MAX_LOOKUPS = 10;

const DELETED = 'it was deleted in Slack';
const HIDDEN = 'Slack hides it, since the workspace is over the limit of its plan';
const ELSEWHERE = 'it is kept outside of Slack. Attach the file itself';
const REFUSED = 'Slack does not let me read it. Attach it here again';
const UNTOLD = 'Slack did not tell where it is. Attach it again in a moment';

/** What Slack answers of files that are no more. */
const GONE: ReadonlySet<string> = new Set(['file_deleted', 'file_not_found']);

export interface FilesOptions {
  client: webApi.WebClient;
  /** For `files.info`. */
  budget: RateBudget;
  log: Logger;
}

/** The files that people attach, as the bot takes them. */
export class Files {
  readonly #options: FilesOptions;

  constructor(options: FilesOptions) {
    this.#options = options;
  }

  /** Files of Slack Connect are asked about; of those that can't be had it is said why. Never rejects. */
  async attachments(files: readonly SlackFile[]): Promise<Attachment[]> {
    const asked = files.filter(needsLookup).slice(0, MAX_LOOKUPS);
    return Promise.all(files.map((file) => (asked.includes(file) ? this.#found(file) : attachmentOf(file))));
  }

  async #found(file: SlackFile): Promise<Attachment> {
    const { client, budget, log } = this.#options;
    try {
      if (!(await takeSoon(budget))) return attachmentOf(file, UNTOLD);
      const answer = await client.files.info({ file: file.id ?? '' });
      const [found] = z.object({ files: contentFields.files }).parse({ files: [answer.file] }).files;
      return attachmentOf({ ...file, ...found });
    } catch (error) {
      const code = slackCode(error);
      log.info({ err: error, file: file.id }, 'Slack does not tell of a file');
      if (heedLimit(error, budget) || code === undefined) return attachmentOf(file, UNTOLD);
      return attachmentOf(file, GONE.has(code) ? DELETED : REFUSED);
    }
  }
}

/** Slack Connect's files come without all that matters: https://docs.slack.dev/apis/slack-connect */
function needsLookup(file: SlackFile): boolean {
  if (!file.id || file.mode === 'tombstone' || file.mode === 'hidden_by_limit') return false;
  return file.file_access === 'check_file_info' || !addressOf(file);
}

function attachmentOf(file: SlackFile, problem = problemWith(file)): Attachment {
  const known = {
    name: nameOf(file),
    type: file.mimetype ?? 'application/octet-stream',
    size: file.size ?? 0,
  };
  return problem === undefined
    ? { ...known, url: addressOf(file) ?? '' }
    : { ...known, url: '', unavailable: problem };
}

/** Why a file can't be had, as the end of a sentence. */
function problemWith(file: SlackFile): string | undefined {
  if (file.mode === 'tombstone') return DELETED;
  if (file.mode === 'hidden_by_limit') return HIDDEN;
  if (file.mode === 'external' || file.is_external) return ELSEWHERE;
  return addressOf(file) ? undefined : REFUSED;
}

function addressOf({ url_private_download, url_private }: SlackFile): string | undefined {
  return url_private_download || url_private || undefined;
}
