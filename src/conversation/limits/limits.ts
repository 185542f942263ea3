import { randomUUID } from 'node:crypto';
import type { Logger } from '../../log.ts';
import type { IncomingMessage, Platform } from '../../platform.ts';
import type { Store } from '../../store/store.ts';
import { TOLD } from '../namespaces.ts';
import { OPERATORS, personOf, platformOf } from '../people.ts';
import { Gate } from './gate.ts';
import { HourlyTurns } from './hourly-turns.ts';
import { Places } from './places.ts';

/** How much one person may have. What is left out is not limited. */
export interface PersonLimits {
  readonly turnsAtOnce?: number;
  readonly turnsAnHour?: number;
  /** People and groups who have no limits, as audiences name them. */
  readonly unlimited: readonly string[];
}

/** What telling people of their limits takes of a platform. */
export type TellingPlatform = Pick<Platform, 'whisper' | 'namesOf'>;

export interface LimitsOptions {
  limits: PersonLimits;
  store: Pick<Store, 'keyv' | 'setOnce' | 'locks'>;
  log: Logger;
}

/** For so long it holds who is in which group, in ms. */
const GROUPS_AGE_MS = 60_000;

/** Of so many people it is remembered. */
const MAX_REMEMBERED = 10_000;

/** How much of the bot one person may have, however many processes there are. */
export class Limits {
  readonly places: Places | undefined;
  readonly hours: HourlyTurns | undefined;
  readonly #options: LimitsOptions;
  /** Who has no limits, by person, as far as that was looked up lately. */
  readonly #unlimited = new Map<string, { answer: Promise<boolean>; at: number }>();

  constructor(options: LimitsOptions) {
    const { turnsAtOnce, turnsAnHour } = options.limits;
    this.#options = options;
    this.places = turnsAtOnce === undefined ? undefined : new Places(turnsAtOnce, options.store.locks);
    this.hours = turnsAnHour === undefined ? undefined : new HourlyTurns(options.store, turnsAnHour);
  }

  /** Whom one conversation's messages have to pass before they are answered. */
  gate(platform: TellingPlatform): Gate {
    return new Gate(this, platform);
  }

  /** Whether a message's author has no limits. Who can't be looked up has some. Never rejects. */
  isUnlimited(message: IncomingMessage, platform: TellingPlatform): Promise<boolean> {
    const { unlimited } = this.#options.limits;
    const person = personOf(message);
    if (platformOf(person) === OPERATORS || unlimited.includes(person)) return Promise.resolve(true);
    if (unlimited.length === 0 || !platform.namesOf) return Promise.resolve(false);
    const known = this.#unlimited.get(person);
    if (known && performance.now() - known.at < GROUPS_AGE_MS) return known.answer;
    const answer = this.#isInGroup(message.author.id, platform);
    this.#unlimited.delete(person);
    this.#unlimited.set(person, { answer, at: performance.now() });
    const [oldest] = this.#unlimited.keys();
    if (this.#unlimited.size > MAX_REMEMBERED && oldest !== undefined) this.#unlimited.delete(oldest);
    return answer;
  }

  /** Tells a message's author something, once until so many milliseconds are over, whoever has to tell it. Never rejects. */
  async tellOnce(
    about: string,
    message: IncomingMessage,
    platform: TellingPlatform,
    { text, forMs }: { text: string; forMs: number },
  ): Promise<void> {
    const { store, log } = this.#options;
    const [person, id] = [personOf(message), randomUUID()];
    const key = `${person} ${about}`;
    try {
      if ((await store.setOnce(TOLD, key, id, forMs)) !== id) return;
      log.info({ person, about }, 'a person is over a limit, and is told so');
      await platform.whisper?.(message, text);
    } catch (err) {
      log.warn({ err, person }, 'a person could not be told of their limit, and is told the next time');
      await store
        .keyv(TOLD)
        .delete(key)
        .catch(() => {});
    }
  }

  async #isInGroup(id: string, platform: TellingPlatform): Promise<boolean> {
    const { limits, log } = this.#options;
    try {
      const names = (await platform.namesOf?.(id, limits.unlimited)) ?? [];
      return names.some((name) => limits.unlimited.includes(name));
    } catch (err) {
      log.warn({ err }, 'whether a person has no limits could not be looked up, so they have some');
      return false;
    }
  }
}
