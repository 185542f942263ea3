import { setTimeout as sleep } from 'node:timers/promises';
import type { BegunReply, Call, KeptReply, Pace, Reply } from '../../../src/platform.ts';
import { textBefore } from '../../../src/reply/layout/part.ts';
import { openQuestions } from '../../../src/reply/questions.ts';
import type { Limits, Part, PlacedCall, View } from '../../../src/view.ts';
import { defused, settled } from '../markup.ts';
import type { Place } from '../place.ts';
import { endingBlocks, questionBlocks } from './content/blocks.ts';
import { cardOf, type PlacedCard } from './content/cards.ts';
import { type Kept, type KeptMessage, keptOf } from './kept.ts';
import { SlackMessage } from './message/message.ts';
import type { MessageContext } from './message/message-context.ts';
import type { MessageView } from './message/message-view.ts';
import type { Activity } from './status/activity.ts';
import { statusOf } from './status/status.ts';
import { Uploads } from './uploads.ts';

/**
 * A message's blocks hold 12,000 characters of text together, buttons and notes among them, and others saw messages
 * refused from 11,341 on (https://github.com/slackapi/bolt-js/issues/2509).
 */
const LIMITS: Limits = { characters: 11_000, tables: 'markdown', autolinks: 'names' };

/** A stream that gets too old goes on in a next message, unless so little stands in it that it can as well be edited. */
const MIN_AGED = 1_000;

/**
 * How often people see a text grow. An edit sends all of a message again and a workspace has few of them; a stream
 * takes what is new, and more often.
 */
const EDITS_PACE: Pace = { leastMs: 500, mostMs: 1_500 };
const STREAM_PACE: Pace = { leastMs: 500, mostMs: 1_000 };

/** So long, in ms, a turn waits until signs of work are gone: two further tries where Slack has trouble. */
const CLOSED_WITHIN_MS = 10_000;

/**
 * A reply in a thread: a message for each part, then the files. One that another process has begun goes on in the same
 * messages; the one that may stand there unknown is looked for before another is posted, and at the end.
 */
export class SlackReply implements Reply {
  readonly #context: MessageContext;
  readonly #place: Place;
  readonly #activity: Activity;
  readonly #messages: SlackMessage[] = [];
  /** The parts that people have in full, so that long replies are not gone through again and again. */
  readonly #shown: Part[] = [];
  #lastPart: Part | undefined;
  #parts = 0;
  readonly #uploads: Uploads;
  /** Whether there may be messages that are not known; where each was kept before it was posted, one at most. */
  #mayHaveMore: boolean;
  readonly #isOneAtMost: boolean;
  #kept: KeptReply = {};
  readonly #endActivity: () => Promise<void>;

  /** @param answers The ids of the messages that it answers. */
  constructor(
    context: MessageContext,
    place: Place,
    activity: Activity,
    answers: readonly string[],
    begun?: BegunReply,
  ) {
    this.#context = context;
    this.#place = place;
    this.#activity = activity;
    const { messages, files = [], posting } = keptOf(begun?.kept);
    this.#isOneAtMost = begun?.keepsFirst ?? false;
    this.#mayHaveMore = begun !== undefined && (!this.#isOneAtMost || posting === true);
    for (const kept of messages) this.#add(kept);
    this.#uploads = new Uploads(context, () => this.#lastTs, begun && files);
    this.#endActivity = activity.answer(place, begun !== undefined, answers);
  }

