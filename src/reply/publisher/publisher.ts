import type { Claim, ClaimedRoom, Party } from '../../budget.ts';
import type { Logger } from '../../log.ts';
import { type Call, Gone, type KeptReply, RateLimited, type Reply, Unavailable } from '../../platform.ts';
import type { Outcome, ReplyFile, ToolCall, View } from '../../view.ts';
import { excerptOf } from '../layout/excerpt.ts';
import { layout } from '../layout/layout.ts';
import type { Verdict } from '../links/rules.ts';
import { codeFiles } from '../transcript/code-files.ts';
import { type ReplyStyle, render, withBlock } from '../transcript/render.ts';
import { sizeOf } from '../transcript/size.ts';
import { type Entry, emptyTranscript, type Transcript } from '../transcript/transcript.ts';
import { type Clock, systemClock } from './clock.ts';
import { Reader } from './reader.ts';
import { NOTHING_SEEN, type Seen, seenAfter, seesAll } from './seen.ts';
import { charactersOf, urgencyOf } from './urgency.ts';
import { wholeAnswer, withNotice } from './whole-answer.ts';

/** How often a call that fails without a reason is tried, with a state that is newer each time. */
const MAX_FAILURES = 6;

/** How long a platform may fail until a reply is given up, in ms: as long as a run may take. */
const OUTAGE_PATIENCE_MS = 10 * 60_000;

/** Characters from which on an answer is very long. */
const VERY_LONG = 20_000;
/** So much of itself a very long answer grows by until more of it is shown. */
const GROWTH = 1 / 64;

/** Milliseconds before the second try; each further one waits twice as long, up to the last. */
const FIRST_RETRY_DELAY = 250;
const LONGEST_RETRY_DELAY = 15_000;

/** Knows which addresses of an answer are links. */
export interface LinkJudge {
  verdict(address: string, transcript: Transcript): Verdict;
  /** Returns when all that was unsure is decided. Never rejects. */
  settled(): Promise<void>;
}

export interface PublisherOptions {
  clock?: Clock;
  /** Is told after a call what another process would need to go on with the reply. */
  keep?: (kept: KeptReply) => void;
  /** Keeps that before a call goes that asks for it. Never rejects. */
  keepFirst?: (kept: KeptReply) => Promise<void>;
  /** What becomes of addresses on a platform that makes links of them; all of them are links when left out. */
  links?: LinkJudge;
  /** Whom it answers; where it is left out, nobody's calls are counted together. */
  person?: string;
  /** Another process has begun the reply: what people see of it is not known until the first call, if anything. */
  begun?: 'seen' | 'perhaps seen' | undefined;
}

/**
 * Brings what people see to what the transcript says. `update` never waits: while a call is under way or waits for
 * room, newer states replace each other, and every call shows the newest.
 */
export class Publisher {
  readonly #reply: Reply;
  readonly #style: ReplyStyle;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #keep: (kept: KeptReply) => void;
  readonly #keepFirst: (kept: KeptReply) => Promise<void>;
  readonly #begun: PublisherOptions['begun'];
  readonly #links: LinkJudge | undefined;
  readonly #party: { reply: Party } | undefined;
  #kept: KeptReply | undefined;
  #transcript: Transcript = emptyTranscript;
  #view: View = { parts: [], calls: [], files: [] };
  #viewed: Transcript = emptyTranscript;
  /** Whether the view holds as much of the answer as is shown at all. */
  #isFull = false;
  #seen: Seen = NOTHING_SEEN;
  #isStopped = false;
  #shown: { anything: boolean; characters: number; at: number };
  readonly #reader: Reader;
  /** What the last call has shown the steps of. */
  #stepsShown: Transcript = emptyTranscript;
  #wait = new AbortController();
  #failures = 0;
  /** When the first of them was. */
  #failingSince = 0;
  /** Nothing more is shown. */
  #given = false;
  #isLeft = false;
  #busy = false;
  #isPausing = false;
  #work = Promise.resolve();

  constructor(reply: Reply, style: ReplyStyle, log: Logger, options: PublisherOptions = {}) {
    const {
      clock = systemClock,
      keep = () => {},
      keepFirst = async () => {},
      begun,
      links,
      person,
    } = options;
    this.#reply = reply;
    this.#keep = keep;
    this.#keepFirst = keepFirst;
    this.#begun = begun;
    this.#links = links;
    this.#party = person === undefined ? undefined : { reply: { person } };
    this.#kept = reply.kept;
    this.#style = reply.toolCall ? { ...style, toolCall: (call) => reply.toolCall?.(call) } : style;
    this.#log = log;
    this.#clock = clock;
    this.#shown = { anything: false, characters: 0, at: clock.now() };
    this.#reader = new Reader(clock.now());
  }

