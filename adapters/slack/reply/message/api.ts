import type { types, webApi } from '@slack/bolt';
import type { ReplyFile } from '../../../../src/view.ts';
import type { Place } from '../../place.ts';
import { NO_PREVIEWS } from '../../surface.ts';
import { type Mark, metadataOf } from './mark.ts';
import { type OwnMessage, ownMessageOf } from './own-message.ts';

type Block = types.AnyBlock;
type Chunk = types.AnyChunk;

/** So many messages of a thread are looked through for one whose acknowledgement was lost; Slack asks for no more. */
const SEARCHED_REPLIES = 200;

/** What a message says: its blocks, and a line for notifications. */
export interface Content {
  text: string;
  blocks: Block[];
}

/** The Web API's calls for replies in one thread. They throw what `@slack/web-api` throws. */
export class ThreadApi {
  readonly #client: webApi.WebClient;
  /** Uploads take longer than other calls may. */
  readonly #uploads: webApi.WebClient;
  readonly #place: Place;

  constructor(client: webApi.WebClient, uploads: webApi.WebClient, place: Place) {
    this.#client = client;
    this.#uploads = uploads;
    this.#place = place;
  }

  async startStream(chunks: Chunk[]): Promise<string> {
    const { channel, thread, user, team } = this.#place;
    const recipient = { recipient_user_id: user, recipient_team_id: team };
    const stream = { channel, thread_ts: thread, chunks, ...recipient };
    return tsOf(await this.#client.chat.startStream(stream));
  }

  async appendStream(ts: string, chunks: Chunk[]): Promise<void> {
    await this.#client.apiCall('chat.appendStream', { channel: this.#place.channel, ts, chunks });
  }

  /**
   * Leaves the agent session at work, which would rest otherwise: a reply may go on, and a next one may wait. Tells how
   * many characters of text stand in the message.
   */
  async stopStream(ts: string, mark: Mark, chunks: Chunk[] = [], blocks: Block[] = []): Promise<number> {
    const content = { ...(chunks.length > 0 && { chunks }), ...(blocks.length > 0 && { blocks }) };
    const stream = { channel: this.#place.channel, ts, session_status: 'processing' };
    const { message } = await this.#client.chat.stopStream({
      ...stream,
      ...content,
      metadata: metadataOf(mark),
    });
    return message?.text?.length ?? 0;
  }

  async post(content: Content, mark: Mark): Promise<string> {
    const { channel, thread } = this.#place;
    const post = { channel, thread_ts: thread, ...content, ...NO_PREVIEWS, metadata: metadataOf(mark) };
    return tsOf(await this.#client.chat.postMessage(post));
  }

  /** A message keeps its mark when none is given. */
  async update(ts: string, content: Content, mark?: Mark): Promise<void> {
    const metadata = mark && { metadata: metadataOf(mark) };
    await this.#client.chat.update({ channel: this.#place.channel, ts, ...content, ...metadata });
  }

  async remove(ts: string): Promise<void> {
    await this.#client.chat.delete({ channel: this.#place.channel, ts });
  }

  /** The messages of `author` in the thread after `ts`, oldest first. */
  async messagesAfter(ts: string, author: string): Promise<OwnMessage[]> {
    const { channel, thread } = this.#place;
    const page = { oldest: ts, limit: SEARCHED_REPLIES, include_all_metadata: true };
    const { messages = [] } = await this.#client.conversations.replies({ channel, ts: thread, ...page });
    return messages
      .filter(({ user }) => user === author)
      .flatMap((message) => ownMessageOf(message) ?? [])
      .filter((message) => Number(message.ts) > Number(ts));
  }

  /** Shares files in one message, in order. */
  async upload(files: readonly ReplyFile[]): Promise<void> {
    const { channel, thread } = this.#place;
    const file_uploads = files.map(({ name, bytes, description }) => ({
      file: Buffer.from(bytes),
      filename: name,
      title: name,
      ...(description !== undefined && isImage(name) && { alt_text: description }),
    }));
    await this.#uploads.files.uploadV2({ channel_id: channel, thread_ts: thread, file_uploads });
  }
}

/** Slack shares no file of another kind that has a description (https://github.com/slackapi/python-slack-sdk/issues/1818). */
function isImage(name: string): boolean {
  return /\.(png|jpe?g|gif|webp)$/i.test(name);
}

function tsOf({ ts }: { ts?: string | undefined }): string {
  if (ts === undefined) throw new Error('Slack answered without the ts of the message.');
  return ts;
}
