import { RateLimitError, SnowflakeUtil } from 'discord.js';
import type { Call, KeptReply, Reply } from '../../../src/platform.ts';
import { openQuestions } from '../../../src/reply/questions.ts';
import { doneOf, isSilent } from '../../../src/reply/transcript/call-words.ts';
import type { Limits, PlacedCall, View } from '../../../src/view.ts';
import type { Api } from '../api.ts';
import { buttonsOf, rowsOf } from '../buttons.ts';
import { Code, codeOf, explain, isFiltered, isRefusal } from '../errors.ts';
import type { Place } from '../place.ts';
import { append, MESSAGE_LENGTH } from '../text.ts';
import type { Kept } from './kept.ts';
import { ownMessages } from './own-messages.ts';
import type { Shown } from './shown.ts';
import type { Wanted } from './slots.ts';
import { ReplyState } from './state.ts';
import type { Typing } from './typing.ts';

/** Discord's Markdown has no tables, one kind of fence, and shows images only as attachments. */
const LIMITS: Limits = {
  characters: MESSAGE_LENGTH,
  tables: 'fixed-width',
  images: 'link',
  fences: 'backticks',
  autolinks: 'addresses',
};
/** So many hundreds of messages after the question are looked through for those that another process has posted. */
const PAGES = 5;

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
  /** Of the message that is answered. */
  id: string;
  /** Milliseconds after which Discord counts a message as old and takes few edits of it. */
  oldMessageMs: number;
  /** Set when another process may have begun it, with what that kept. */
  begun: { kept: Kept | undefined } | undefined;
  onClose(): void;
}

/** A reply in messages of one channel: each grows by edits until it is full, then the next one follows. */
export class DiscordReply implements Reply {
  readonly limits = LIMITS;
  readonly #parts: ReplyParts;
  readonly #state: ReplyState;
  #kept: KeptReply;
  /** False until it is known what another process has posted. */
  #isWhole: boolean;
  #finding: Promise<void> | undefined;

  constructor(parts: ReplyParts) {
    this.#parts = parts;
    const { place, typing, begun, id } = parts;
    this.#state = new ReplyState(id, begun?.kept);
    this.#kept = this.#state.kept(place.kept);
    this.#isWhole = begun === undefined;
    const begins = begun ? this.#inherit() : place.open();
    // If it fails here, the first call tries again and tells.
    begins.then(
      () => !this.#state.isFinished && typing.start(place.channel),
      () => {},
    );
  }

  get kept(): KeptReply {
    return this.#kept;
  }

  /** Subtext; code that is shown says by itself what it is. */
  toolCall(call: Omit<PlacedCall, 'at'>): string | undefined {
    return isSilent(call) ? `-# ${doneOf(call.call, call.status)}` : undefined;
  }

  next(view: View): Call | undefined {
    this.#parts.typing.rest(openQuestions(view).length > 0);
    const step = this.#isWhole ? this.#step(view) : { shows: 0, run: () => this.#inherit() };
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

  /** The message that it answers. */
  get id(): string {
    return this.#parts.id;
  }

  /** What is to do first: a message after the first one that differs waits for it. */
  #step(view: View): Step | undefined {
    const { shown } = this.#state;
    const renewed = shown.find(({ id, replaces }) => id && replaces);
    if (renewed) return { shows: shown.indexOf(renewed) + 1, run: () => this.#deleteReplaced(renewed) };
    const slots = this.#state.slots(view);
    for (const [index, { shown, wanted }] of slots.entries()) {
      if (!wanted) continue;
      const shows = index + 1;
      const files = wanted.files.map(({ id }) => id);
      if (!shown?.id) return { shows, files, run: () => this.#post(index, wanted) };
      if (differs(shown, wanted)) return { shows, run: () => this.#edit(index, shown.id ?? '', wanted) };
    }
    const extra = slots.findLast(({ wanted }) => !wanted)?.shown;
    return extra && { shows: view.parts.length, run: () => this.#remove(extra) };
  }

  async #send(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      throw explain(error);
    }
    const kept = this.#state.kept(this.#parts.place.kept);
    if (JSON.stringify(kept) !== JSON.stringify(this.#kept)) this.#kept = kept;
  }

  /** Finds the messages that another process has posted, also those that it did not live to keep. */
  #inherit(): Promise<void> {
    this.#finding ??= this.#find().catch((error: unknown) => {
      this.#finding = undefined;
      throw error;
    });
    return this.#finding;
  }

  async #find(): Promise<void> {
    const { place, id } = this.#parts;
    const { fallback } = place;
    if (fallback) {
      const { self, messages } = await place.read(fallback.channel, id, PAGES);
      const marks = { self, reply: id, answers: fallback.answers, isItsOwn: true };
      if (ownMessages(messages, new Set(), marks).length > 0) place.fallBack();
    }
    await place.open();
    const { self, messages } = await place.read(place.channel, id, PAGES);
    this.#state.inherit(messages, { self, answers: place.answers, isItsOwn: place.isItsOwn });
    this.#isWhole = true;
  }

