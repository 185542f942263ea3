import type { types } from '@slack/bolt';
import type { Budget } from '../../../../src/budget.ts';
import { type Call, Gone, RateLimited } from '../../../../src/platform.ts';
import type { RateBudget } from '../../../../src/reply/publisher/rate-budget.ts';
import { detourFor, isStreamOver, mayHaveWorked, slackCode, translated } from '../../failures.ts';
import { plainBlocks, stopBlocks } from '../content/blocks.ts';
import { bodyBlocks } from '../content/body.ts';
import { type Card, cardsBeside, chunksTo, isTooHeavy } from '../content/cards.ts';
import { fallbackText, growingFallbackText } from '../content/fallback-text.ts';
import type { KeptMessage } from '../kept.ts';
import type { Content } from './api.ts';
import type { Mark } from './mark.ts';
import type { MessageContext } from './message-context.ts';
import type { MessageView } from './message-view.ts';
import { isPart } from './own-message.ts';
import { SeenText } from './seen-text.ts';

/**
 * - absent: nothing is posted.
 * - lost: it may be posted, but Slack's answer did not arrive, or not in this process.
 * - streaming: a native stream that can grow.
 * - broken: a stream that has to be stopped before the message can be edited.
 * - standing: a message that is edited.
 */
type State = 'absent' | 'lost' | 'streaming' | 'broken' | 'standing' | 'removed';

/** What brings it closer to what it should show. */
export interface MessageCall extends Call {
  /** It posts the message. */
  readonly posts?: true;
}

/** A message that needs to be put right more often than this is given up. */
const MAX_REPAIRS = 5;

export interface SlackMessageOptions {
  /** Which of the reply's messages it is, from 0. */
  index: number;
  /** The `ts` of the last message before this one. */
  after: string;
  /** What another process has kept of it. */
  kept?: KeptMessage | undefined;
  /** Another process may have posted it, and could not keep that. */
  mayStand: boolean;
  /** Is told whether it stands in the thread, once that is looked for. */
  onSearched: (isThere: boolean) => void;
}

/** One message in Slack: a native stream as long as that works, and edits from then on. */
export class SlackMessage {
  readonly #context: MessageContext;
  readonly #mark: Mark;
  readonly #after: string;
  readonly #onSearched: (isThere: boolean) => void;
  #state: State = 'absent';
  #ts = '';
  /** Whether Slack has the message's mark. */
  #isMarked = false;
  #startedAt = 0;
  #text = '';
  readonly #cards = new Map<string, Card>();
  readonly #seen = new SeenText();
  /** The `ts` of a message in its place that can not be edited any more. */
  #not: string | undefined;
  /** Slack has refused its blocks: without cards first, then without Markdown. */
  #isBare = false;
  #isPlain = false;
  #repairs = 0;
  #isPosting = false;
  #release: (() => void) | undefined;

  constructor(context: MessageContext, { index, after, kept, mayStand, onSearched }: SlackMessageOptions) {
    this.#context = context;
    this.#mark = { reply: context.reply, part: String(index) };
    this.#after = after;
    this.#onSearched = onSearched;
    this.#not = kept?.not;
    if (kept?.ts !== undefined) this.#goOn(kept.ts, kept);
    else if (mayStand) this.#state = 'lost';
  }

