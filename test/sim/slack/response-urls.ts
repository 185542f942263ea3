import { randomUUID } from 'node:crypto';
import { appMessage } from './app-message.ts';
import { Args } from './args.ts';
import type { HttpAnswer } from './http.ts';
import { newContent } from './methods/content.ts';
import type { Channel, Message } from './objects.ts';
import { SlackError } from './slack-error.ts';
import type { Workspace } from './workspace.ts';

/** https://docs.slack.dev/interactivity/handling-user-interaction: five uses within thirty minutes. */
const USES = 5;
const LIFETIME_MS = 1_800_000;

interface ResponseUrl {
  channel: Channel;
  user: string;
  /** The message that was acted on. */
  source: Message | undefined;
  uses: number;
  expiresAt: number;
}

/** The `response_url`s that go out with commands, clicks and shortcuts. They need no token. */
export class ResponseUrls {
  readonly #workspace: Workspace;
  readonly #urls = new Map<string, ResponseUrl>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** The path of a new one. */
  create(channel: Channel, user: string, source?: Message): string {
    const path = `/response/${randomUUID()}`;
    this.#urls.set(path, { channel, user, source, uses: 0, expiresAt: Date.now() + LIFETIME_MS });
    return path;
  }

  /** What a POST to one of them does. */
  answer(path: string, body: Buffer): HttpAnswer {
    const url = this.#urls.get(path);
    if (url === undefined || Date.now() > url.expiresAt) return { status: 404, body: 'expired_url' };
    if (url.uses >= USES) return { status: 404, body: 'used_url' };
    url.uses += 1;
    try {
      this.respond(url, new Args(Object(JSON.parse(String(body)))));
      return { status: 200, body: 'ok' };
    } catch (error) {
      return { status: 400, body: error instanceof SlackError ? error.code : 'invalid_payload' };
    }
  }

  /**
   * Also how the body of a command's acknowledgement is taken. Only what goes `in_channel` goes to a thread
   * (https://docs.slack.dev/interactivity/handling-user-interaction#message_responses,
   * https://github.com/slackapi/bolt-js/issues/963).
   */
  respond({ channel, user, source }: Pick<ResponseUrl, 'channel' | 'user' | 'source'>, args: Args): void {
    if (args.flag('delete_original') && source !== undefined) {
      this.#workspace.remove(channel, source);
      return;
    }
    const content = newContent(args);
    if (args.flag('replace_original') && source !== undefined) {
      this.#workspace.replace({ ...source, ...content }, source);
      return;
    }
    if (args.text('response_type') !== 'in_channel') {
      this.#workspace.whisper(channel, { user, text: content.text, blocks: content.blocks });
      return;
    }
    const threadTs = args.text('thread_ts');
    const thread = threadTs === undefined ? {} : { threadTs };
    this.#workspace.post({ ...appMessage(this.#workspace, channel.id), ...content, ...thread });
  }
}
