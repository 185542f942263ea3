import { RateLimitError, SnowflakeUtil } from 'discord.js';
import type { Call, Limits, Reply, View } from '../../../src/platform.ts';
import type { Api } from '../api.ts';
import { type Buttons, rowOf } from '../buttons.ts';
import { Code, codeOf, explain, isFiltered, isRefusal } from '../errors.ts';
import type { Place } from '../place.ts';
import { append, MESSAGE_LENGTH } from '../text.ts';
import { type Post, postsOf } from './posts.ts';
import type { Typing } from './typing.ts';

/** Discord's Markdown has no tables, one kind of fence, and shows images only as attachments. */
const LIMITS: Limits = {
  characters: MESSAGE_LENGTH,
  tables: 'fixed-width',
  images: 'link',
  fences: 'backticks',
};

/** One message of the reply as people see it. */
interface Shown {
  nonce: string;
  /** Undefined until it is posted. */
  id?: string;
  /** Undefined when it is not known what the message says. */
  content?: string | undefined;
  buttons?: Buttons;
  /** Whether it pings whom it answers. */
  pings?: boolean;
  /** The message in whose place it stands, and which is to be deleted. */
  replaces?: string;
}

/** One call, which leaves the first `shows` messages as they should be, and brings these files. */
interface Step {
  shows: number;
  files?: readonly string[];
  run: () => Promise<void>;
}

export interface ReplyParts {
  api: Api;
  place: Place;
  typing: Typing;
  conversation: string;
  /** Of the message that is answered: what makes a post that is sent twice one message. */
  id: string;
  /** Milliseconds after which Discord counts a message as old and takes few edits of it. */
  oldMessageMs: number;
  onClose(): void;
}

/** A reply in messages of one channel: each grows by edits until it is full, then the next one follows. */
export class DiscordReply implements Reply {
  readonly limits = LIMITS;
  readonly #parts: ReplyParts;
  readonly #shown: Shown[] = [];
  readonly #refused = new Map<string, string>();
  /** Texts that stand for those which Discord's filters refuse, by the number of their message. */
  readonly #filtered = new Map<number, string>();
  #nonces = 0;

  constructor(parts: ReplyParts) {
    this.#parts = parts;
    const { place, typing } = parts;
    // If it fails here, the first post tries again and tells.
    place.open().then(
      () => typing.start(place.channel),
      () => {},
    );
  }

  next(view: View): Call | undefined {
    const posts = postsOf(view, this.#refused).map((post, index) => {
      const content = this.#filtered.get(index);
      return content === undefined ? post : { ...post, content };
    });
    const step = this.#step(posts, view.outcome !== undefined);
    if (!step) return undefined;
    const { run, ...brings } = step;
    return { budget: this.#parts.place.budget, ...brings, send: () => this.#send(run) };
  }

  close(): void {
    this.#parts.typing.stop();
    this.#parts.place.close();
    this.#parts.onClose();
  }

  get channel(): string {
    return this.#parts.place.channel;
  }

  get conversation(): string {
    return this.#parts.conversation;
  }

  /** Whether it stands in a message; in any newer than what it answers it may, until it hears the id of its post. */
  mayBe(message: string): boolean {
    const isNewer = BigInt(message) > BigInt(this.#parts.id);
    return this.#shown.some(({ id }) => (id === undefined ? isNewer : id === message));
  }

  /** What is to do first: a message after the first one that differs waits for it. */
  #step(posts: readonly Post[], isOver: boolean): Step | undefined {
    const renewed = this.#shown.find(({ id, replaces }) => id && replaces);
    if (renewed) return { shows: this.#shown.indexOf(renewed) + 1, run: () => this.#deleteReplaced(renewed) };
    for (const [index, post] of posts.entries()) {
      const shown = this.#shown[index];
      const shows = index + 1;
      const files = post.files.map(({ id }) => id);
      if (!shown?.id) return { shows, files, run: () => this.#post(index, post) };
      if (shown.content !== post.content || shown.buttons !== post.buttons)
        return { shows, run: () => this.#edit(index, shown.id ?? '', post) };
    }
    const extra = this.#shown.length > posts.length ? this.#shown.at(-1) : undefined;
    return isOver && extra ? { shows: posts.length, run: () => this.#remove(extra) } : undefined;
  }

  async #send(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      throw explain(error);
    }
  }

  async #post(index: number, post: Post): Promise<void> {
    const { api, place, typing, conversation } = this.#parts;
    const { channel } = place;
    await place.open();
    // No thread after all: the channel has a budget of its own, which the next call asks.
    if (place.channel !== channel) return;
    const shown = this.#shown[index] ?? { nonce: this.#nonce() };
    this.#shown[index] = shown;
    const message = { ...post, buttons: rowOf(post.buttons, conversation), nonce: shown.nonce };
    const ping = index === 0 && !shown.replaces;
    typing.grows();
    try {
      const { id, content } = await api.post(channel, { ...message, answers: place.answers, ping });
      const isAsPosted = content === post.content;
      Object.assign(shown, {
        id,
        content: isAsPosted ? content : undefined,
        buttons: post.buttons,
        pings: ping,
      });
    } catch (error) {
      if (codeOf(error) === Code.historyNeeded) place.answerNobody();
      else if (isRefusal(error) && post.files.length > 0) this.#refuse(post, error.message);
      else this.#recover(index, error);
    }
  }

  async #edit(index: number, id: string, post: Post): Promise<void> {
    const { api, place, typing, conversation } = this.#parts;
    const { content, buttons } = post;
    const ping = this.#shown[index]?.pings ?? false;
    typing.grows();
    try {
      await api.edit(place.channel, id, { content, buttons: rowOf(buttons, conversation), ping });
      Object.assign(this.#shown[index] ?? {}, { content, buttons });
    } catch (error) {
      if (this.#isTooOld(error, id)) this.#shown[index] = { nonce: this.#nonce(), replaces: id };
      else this.#recover(index, error);
    }
  }

  /** What a filter does not take is left out, and the rest goes on. @throws the error, if it is another one. */
  #recover(index: number, error: unknown): void {
    if (!isFiltered(error) || this.#filtered.has(index)) throw error;
    const notice = `⚠️ Discord did not take the rest of this message: ${error.message}.`;
    this.#filtered.set(index, append(this.#shown[index]?.content, notice));
  }

  /** Error 30046, which comes as a rate limit of its own beside that of the channel. */
  #isTooOld(error: unknown, id: string): boolean {
    const age = Date.now() - SnowflakeUtil.timestampFrom(id);
    return error instanceof RateLimitError && error.sublimitTimeout > 0 && age >= this.#parts.oldMessageMs;
  }

  async #deleteReplaced(shown: Shown): Promise<void> {
    await this.#delete(shown.replaces);
    delete shown.replaces;
  }

  async #remove(shown: Shown): Promise<void> {
    await this.#delete(shown.id);
    this.#shown.splice(this.#shown.indexOf(shown), 1);
  }

  async #delete(id: string | undefined): Promise<void> {
    const { api, place } = this.#parts;
    try {
      if (id) await api.delete(place.channel, id);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }

  #refuse({ files }: Post, reason: string): void {
    for (const { id, name } of files)
      this.#refused.set(id, `⚠️ Discord did not take the file ${name}: ${reason}.`);
  }

  #nonce(): string {
    return `${this.#parts.id}-${this.#nonces++}`;
  }
}