  async #post(index: number, wanted: Wanted): Promise<void> {
    const { api, place, typing, conversation, id: reply } = this.#parts;
    const { channel } = place;
    await place.open();
    // No thread after all: the channel has a budget of its own, which the next call asks.
    if (place.channel !== channel) return;
    const { content = '', files } = wanted;
    const shown = this.#state.shown[index] ?? { nonce: this.#state.nonce() };
    this.#state.shown[index] = shown;
    // Where nothing else tells whose the first message is, its buttons do.
    const buttons = index === 0 && !place.isItsOwn && wanted.buttons === 'none' ? 'running' : wanted.buttons;
    const rows = rowsOf(buttons, conversation, reply);
    const ping = index === 0 && !shown.replaces;
    const { nonce } = shown;
    typing.grows();
    try {
      const message = { content, files, buttons: rows, nonce, answers: place.answers, ping };
      const posted = await api.post(channel, message);
      Object.assign(shown, {
        id: posted.id,
        content: posted.content === content ? content : undefined,
        // What the nonce has found may have been posted with others.
        buttons: buttonsOf(posted.components ?? []).buttons,
        pings: ping,
        ...(files.length > 0 && { files: files.map(({ id }) => id) }),
      });
    } catch (error) {
      if (codeOf(error) === Code.historyNeeded) place.answerNobody();
      else if (isRefusal(error) && files.length > 0) this.#refuse(wanted, error.message);
      else this.#recover(index, error);
    }
  }

  async #edit(index: number, id: string, { content, buttons }: Wanted): Promise<void> {
    const { api, place, typing, conversation, id: reply } = this.#parts;
    const { shown } = this.#state;
    const ping = shown[index]?.pings ?? false;
    typing.grows();
    try {
      await api.edit(place.channel, id, { content, buttons: rowsOf(buttons, conversation, reply), ping });
      const text = content !== undefined && { content, isInherited: false };
      Object.assign(shown[index] ?? {}, { buttons, ...text });
    } catch (error) {
      if (content !== undefined && this.#isTooOld(error, id))
        shown[index] = { nonce: this.#state.nonce(), replaces: id };
      else this.#recover(index, error);
    }
  }

  /**
   * What a filter does not take is left out, and the rest goes on. @throws the error, if it is another one: then what the
   * message says is not known, since only the answer may be lost.
   */
  #recover(index: number, error: unknown): void {
    const { filtered, shown } = this.#state;
    if (!isFiltered(error) || filtered.has(index)) {
      Object.assign(shown[index] ?? {}, { content: undefined, buttons: undefined });
      throw error;
    }
    const notice = `⚠️ Discord did not take the rest of this message: ${error.message}.`;
    filtered.set(index, append(shown[index]?.content, notice));
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

  async #remove(extra: Shown): Promise<void> {
    const { shown } = this.#state;
    await this.#delete(extra.id);
    shown.splice(shown.indexOf(extra), 1);
  }

  async #delete(id: string | undefined): Promise<void> {
    const { api, place } = this.#parts;
    try {
      if (id) await api.delete(place.channel, id);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }

  #refuse({ files }: Wanted, reason: string): void {
    for (const { id, name } of files)
      this.#state.refused.set(id, `⚠️ Discord did not take the file ${name}: ${reason}.`);
  }
}

function differs(shown: Shown, { content, buttons }: Wanted): boolean {
  return shown.buttons !== buttons || (content !== undefined && shown.content !== content);
}
