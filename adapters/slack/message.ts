import type { types } from '@slack/bolt';
import { type Budget, type Call, Gone, type RateBudget } from '../../src/platform.ts';
import type { Content } from './api.ts';
import { markdownBlocks, plainBlocks, stopBlocks } from './blocks.ts';
import { type Card, chunksTo, isTooHeavy } from './cards.ts';
import { detourFor, isStreamOver, mayHaveWorked, slackCode, translated } from './failures.ts';
import { fallbackText } from './markup.ts';
import type { MessageContext, Wanted } from './wanted.ts';

/**
 * - absent: nothing is posted.
 * - lost: it may be posted, but Slack's answer did not arrive.
 * - streaming: a native stream that can grow.
 * - broken: a stream that has to be stopped before the message can be edited.
 * - standing: a message that is edited.
 */
type State = 'absent' | 'lost' | 'streaming' | 'broken' | 'standing' | 'removed';

/** A message that needs to be put right more often than this is given up. */
const MAX_REPAIRS = 5;

/** One message in Slack: a native stream as long as that works, and edits from then on. */
export class SlackMessage {
  readonly #context: MessageContext;
  /** The `ts` of the last message before this one. */
  readonly #after: string;
  #state: State = 'absent';
  #ts = '';
  #startedAt = 0;
  #text = '';
  readonly #cards = new Map<string, Card>();
  /** What an edit has shown; undefined while that is not known. */
  #edited: string | undefined;
  #isPlain = false;
  #repairs = 0;
  #release: (() => void) | undefined;

  constructor(context: MessageContext, after: string) {
    this.#context = context;
    this.#after = after;
  }

  /** Its `ts`, or that of the last message before it. */
  get ts(): string {
    return this.#ts || this.#after;
  }

  get isPosted(): boolean {
    return this.#ts !== '';
  }

  /** Whether it streams and is too old to go on for long. */
  get isAged(): boolean {
    return this.#state === 'streaming' && performance.now() - this.#startedAt >= this.#context.streamLifeMs;
  }

  holds(card: Card): boolean {
    return this.#cards.has(card.id);
  }

  /** The call that brings the message closer to what is wanted; undefined when people see it. */
  next(wanted: Wanted): Call | undefined {
    const { budgets } = this.#context;
    switch (this.#state) {
      case 'absent':
        return this.#open(wanted);
      case 'lost':
        return this.#call(budgets.replies, () => this.#find());
      case 'streaming':
        return this.#grow(wanted);
      case 'broken':
        return this.#call(budgets.stopStream, () => this.#breakOff());
      case 'standing':
        return this.#edit(wanted);
      case 'removed':
        return undefined;
    }
  }

  /** Nothing more is shown. */
  close(): void {
    this.#keepPlace(undefined);
  }

  /** The call that takes away a message that is not wanted any more. */
  remove(): Call | undefined {
    const { budgets, api } = this.#context;
    if (this.#state === 'streaming') this.#state = 'broken';
    if (this.#state === 'broken') return this.#call(budgets.stopStream, () => this.#breakOff());
    if (this.#state !== 'standing') return undefined;
    return this.#call(budgets.remove, async () => {
      await api.remove(this.#ts);
      this.#state = 'removed';
    });
  }

  #open(wanted: Wanted): Call | undefined {
    const { budgets, post, mayStream } = this.#context;
    const canStream = wanted.ending === undefined && mayStream() && budgets.streams.hasRoom;
    const chunks = this.#chunks(wanted.growing, wanted.cards);
    if (canStream && !isTooHeavy(wanted.growing, wanted.cards))
      return chunks.length > 0
        ? this.#call(budgets.startStream, () => this.#startStream(wanted, chunks))
        : undefined;
    if (wanted.text === '' && !wanted.ending?.length) return undefined;
    return this.#call(post, () => this.#post(wanted));
  }

  async #startStream(wanted: Wanted, chunks: types.AnyChunk[]): Promise<void> {
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
    this.#streamed(wanted.growing, wanted.cards);
    posted();
  }

