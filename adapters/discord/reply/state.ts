import type { APIMessage } from 'discord.js';
import type { KeptReply } from '../../../src/platform.ts';
import { openQuestions } from '../../../src/reply/questions.ts';
import type { View } from '../../../src/view.ts';
import { buttonsOf } from '../buttons.ts';
import type { KeptPlace } from '../place.ts';
import { type Kept, writeKept } from './kept.ts';
import { type Marks, ownMessages } from './own-messages.ts';
import { filesToSend, type Post, postsOf } from './posts.ts';
import type { Shown } from './shown.ts';
import { type Slot, slotsOf } from './slots.ts';

/** What people see of a reply, and what Discord did not take of it. It makes no calls. */
export class ReplyState {
  readonly shown: Shown[];
  /** What is said in place of files that Discord did not take, by their ids. */
  readonly refused: Map<string, string>;
  /** Texts that stand for those which Discord's filters refuse, by the number of their message. */
  readonly filtered: Map<number, string>;
  readonly #id: string;
  #nonces: number;

  /** @param id Of the message that is answered: what makes a post that is sent twice one message. */
  constructor(id: string, { messages = [], nonces = 0, refused, filtered }: Partial<Kept> = {}) {
    this.#id = id;
    this.shown = messages.map((message) => ({ ...message, isInherited: true }));
    this.refused = new Map(refused);
    this.filtered = new Map(filtered);
    this.#nonces = nonces;
  }

  nonce(): string {
    return `${this.#id}-${this.#nonces++}`;
  }

  kept(place: KeptPlace): KeptReply {
    return writeKept({
      ...place,
      messages: this.shown,
      nonces: this.#nonces,
      refused: [...this.refused],
      filtered: [...this.filtered],
    });
  }

  /** Whether people see a reply that is over. */
  get isFinished(): boolean {
    return this.shown.at(-1)?.buttons === 'finished';
  }

  /** What there is beside what there should be. */
  slots(view: View): Slot[] {
    const { parts, outcome } = view;
    const posts = postsOf(view, this.refused, this.#sent(view));
    // Who ends a reply without its text does not know what another process has shown of it.
    const keepsTexts = outcome !== undefined && outcome.status !== 'completed' && parts.length === 0;
    const left = keepsTexts ? posts.filter((post) => post.files.length > 0 || !this.#says(post)) : posts;
    const questions = openQuestions(view);
    const slots = slotsOf(left, this.shown, { isOver: outcome !== undefined, keepsTexts, questions });
    return slots.map(({ shown, wanted }, index) => {
      const content = this.filtered.get(index);
      return { shown, wanted: wanted && content !== undefined ? { ...wanted, content } : wanted };
    });
  }

  /** Takes in which of a channel's messages are this reply's, whoever has posted them. */
  inherit(messages: readonly APIMessage[], marks: Omit<Marks, 'reply'>): void {
    const known = new Set(this.shown.flatMap(({ id }) => id ?? []));
    const replaced = new Set(this.shown.flatMap(({ replaces }) => replaces ?? []));
    const others = messages.filter(({ id }) => !replaced.has(id));
    for (const message of ownMessages(others, known, { ...marks, reply: this.#id })) this.#adopt(message);
    this.#nonces = Math.max(this.#nonces, this.shown.length);
  }

  #adopt({ id, content, components = [], attachments }: APIMessage): void {
    const place = this.shown.findIndex((shown) => shown.id === id);
    const unposted = this.shown.findIndex((shown) => shown.id === undefined);
    const index = [place, unposted].find((index) => index >= 0) ?? this.shown.length;
    const known = this.shown[index] ?? { nonce: this.nonce() };
    this.shown[index] = {
      ...known,
      id,
      content,
      buttons: buttonsOf(components).buttons,
      pings: known.pings ?? (index === 0 && !known.replaces),
      isInherited: true,
      ...(attachments.length > 0 && !known.files && { attachments: attachments.length }),
    };
  }

  #says({ content }: Post): boolean {
    return this.shown.some((shown) => shown.isInherited && shown.content?.endsWith(content));
  }

  /** The files that stand there; those of messages that were found are the next ones in order, as they are sent in it. */
  #sent(view: View): Set<string> {
    const sent = new Set(this.shown.flatMap(({ files }) => files ?? []));
    for (const shown of this.shown) {
      if (!view.outcome || !shown.attachments) continue;
      const next = filesToSend(view, this.refused, sent).slice(0, shown.attachments);
      shown.files = next.map(({ id }) => id);
      delete shown.attachments;
      for (const id of shown.files) sent.add(id);
    }
    return sent;
  }
}
