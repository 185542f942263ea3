import type { types, webApi } from '@slack/bolt';
import type { ReplyFile } from '../../../src/platform.ts';
import type { Place } from '../place.ts';

type Block = types.AnyBlock;
type Chunk = types.AnyChunk;

/** So many messages of a thread are looked through for one whose acknowledgement was lost. */
const SEARCHED_REPLIES = 50;

/** A message of the app's own, found again. */
export interface Found {
  ts: string;
  streaming: boolean;
}

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

  /** Leaves the agent session at work, which would rest otherwise: a reply may go on, and a next one may wait. */
  async stopStream(ts: string, chunks: Chunk[] = [], blocks: Block[] = []): Promise<void> {
    const content = { ...(chunks.length > 0 && { chunks }), ...(blocks.length > 0 && { blocks }) };
    const stream = { channel: this.#place.channel, ts, session_status: 'processing' };
    await this.#client.chat.stopStream({ ...stream, ...content });
  }

  async post(content: Content): Promise<string> {
    const { channel, thread } = this.#place;
    const unfurl = { unfurl_links: false, unfurl_media: false };
    return tsOf(await this.#client.chat.postMessage({ channel, thread_ts: thread, ...content, ...unfurl }));
  }

  async update(ts: string, content: Content): Promise<void> {
    await this.#client.chat.update({ channel: this.#place.channel, ts, ...content });
  }

  async remove(ts: string): Promise<void> {
    await this.#client.chat.delete({ channel: this.#place.channel, ts });
  }

  /** The first message of `author` in the thread after `ts`. */
  async findAfter(ts: string, author: string): Promise<Found | undefined> {
    const { channel, thread } = this.#place;
    const page = { oldest: ts, limit: SEARCHED_REPLIES };
    const { messages = [] } = await this.#client.conversations.replies({ channel, ts: thread, ...page });
    const found = messages.find((message) => message.user === author && Number(message.ts) > Number(ts));
    if (found?.ts === undefined) return undefined;
    return { ts: found.ts, streaming: Object(found).streaming_state === 'in_progress' };
  }

  /** Shares files in one message, in order. */
  async upload(files: readonly ReplyFile[]): Promise<void> {
    const { channel, thread } = this.#place;
    const file_uploads = files.map(({ name, bytes }) => ({
      file: Buffer.from(bytes),
      filename: name,
      title: name,
    }));
    await this.#uploads.files.uploadV2({ channel_id: channel, thread_ts: thread, file_uploads });
  }
}

function tsOf({ ts }: { ts?: string | undefined }): string {
  if (ts === undefined) throw new Error('Slack answered without the ts of the message.');
  return ts;
}