  async #post(wanted: Wanted): Promise<void> {
    try {
      this.#ts = await this.#context.api.post(this.#contentOf(wanted));
    } catch (error) {
      this.#unlessGone(error);
      if (mayHaveWorked(error)) this.#state = 'lost';
      return this.#simplify(error);
    }
    this.#edits(wanted);
    this.#context.posted();
  }

  /** Looks whether the message stands in the thread although Slack's answer did not arrive. */
  async #find(): Promise<void> {
    const { api, self, posted } = this.#context;
    const found = await api.findAfter(this.#after, self);
    this.#state = found === undefined ? 'absent' : found.streaming ? 'broken' : 'standing';
    if (found === undefined) return;
    this.#ts = found.ts;
    posted();
  }

  #grow(wanted: Wanted): Call | undefined {
    const { budgets } = this.#context;
    const { ending, cards } = wanted;
    const text = ending ? wanted.text : wanted.growing;
    const grows = text.startsWith(this.#text);
    const chunks = this.#chunks(text, cards);
    if (grows && chunks.length === 0 && !ending) return undefined;
    const mayGrow = ending !== undefined || (!this.isAged && this.#context.mayStream());
    const fits = grows && !isTooHeavy(text, cards) && mayGrow;
    if (!fits) return this.#call(budgets.stopStream, () => this.#breakOff());
    if (ending) return this.#call(budgets.stopStream, () => this.#stopStream(wanted, chunks, ending));
    return this.#call(budgets.appendStream, () => this.#append(wanted, chunks));
  }

  #chunks(text: string, cards: Wanted['cards']): types.AnyChunk[] {
    return chunksTo(text, cards, { text: this.#text, cards: this.#cards });
  }

  async #append({ growing, cards }: Wanted, chunks: types.AnyChunk[]): Promise<void> {
    try {
      await this.#context.api.appendStream(this.#ts, chunks);
    } catch (error) {
      return this.#leaveStream(error);
    }
    this.#streamed(growing, cards);
  }

  async #stopStream(wanted: Wanted, chunks: types.AnyChunk[], ending: types.AnyBlock[]): Promise<void> {
    try {
      await this.#context.api.stopStream(this.#ts, chunks, ending);
    } catch (error) {
      return this.#leaveStream(error);
    }
    this.#streamed(wanted.text, wanted.cards);
    this.#edits(wanted);
  }

  #streamed(text: string, cards: readonly Card[]): void {
    this.#text = text;
    for (const card of cards) this.#cards.set(card.id, card);
  }

  /** Ends the stream as it stands, so that the message can be edited. */
  async #breakOff(): Promise<void> {
    this.#state = 'broken';
    try {
      await this.#context.api.stopStream(this.#ts);
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

  /** The message stands as it is wanted. */
  #edits(wanted: Wanted): void {
    this.#state = 'standing';
    this.#edited = keyOf(wanted);
    this.#keepPlace(wanted.ending ? undefined : this.#context.budgets.update);
  }

  /** Keeps a place for the call that will end the message, so that many ends at once find room. */
  #keepPlace(budget: RateBudget | undefined): void {
    this.#release?.();
    this.#release = budget?.hold();
  }

  #edit(wanted: Wanted): Call | undefined {
    const isEmpty = wanted.text === '' && wanted.ending?.length === 0;
    if (isEmpty || keyOf(wanted) === this.#edited) return undefined;
    return this.#call(this.#context.budgets.update, async () => {
      try {
        await this.#context.api.update(this.#ts, this.#contentOf(wanted));
        this.#edits(wanted);
      } catch (error) {
        this.#unlessGone(error);
        this.#simplify(error);
      }
    });
  }

  /** Takes another way where Slack has said why it does not take this one. */
  #simplify(error: unknown): void {
    switch (detourFor(error)) {
      case 'stop the stream':
        this.#state = 'broken';
        break;
      case 'post anew':
        this.#state = 'absent';
        this.#text = '';
        this.#cards.clear();
        break;
      case 'plain text':
        if (this.#isPlain) throw error;
        this.#isPlain = true;
        break;
      default:
        throw error;
    }
    this.#repair(error);
  }

  #contentOf({ text, ending }: Wanted): Content {
    const body = this.#isPlain ? plainBlocks(text) : markdownBlocks(text);
    return { text: fallbackText(text), blocks: [...body, ...(ending ?? stopBlocks())] };
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
    if (known !== error) throw known;
  }

  #call(budget: Budget, send: () => Promise<void>): Call {
    const translate = (error: unknown) => {
      throw translated(error);
    };
    return { budget, send: () => send().catch(translate) };
  }
}

function keyOf({ text, ending }: Wanted): string {
  return `${ending ? JSON.stringify(ending) : 'growing'} ${text}`;
}
