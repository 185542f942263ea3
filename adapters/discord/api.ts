import {
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIMessage,
  type APIUser,
  MessageFlags,
  type REST,
  type RESTPatchAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageResult,
  Routes,
} from 'discord.js';
import type { ReplyFile } from '../../src/view.ts';

/** The most that Discord lists at once. https://discord.com/developers/docs/resources/message#get-channel-messages */
const PAGE = 100;

/** Discord would fetch every address in a message, whoever put it there, and show it below. */
export const NO_PREVIEWS = MessageFlags.SuppressEmbeds;

export type ButtonRow = APIActionRowComponent<APIButtonComponent>;

/** A message as it shall stand in a channel. */
export interface NewMessage {
  content: string;
  buttons: readonly ButtonRow[];
  files: readonly ReplyFile[];
  /** The message that it answers, and whose author it pings if `ping` says so. */
  answers: string | undefined;
  ping: boolean;
  /** At most 25 characters; two posts with the same one within a few minutes are one message. */
  nonce: string;
}

/**
 * What an edit says anew. It pings nobody, but the message shows whom it answers as mentioned only if the edit allows it,
 * too: Discord does not keep what was allowed before (https://github.com/discord/discord-api-docs/issues/2474).
 */
export type Edit = Pick<NewMessage, 'buttons' | 'ping'> & {
  /** Undefined for what stands there. */
  content: string | undefined;
};

/** Tells what the images among the files show; they are counted as they are sent. */
function describing(files: readonly ReplyFile[]): Pick<RESTPostAPIChannelMessageJSONBody, 'attachments'> {
  const attachments = files.flatMap(({ description }, id) => (description ? [{ id, description }] : []));
  return attachments.length > 0 ? { attachments } : {};
}

/**
 * The few calls that replies are made of. Nothing that they send pings anybody but whom a message answers. Throws the
 * errors of discord.js.
 */
export class Api {
  readonly #rest: REST;
  readonly #timeout: number;
  #self: Promise<string> | undefined;

  /** @param timeout Milliseconds without an answer after which a call that brings no files has failed. */
  constructor(rest: REST, timeout: number) {
    this.#rest = rest;
    this.#timeout = timeout;
  }

  /** The message as it stands, which is an earlier one if the nonce was used before. */
  async post(
    channel: string,
    message: NewMessage,
  ): Promise<Pick<APIMessage, 'id' | 'content' | 'components'>> {
    const { content, buttons, files, answers, ping, nonce } = message;
    const body: RESTPostAPIChannelMessageJSONBody = {
      content,
      nonce,
      enforce_nonce: true,
      flags: NO_PREVIEWS,
      allowed_mentions: { parse: [], replied_user: ping },
      ...(buttons.length > 0 && { components: [...buttons] }),
      ...describing(files),
      ...(answers && { message_reference: { message_id: answers, fail_if_not_exists: false } }),
    };
    const posted = await this.#rest.post(Routes.channelMessages(channel), {
      body,
      ...(files.length === 0
        ? { signal: AbortSignal.timeout(this.#timeout) }
        : { files: files.map(({ name, bytes }) => ({ name, data: bytes })) }),
    });
    return posted as RESTPostAPIChannelMessageResult;
  }

  async edit(channel: string, message: string, { content, buttons, ping }: Edit): Promise<void> {
    const body: RESTPatchAPIChannelMessageJSONBody = {
      ...(content !== undefined && { content }),
      components: [...buttons],
      flags: NO_PREVIEWS,
      allowed_mentions: { parse: [], replied_user: ping },
    };
    const signal = AbortSignal.timeout(this.#timeout);
    await this.#rest.patch(Routes.channelMessage(channel, message), { body, signal });
  }

  /**
   * The messages of a channel that came after one, oldest first: at most `pages` times 100. None where the bot may not
   * read back.
   */
  async list(channel: string, after: string, pages: number): Promise<APIMessage[]> {
    const signal = AbortSignal.timeout(this.#timeout);
    const messages: APIMessage[] = [];
    for (let page = 0; page < pages; page++) {
      const query = new URLSearchParams({ after: messages.at(-1)?.id ?? after, limit: String(PAGE) });
      const newest = (await this.#rest.get(Routes.channelMessages(channel), {
        query,
        signal,
      })) as APIMessage[];
      messages.push(...newest.reverse());
      if (newest.length < PAGE) break;
    }
    return messages;
  }

  async get(channel: string, message: string): Promise<APIMessage> {
    const signal = AbortSignal.timeout(this.#timeout);
    return (await this.#rest.get(Routes.channelMessage(channel, message), { signal })) as APIMessage;
  }

  /** The bot's own id. */
  self(): Promise<string> {
    const signal = AbortSignal.timeout(this.#timeout);
    this.#self ??= this.#rest.get(Routes.user(), { signal }).then(
      (user) => (user as APIUser).id,
      (error: unknown) => {
        this.#self = undefined;
        throw error;
      },
    );
    return this.#self;
  }

  async delete(channel: string, message: string): Promise<void> {
    await this.#rest.delete(Routes.channelMessage(channel, message));
  }

  /** Shows for ten seconds, or until the next message, that the bot is typing. */
  async type(channel: string): Promise<void> {
    await this.#rest.post(Routes.channelTyping(channel));
  }

  /** Starts a thread, whose id is the message's. */
  async startThread(channel: string, message: string, name: string): Promise<void> {
    await this.#rest.post(Routes.threads(channel, message), { body: { name } });
  }

  async addToThread(thread: string, user: string): Promise<void> {
    await this.#rest.put(Routes.threadMembers(thread, user));
  }
}