  #goOn(ts: string, { stream, ...seen }: KeptMessage): void {
    this.#ts = ts;
    this.#seen.goOnWith(seen);
    this.#isMarked = !stream;
    this.#state = stream ? 'broken' : 'standing';
    this.#keepPlace(stream ? this.#context.budgets.stopStream : this.#context.budgets.update);
  }

  /** What another process needs to go on with it. */
  get kept(): KeptMessage {
    const not = this.#not === undefined ? undefined : { not: this.#not };
    if (this.#state === 'absent' || this.#state === 'lost' || this.#state === 'removed') return { ...not };
    if (!this.#isMarked) return { ts: this.#ts, stream: true, ...not };
    return { ts: this.#ts, ...this.#seen.kept, ...not };
  }

  /** Its `ts`, or that of the last message before it. */
  get ts(): string {
    return this.#ts || this.#after;
  }

  /** Whether it may stand there although it is not known. */
  get mayStand(): boolean {
    return this.#isPosting || this.#state === 'lost';
  }

  get isPosted(): boolean {
    return this.#ts !== '';
  }

  get isStreaming(): boolean {
    return this.#state === 'streaming';
  }

  /** Whether it streams and is too old to go on for long. */
  get isAged(): boolean {
    return this.#state === 'streaming' && performance.now() - this.#startedAt >= this.#context.streamLifeMs;
  }

  holds(card: Card): boolean {
    return this.#cards.has(card.id);
  }

  /** The call that brings the message closer to what it should show; undefined when people see it. */
  next(view: MessageView): MessageCall | undefined {
    const { budgets } = this.#context;
    switch (this.#state) {
      case 'absent':
        return this.#open(view);
      case 'lost':
        return this.#call(budgets.replies, () => this.#find());
      case 'streaming':
        return this.#grow(view);
      case 'broken':
        return this.settle();
      case 'standing':
        return this.#edit(view);
      case 'removed':
        return undefined;
    }
  }

  /** The call that ends a stream that can not go on, before Slack does: then it would say that the reply broke off. */
  settle(): Call | undefined {
    const { budgets } = this.#context;
    return this.#state === 'broken' ? this.#call(budgets.stopStream, () => this.#breakOff()) : undefined;
  }

  /** Nothing more is shown. */
  close(): void {
    this.#keepPlace(undefined);
  }

  /** The call that takes away a message that is no longer needed. */
  remove(): Call | undefined {
    const { budgets } = this.#context;
    if (this.#state === 'streaming') this.#state = 'broken';
    if (this.#state === 'lost') return this.#call(budgets.replies, () => this.#find());
    if (this.#state === 'broken') return this.settle();
    if (this.#state !== 'standing') return undefined;
    return this.#call(budgets.remove, () => this.#remove());
  }

  async #remove(): Promise<void> {
    try {
      await this.#context.api.remove(this.#ts);
    } catch (error) {
      if (slackCode(error) !== 'message_not_found') throw error;
    }
    this.#state = 'removed';
    this.#keepPlace(undefined);
  }

  #open(view: MessageView): MessageCall | undefined {
    const { budgets, post, mayStream } = this.#context;
    const isAsking = view.questions !== undefined && view.questions.length > 0;
    const canStream = view.ending === undefined && !isAsking && mayStream() && budgets.streams.hasRoom;
    const chunks = this.#chunks(view.growing, view.cards);
    if (canStream && !isTooHeavy(view.growing, view.cards))
      return chunks.length > 0
        ? this.#posting(budgets.startStream, () => this.#startStream(view, chunks))
        : undefined;
    if (view.text === '' && !view.ending?.length) return undefined;
    return this.#posting(post, () => this.#post(view));
  }

  #posting(budget: Budget, post: () => Promise<void>): MessageCall {
    const call = this.#call(budget, async () => {
      this.#isPosting = true;
      await post().finally(() => {
        this.#isPosting = false;
      });
    });
    return { ...call, posts: true };
  }

  async #startStream(view: MessageView, chunks: types.AnyChunk[]): Promise<void> {
    const { api, budgets, refuseStreams, posted } = this.#context;
    budgets.streams.take();
    try {
      this.#ts = await api.startStream(chunks);
    } catch (error) {
      this.#unlessGone(error);
      if (mayHaveWorked(error)) this.#state = 'lost';
      const code = slackCode(error);
      if (code === undefined) throw error;
      return refuseStreams(code);
    }
    this.#state = 'streaming';
    this.#startedAt = performance.now();
    this.#keepPlace(budgets.stopStream);
    this.#streamed(view.growing, view.cards);
    posted();
  }

  async #post(view: MessageView): Promise<void> {
    try {
      this.#ts = await this.#context.api.post(this.#contentOf(view, fallbackText), this.#mark);
    } catch (error) {
      this.#unlessGone(error);
      if (mayHaveWorked(error)) this.#state = 'lost';
      return this.#simplify(error, view);
    }
    this.#isMarked = true;
    this.#edits(view);
    this.#context.posted();
  }

  /** Looks whether the message stands in the thread although Slack's answer did not arrive. */
  async #find(): Promise<void> {
    const { api, self, posted } = this.#context;
    const messages = await api.messagesAfter(this.#after, self);
    const found = messages.find((message) => message.ts !== this.#not && isPart(message, this.#mark));
    this.#onSearched(found !== undefined);
    if (!found) {
      this.#state = 'absent';
      return;
    }
    const { ts, mark, stream, length } = found;
    this.#goOn(ts, { length, ...(stream === 'open' && { stream: true }) });
    this.#isMarked = mark !== undefined;
    posted();
  }

  #grow(view: MessageView): Call | undefined {
    const { budgets } = this.#context;
    const { ending, cards, questions } = view;
    if (questions?.length) return this.#call(budgets.stopStream, () => this.#breakOff());
    const text = ending ? view.text : view.growing;
    const grows = text.startsWith(this.#text);
    const chunks = this.#chunks(text, cards);
    if (grows && chunks.length === 0 && !ending) return undefined;
    const mayGrow = ending !== undefined || (!this.isAged && this.#context.mayStream());
    const fits = grows && !isTooHeavy(text, cards) && mayGrow;
    if (!fits) return this.#call(budgets.stopStream, () => this.#breakOff());
    if (ending) return this.#call(budgets.stopStream, () => this.#stopStream(view, chunks, ending));
    return this.#call(budgets.appendStream, () => this.#append(view, chunks));
  }

  #chunks(text: string, cards: MessageView['cards']): types.AnyChunk[] {
    return chunksTo(text, cards, { text: this.#text, cards: this.#cards });
  }

  async #append({ growing, cards }: MessageView, chunks: types.AnyChunk[]): Promise<void> {
    try {
      await this.#context.api.appendStream(this.#ts, chunks);
    } catch (error) {
      return this.#leaveStream(error);
    }
    this.#streamed(growing, cards);
  }

  async #stopStream(view: MessageView, chunks: types.AnyChunk[], ending: types.AnyBlock[]): Promise<void> {
    try {
      await this.#context.api.stopStream(this.#ts, this.#mark, chunks, ending);
    } catch (error) {
      return this.#leaveStream(error);
    }
    this.#isMarked = true;
    this.#streamed(view.text, view.cards);
    this.#edits(view);
  }

  #streamed(text: string, cards: readonly Card[]): void {
    this.#text = text;
    for (const card of cards) this.#cards.set(card.id, card);
  }

  /** Ends the stream as it stands, so that the message can be edited. */
  async #breakOff(): Promise<void> {
    this.#state = 'broken';
    try {
      const length = await this.#context.api.stopStream(this.#ts, this.#mark);
      this.#seen.endsAt(length);
      this.#isMarked = true;
    } catch (error) {
      this.#unlessGone(error);
      if (slackCode(error) === undefined) throw error;
      this.#repair(error);
    }
    this.#state = 'standing';
  }

  /** A stream that took no more goes on as a message that is edited: what of the text has arrived is not known. */
  #leaveStream(error: unknown): void {
    this.#unlessGone(error);
    this.#state = isStreamOver(error) ? 'standing' : 'broken';
    if (slackCode(error) === undefined) throw error;
    this.#repair(error);
  }

  /** The message stands as it should. */
  #edits(view: MessageView): void {
    this.#state = 'standing';
    this.#seen.shows(view);
    this.#keepPlace(view.ending ? undefined : this.#context.budgets.update);
  }

  /** Keeps a place for the call that will end the message, so that many ends at once find room. */
  #keepPlace(budget: RateBudget | undefined): void {
    this.#release?.();
    this.#release = budget?.hold();
  }

  #edit(view: MessageView): Call | undefined {
    const isEmpty = view.text === '' && !view.ending?.length;
    const { timeScale } = this.#context;
    if (isEmpty || this.#seen.isAt(view) || this.#seen.isHeld(view, timeScale)) return undefined;
    return this.#call(this.#context.budgets.update, async () => {
      this.#seen.changes();
      try {
        const fallback = view.ending ? fallbackText : growingFallbackText;
        const mark = this.#isMarked ? undefined : this.#mark;
        await this.#context.api.update(this.#ts, this.#contentOf(view, fallback), mark);
        this.#isMarked = true;
        this.#edits(view);
      } catch (error) {
        this.#unlessGone(error);
        this.#simplify(error, view);
      }
    });
  }

  /** Takes another way where Slack has said why it does not take this one. */
  #simplify(error: unknown, { cards }: MessageView): void {
    switch (detourFor(error)) {
      case 'stop the stream':
        this.#state = 'broken';
        break;
      case 'post anew':
        this.#not = this.#ts;
        this.#state = 'absent';
        this.#text = '';
        this.#cards.clear();
        break;
      case 'plain text':
        if (this.#isPlain) throw error;
        this.#isPlain = this.#isBare || cardsBeside(cards).length === 0;
        this.#isBare = true;
        break;
      default:
        throw error;
    }
    this.#repair(error);
  }

  #contentOf(
    { text, cards, questions = [], ending }: MessageView,
    fallback: (markdown: string) => string,
  ): Content {
    const body = this.#isPlain ? plainBlocks(text) : bodyBlocks(text, this.#isBare ? [] : cardsBeside(cards));
    return { text: fallback(text), blocks: [...body, ...(ending ?? [...questions, ...stopBlocks()])] };
  }

  #repair(error: unknown): void {
    this.#repairs++;
    this.#context.log.info(
      { code: slackCode(error), ts: this.#ts },
      'Slack did not take a message and gets it another way',
    );
    if (this.#repairs > MAX_REPAIRS)
      throw new Gone('Slack refuses this message whatever is done about it.', { cause: error });
  }

  #unlessGone(error: unknown): void {
    const known = translated(error);
    if (known instanceof Gone || known instanceof RateLimited) throw known;
  }

  #call(budget: Budget, send: () => Promise<void>): Call {
    const translate = (error: unknown) => {
      throw translated(error);
    };
    return { budget, send: () => send().catch(translate) };
  }
}
