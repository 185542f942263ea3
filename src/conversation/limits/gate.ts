import type { IncomingMessage } from '../../platform.ts';
import { personOf } from '../people.ts';
import { HeldPlaces } from './held-places.ts';
import type { Limits, TellingPlatform } from './limits.ts';
import type { Place } from './places.ts';
import { overTheHour, tooManyAtOnce } from './sentences.ts';

/** Who waits for a place for longer is told why, in ms. */
const PATIENCE_MS = 2_500;

/** For so long they are not told again, in ms. */
const TOLD_FOR_MS = 10 * 60_000;

/** A refusal is not told again within so many ms, so that somebody who goes on and on hears of it now and then. */
const LEAST_TOLD_MS = 60_000;

/** Who wants to be answered in a conversation. */
export interface Asked {
  readonly messages: readonly IncomingMessage[];
  /** Set when another process may have begun to answer them; `surely` when it has: they are not refused any more. */
  readonly begun?: 'maybe' | 'surely' | undefined;
  /** Nobody waits any more: what comes then is not limited. */
  readonly signal: AbortSignal;
  /** Resolves when there may be others who want to be answered, too. */
  readonly news: Promise<unknown>;
}

/** Who may be answered, and who may not; neither where there were news before. */
export interface Passed {
  readonly now: readonly IncomingMessage[];
  readonly refused: readonly IncomingMessage[];
  readonly places: HeldPlaces;
  /** Whether no limits apply to who asked first. */
  readonly isUnlimited: boolean;
}

/**
 * What the messages of one conversation pass before they are answered: each of their authors needs one of their turns of the
 * hour, and a place. Who has to wait keeps nobody else in the conversation waiting.
 */
export class Gate {
  readonly #limits: Limits;
  readonly #platform: TellingPlatform;
  /** Who has one of their turns of the hour for what they wait for. */
  readonly #admitted = new Set<string>();
  /** Since when people wait, on the clock of `performance`. */
  readonly #since = new Map<string, number>();
  /** Who knows that they wait, or is told with another conversation of theirs. */
  readonly #told = new Set<string>();

  constructor(limits: Limits, platform: TellingPlatform) {
    this.#limits = limits;
    this.#platform = platform;
  }

  /** Rejects when the store fails: the same call goes on then. */
  async pass(asked: Asked): Promise<Passed> {
    const { messages, signal } = asked;
    const free = await this.#unlimited(messages);
    const limited = messages.filter((message) => !free.has(message));
    const refused = asked.begun === 'surely' ? [] : await this.#refused(limited, asked);
    if (refused.length > 0) return this.#passed([], refused, new Map(), asked, free);
    const places = await this.#places(limited, asked, free.size > 0);
    const mayGo = (message: IncomingMessage) => free.has(message) || places.has(personOf(message));
    const isAll = signal.aborted || !this.#limits.places || (asked.begun === 'surely' && places.size > 0);
    const now = isAll ? messages : messages.filter(mayGo);
    for (const person of now.map(personOf)) {
      this.#admitted.delete(person);
      this.#since.delete(person);
    }
    return this.#passed(now, [], places, asked, free);
  }

  #passed(
    now: readonly IncomingMessage[],
    refused: readonly IncomingMessage[],
    places: Map<string, Place>,
    { signal }: Asked,
    free: ReadonlySet<IncomingMessage>,
  ): Passed {
    const held = new HeldPlaces(this.#limits.places, places, signal);
    const [first] = now;
    return { now, refused, places: held, isUnlimited: first !== undefined && free.has(first) };
  }

  async #unlimited(messages: readonly IncomingMessage[]): Promise<Set<IncomingMessage>> {
    const are = await Promise.all(messages.map((one) => this.#limits.isUnlimited(one, this.#platform)));
    return new Set(messages.filter((_, at) => are[at]));
  }

  /** Those whose authors have had all of their turns of the hour; they are told. */
  async #refused(
    messages: readonly IncomingMessage[],
    { begun, signal }: Asked,
  ): Promise<readonly IncomingMessage[]> {
    const { hours } = this.#limits;
    if (!hours || signal.aborted) return [];
    const refused: IncomingMessage[] = [];
    for (const [person, theirs] of Map.groupBy(messages, personOf)) {
      const [first] = theirs;
      if (!first || this.#admitted.has(person)) continue;
      const freeAt = await hours.take(person, `${first.conversation} ${first.id}`, begun !== undefined);
      if (freeAt === undefined) this.#admitted.add(person);
      else {
        refused.push(...theirs);
        await this.#tellOfHour(first, hours.limit, freeAt);
      }
    }
    return refused;
  }

  async #tellOfHour(message: IncomingMessage, limit: number, freeAt: number): Promise<void> {
    const freeInMs = freeAt - Date.now();
    const note = { text: overTheHour(limit, freeInMs), forMs: Math.max(LEAST_TOLD_MS, freeInMs) };
    await this.#limits.tellOnce('hour', message, this.#platform, note);
  }

  /** By person, of those who have one: at once, or, where nobody has, as soon as the first of them gets one. */
  async #places(
    messages: readonly IncomingMessage[],
    asked: Asked,
    isAnybodyFree: boolean,
  ): Promise<Map<string, Place>> {
    const { places } = this.#limits;
    const got = new Map<string, Place>();
    if (!places || asked.signal.aborted) return got;
    const authors = new Map(messages.map((message) => [personOf(message), message]));
    try {
      for (const person of authors.keys()) {
        const place = await places.takeNow(person);
        if (place) got.set(person, place);
      }
      if (got.size === 0 && !isAnybodyFree && authors.size > 0) await this.#wait(authors, got, asked);
    } catch (error) {
      await Promise.all([...got.values()].map((place) => place.release()));
      throw error;
    }
    return got;
  }

  async #wait(
    authors: ReadonlyMap<string, IncomingMessage>,
    got: Map<string, Place>,
    { signal, news, begun }: Asked,
  ): Promise<void> {
    const enough = new AbortController();
    const waiting = AbortSignal.any([signal, enough.signal]);
    const waits = [...authors].map(async ([person, message]) => {
      const since = this.#since.get(person) ?? performance.now();
      this.#since.set(person, since);
      if (performance.now() - since > PATIENCE_MS) this.#tellOfPlaces(person, message);
      const rank = begun === 'surely' ? Number.NEGATIVE_INFINITY : since;
      const place = await this.#limits.places?.wait(person, rank, waiting);
      if (place) got.set(person, place);
    });
    try {
      await Promise.race([...waits, news]);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      enough.abort();
      await Promise.allSettled(waits);
    }
  }

  #tellOfPlaces(person: string, message: IncomingMessage): void {
    if (this.#told.has(person)) return;
    this.#told.add(person);
    const text = tooManyAtOnce(this.#limits.places?.limit ?? 0);
    void this.#limits.tellOnce('places', message, this.#platform, { text, forMs: TOLD_FOR_MS });
  }
}