  /** About 100 bytes, and 70 for each further message. */
  get kept(): KeptReply {
    const messages = this.#messages.map(({ kept }) => kept);
    const end = messages.findLastIndex(({ ts, not }) => ts !== undefined || not !== undefined) + 1;
    const { sent } = this.#uploads;
    const kept: Kept = {
      messages: messages.slice(0, end),
      ...(sent.length > 0 && { files: [...sent] }),
      ...((this.#mayHaveMore || this.#messages.some(({ mayStand }) => mayStand)) && { posting: true }),
    };
    if (JSON.stringify(kept) !== JSON.stringify(this.#kept)) this.#kept = kept;
    return this.#kept;
  }

  /** While an old stream waits for its successor, a part ends where the stream does. */
  get limits(): Limits {
    const last = this.#messages[this.#parts - 1];
    if (!last?.isAged) return LIMITS;
    return { ...LIMITS, characters: Math.max(MIN_AGED, this.#lastPart?.text.length ?? 0) };
  }

  get pace(): Pace {
    const { leastMs, mostMs } = this.#messages.at(-1)?.isStreaming ? STREAM_PACE : EDITS_PACE;
    const { timeScale } = this.#context;
    return { leastMs: leastMs * timeScale, mostMs: mostMs * timeScale };
  }

  next(view: View): Call | undefined {
    this.#parts = view.parts.length;
    this.#lastPart = view.parts.at(-1);
    this.#showStatus(view);
    return this.#settle() ?? this.#nextOfMessages(view) ?? this.#uploads.next(view);
  }

  /** The first message takes the status away by itself. */
  #showStatus(view: View): void {
    const status = statusOf(view);
    if (status !== '' || this.#messages[0]?.isPosted) this.#activity.show(this.#place, status);
  }

  /**
   * A process that dies before the status is taken away has not come to the reply's end; but where Slack takes its time,
   * nobody's next question waits for that.
   */
  async close(): Promise<void> {
    for (const message of this.#messages) message.close();
    const late = sleep(CLOSED_WITHIN_MS * this.#context.timeScale, undefined, { ref: false });
    await Promise.race([this.#endActivity(), late]);
  }

  #settle(): Call | undefined {
    for (const message of this.#messages) {
      const call = message.settle();
      if (call) return { ...call, shows: 0 };
    }
    return undefined;
  }

  #nextOfMessages(view: View): Call | undefined {
    const isFailure = view.outcome !== undefined && view.outcome.status !== 'completed';
    const count = Math.max(view.parts.length, view.calls.length > 0 || isFailure ? 1 : 0);
    for (let index = 0; index < count; index++) {
      const part = view.parts[index];
      const isLast = index === count - 1;
      if (!isLast && part && part === this.#shown[index]) continue;
      const call = this.#message(index).next(this.#messageView(view, index, isLast));
      if (call) return { ...call, ...(call.posts && this.#keptFirst), shows: index + 1 };
      if (!isLast && part) this.#shown[index] = part;
    }
    return view.outcome && this.#removeFrom(count);
  }

  /** While a reply grows, messages that it does not reach stay: it may have reached them before, and may again. */
  #removeFrom(count: number): Call | undefined {
    for (let index = count; index < this.#messages.length || this.#mayHaveMore; index++) {
      const call = this.#message(index).remove();
      if (call) return { ...call, shows: count };
    }
    return undefined;
  }

  get #keptFirst(): Pick<Call, 'keepFirst'> {
    return { keepFirst: () => ({ ...this.kept, posting: true }) };
  }

  get #lastTs(): string {
    return this.#messages.at(-1)?.ts ?? this.#context.since;
  }

  #message(index: number): SlackMessage {
    return this.#messages[index] ?? this.#add();
  }

  #add(kept?: KeptMessage): SlackMessage {
    const message = new SlackMessage(this.#context, {
      index: this.#messages.length,
      after: this.#lastTs,
      kept,
      mayStand: this.#mayHaveMore,
      onSearched: (isThere) => {
        this.#mayHaveMore &&= isThere && !this.#isOneAtMost;
      },
    });
    this.#messages.push(message);
    return message;
  }

  #messageView(view: View, index: number, isLast: boolean): MessageView {
    const { parts, outcome } = view;
    const part = parts[index];
    const text = defused(part?.text ?? '');
    const cards = this.#cards(view, index, isLast);
    if (isLast && !outcome) {
      const growing = growingOf(part);
      const questions = questionBlocks(openQuestions(view));
      return { text, growing, cards: cards.filter(({ at }) => at <= growing.length), questions };
    }
    const ending = isLast && outcome ? endingBlocks(outcome, text !== '') : [];
    return { text, growing: text, cards, ending };
  }

  /** The cards that stand in a message, and those whose place is there. */
  #cards({ parts, calls, outcome }: View, index: number, isLast: boolean): PlacedCard[] {
    const isOver = !isLast || outcome !== undefined;
    const start = parts.slice(0, index).reduce((sum, { source }) => sum + source.length, 0);
    const part = parts[index];
    const end = isLast || !part ? Number.POSITIVE_INFINITY : start + part.source.length;
    return calls.flatMap((call) => {
      const card = cardOf(isOver ? ended(call) : call);
      const holder = this.#messages.find((message) => message.holds(card));
      const isHere = call.at >= start && call.at < end;
      if (holder ? holder !== this.#messages[index] : !isHere) return [];
      return [{ ...card, at: part && isHere ? defused(textBefore(part, call.at - start)).length : 0 }];
    });
  }
}

/** What of a part stays as it is while the part grows: all but what closes an open fence. */
function growingOf(part: Part | undefined): string {
  if (!part) return '';
  const { text, closing } = part;
  const open = closing !== '' && text.endsWith(closing) ? text.slice(0, -closing.length).trimEnd() : text;
  return defused(settled(open));
}

/** A message that is complete leaves no card at work. */
function ended(call: PlacedCall): PlacedCall {
  return call.status === 'in_progress' ? { ...call, status: 'completed' } : call;
}