  update(transcript: Transcript): void {
    this.#transcript = transcript;
    if (!this.#busy) this.#work = this.#catchUp();
    else if (this.#isPausing && hasOtherSteps(transcript, this.#stepsShown)) this.#wait.abort();
  }

  /** Shows the same anew: what becomes of its addresses may be known by now. */
  refresh(): void {
    this.update({ ...this.#transcript });
  }

  /** Returns when it is known of all addresses of the newest state what becomes of them. Never rejects. */
  async decided(): Promise<void> {
    while (!this.#isStopped && render(this.#transcript, this.#styleOf(false)).waits)
      await this.#links?.settled();
  }

  /**
   * Shows the newest state with the answer's files and closes the reply; returns when people see it, or can't, how the
   * reply ended. Never rejects.
   * @param footer Markdown that stands under the answer, and takes nothing of the room that the answer has.
   */
  async finish(outcome: Outcome, files: readonly ReplyFile[] = [], footer = ''): Promise<Outcome> {
    if (!this.#isStopped) this.#end(outcome, files, footer);
    await this.#work;
    const closed = this.#reply.close?.();
    if (!this.#isLeft) await closed;
    return this.#view.outcome ?? outcome;
  }

  /** Lets the reply stand as people see it, for another process to go on with; `finish` then ends soon. */
  leave(): void {
    this.#given = true;
    this.#isLeft = true;
    this.#hurry();
  }

  /**
   * Ends the reply as people see it, if they don't see all of it yet: whatever more there is of it is not shown. A begun
   * one of which that is not known ends with what its run has written.
   */
  stop(): void {
    const { outcome } = this.#view;
    if (this.#begun && !this.#shown.anything) return;
    if (this.#isStopped || (outcome && seesAll(this.#seen, this.#view))) return;
    this.#isStopped = true;
    this.#view = { ...this.#view, outcome: outcome?.status === 'failed' ? outcome : { status: 'stopped' } };
    this.#hurry();
  }

  #end(outcome: Outcome, produced: readonly ReplyFile[], footer: string): void {
    const markdown = this.#look(true, footer);
    const files = [...produced, ...codeFiles(this.#transcript, this.#style)];
    const isCut = this.#isFull && outcome.status !== 'stopped';
    this.#view = isCut
      ? { ...this.#view, files: [wholeAnswer(markdown), ...files], outcome: withNotice(outcome, markdown) }
      : { ...this.#view, files, outcome };
    this.#hurry();
  }

  /** A call that waits for room is claimed anew, because a last edit finds more of it. */
  #hurry(): void {
    this.#wait.abort();
    if (!this.#busy) this.#work = this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    this.#busy = true;
    for (let call = this.#next(); call; call = this.#next()) {
      this.#wait = new AbortController();
      const pause = this.#pauseBefore(call);
      if (pause > 0) {
        await this.#pause(pause);
        continue;
      }
      if (!(await call.budget.take(this.#claim(), this.#wait.signal))) continue;
      const newest = this.#next();
      if (newest?.budget === call.budget) await this.#send(newest);
    }
    this.#busy = false;
  }

  /** How long a call can wait, in milliseconds, that does nothing but let the text grow that people are reading. */
  #pauseBefore({ shows }: Call): number {
    const { pace } = this.#reply;
    const completesMessage = shows !== undefined && shows < this.#view.parts.length;
    const isStep = hasOtherSteps(this.#transcript, this.#stepsShown);
    if (!pace || this.#room !== 'paced' || completesMessage || isStep) return 0;
    return this.#reader.wait(pace, this.#clock.now());
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#wait;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(ms, resolve);
    signal.addEventListener('abort', () => resolve());
    if (signal.aborted) resolve();
    this.#isPausing = true;
    await promise;
    this.#isPausing = false;
    cancel();
  }

  #next(): Call | undefined {
    return this.#given ? undefined : this.#reply.next(this.#newest());
  }

  #newest(): View {
    if (this.#isStopped) this.#view = { ...this.#view, ...this.#seen };
    else if (this.#isWorthALook) this.#look(false);
    return this.#view;
  }

  /** A look goes through the whole answer, so a very long one is looked at when it has grown by a part of itself. */
  get #isWorthALook(): boolean {
    if (this.#transcript === this.#viewed || this.#view.outcome) return false;
    if (this.#isFull) return hasOtherSteps(this.#transcript, this.#viewed);
    const size = sizeOf(this.#viewed);
    const hasNews = hasOtherSteps(this.#transcript, this.#viewed);
    return size <= VERY_LONG || hasNews || sizeOf(this.#transcript) - size >= size * GROWTH;
  }

  /**
   * Lays the newest state out; gives its whole Markdown. Of what is laid out in full only the steps are looked at again
   * before the end: what people are asked is shown, however long the answer is.
   */
  #look(isOver: boolean, footer = ''): string {
    this.#viewed = this.#transcript;
    const { markdown, calls, asked } = render(this.#transcript, this.#styleOf(isOver));
    const { longest = Number.POSITIVE_INFINITY } = this.#style;
    const excerpt = excerptOf(markdown, longest, isOver);
    this.#isFull = markdown.length > longest;
    const left = asked.filter(({ end }) => end > excerpt.length);
    const shown = left.reduce((before, { block }) => withBlock(before, block), excerpt);
    this.#view = {
      ...this.#view,
      parts: layout(withBlock(shown, footer), this.#reply.limits, this.#view.parts),
      calls: calls.filter(({ at, call }) => at <= excerpt.length || isAsked(call)),
    };
    return withBlock(markdown, footer);
  }

  /** What is unsure at the end is no link. */
  #styleOf(isOver: boolean): ReplyStyle {
    const { autolinks } = this.#reply.limits;
    const [links, transcript] = [this.#links, this.#transcript];
    if (!links || !autolinks) return this.#style;
    const verdict = (address: string) => {
      const found = links.verdict(address, transcript);
      return isOver && found === 'unsure' ? 'text' : found;
    };
    return { ...this.#style, links: { autolinks, verdict } };
  }

  /** What waits longest with most to show is most out of date. Not laid out for it: budgets ask all that wait, often. */
  #claim(): Claim {
    const { characters, at } = this.#shown;
    const urgency = () => {
      const grown = this.#isFull ? 0 : sizeOf(this.#transcript) - sizeOf(this.#viewed);
      const waitedMs = this.#clock.now() - at;
      const backlog = { parts: this.#view.parts, grown, shown: characters, waitedMs };
      return urgencyOf(backlog, this.#reply.limits.characters);
    };
    return { urgency, room: this.#room, ...this.#party };
  }

  /** Of many replies that a dead process has left, those that can end go before news of the others. */
  get #room(): ClaimedRoom {
    if (this.#view.outcome !== undefined) return 'all';
    const { anything, characters } = this.#shown;
    if (this.#begun === 'seen') return anything ? 'paced' : 'shared';
    const isFirstText = characters === 0 && charactersOf(this.#view.parts) > 0;
    return !anything || isFirstText ? 'all' : 'paced';
  }

  async #send(call: Call): Promise<void> {
    if (call.keepFirst) await this.#keepFirst(call.keepFirst());
    // Another process may have the reply by now.
    if (this.#given) return;
    const before = this.#seen;
    this.#seen = seenAfter(before, this.#view, call);
    const characters = charactersOf(this.#view.parts.slice(0, call.shows));
    const viewed = this.#viewed;
    try {
      const sent = call.send();
      this.#note();
      await sent;
      this.#shown = { anything: true, characters, at: this.#clock.now() };
      this.#reader.sees(characters, this.#clock.now());
      this.#stepsShown = viewed;
      this.#failures = 0;
    } catch (error) {
      if (error instanceof RateLimited) {
        this.#seen = before;
        call.budget.refused(error.retryAfterMs);
      } else await this.#recover(error);
    }
    this.#note();
  }

  #note(): void {
    const { kept } = this.#reply;
    if (kept !== undefined && kept !== this.#kept) this.#keep(kept);
    this.#kept = kept;
  }

  async #recover(error: unknown): Promise<void> {
    this.#failures++;
    if (this.#failures === 1) this.#failingSince = this.#clock.now();
    // Another process may have the reply by now, whatever becomes of this call.
    this.#given ||= error instanceof Gone || this.#hasFailedTooLong(error);
    this.#log[this.#given ? 'error' : 'warn'](
      { err: error, failures: this.#failures },
      'a reply could not be shown',
    );
    if (this.#given) return;
    await this.#pause(Math.min(FIRST_RETRY_DELAY * 2 ** (this.#failures - 1), LONGEST_RETRY_DELAY));
  }

  #hasFailedTooLong(error: unknown): boolean {
    if (error instanceof Unavailable) return this.#clock.now() - this.#failingSince >= OUTAGE_PATIENCE_MS;
    return this.#failures >= MAX_FAILURES;
  }
}

/**
 * Whether two states differ in what there is of an answer without its words: a new message, or a tool that is called or
 * done, is told at once. Asked with every piece of an answer, so entries that are the same are not looked at.
 */
function hasOtherSteps({ entries }: Transcript, { entries: known }: Transcript): boolean {
  return entries.length !== known.length || entries.some((entry, index) => isOtherStep(entry, known[index]));
}

function isOtherStep(entry: Entry, known: Entry | undefined): boolean {
  if (entry === known) return false;
  if (entry.id !== known?.id || entry.type !== known.type) return true;
  if (entry.type !== 'tool_calls' || known.type !== 'tool_calls') return false;
  return (
    entry.status !== known.status ||
    entry.tool_calls.some((call, at) => newsOf(call) !== newsOf(known.tool_calls[at]))
  );
}

/** What is told of a call besides its result: what it does right now, and what people are asked about it. */
function newsOf(call: ToolCall | undefined): string {
  return call?.type === 'function' ? JSON.stringify([call.doing, call.approval]) : '';
}

function isAsked(call: ToolCall): boolean {
  return call.type === 'function' && call.approval !== undefined;
}
