import { createHash } from 'node:crypto';
import type { Store } from '../../store/store.ts';
import { TURNS_AN_HOUR } from '../namespaces.ts';

const HOUR_MS = 3_600_000;

/** 132 bits tell any number of turns apart. */
const HASH_LENGTH = 22;

/** What was taken so far in the future was taken by a clock that has been put right since, in ms: it counts no more. */
const CLOCK_ERROR_MS = 60_000;

/** Of so many people is remembered which of their tickets may be the next one that is free; others are looked up. */
const MAX_REMEMBERED = 10_000;

/** One of the turns that a person may have in an hour; it is there again an hour after it was taken. */
interface Ticket {
  /** Which turn took it: a hash, since what is forgotten of a conversation shall not be named here. */
  readonly turn: string;
  /** Unix time in ms. */
  readonly at: number;
}

/**
 * How many turns a person has had within the last hour, among all processes and whatever becomes of them: each takes one of
 * so many tickets, of which the store gives each to one turn alone, and which expire by themselves.
 */
export class HourlyTurns {
  readonly #store: Pick<Store, 'keyv' | 'setOnce'>;
  readonly limit: number;
  /** The tickets that people took here last; the longest unused first. */
  readonly #last = new Map<string, number>();

  constructor(store: Pick<Store, 'keyv' | 'setOnce'>, limit: number) {
    this.#store = store;
    this.limit = limit;
  }

  /**
   * Takes a ticket; where there is none: when the next one is free, in Unix time in ms. Rejects when the store fails.
   * @param mayHaveOne Another process may have taken one for this turn, which then needs no other.
   */
  async take(person: string, turnId: string, mayHaveOne: boolean): Promise<number | undefined> {
    const turn = hashOf(turnId);
    const next = ((this.#last.get(person) ?? -1) + 1) % this.limit;
    if (!mayHaveOne && this.#last.has(person) && (await this.#takes(person, turn, next))) return undefined;
    for (;;) {
      const tickets = await this.#tickets(person);
      if (tickets.some((ticket) => ticket?.turn === turn)) return undefined;
      const free = tickets.indexOf(undefined);
      if (free < 0) return Math.min(...tickets.map((ticket) => ticket?.at ?? 0)) + HOUR_MS;
      if (await this.#takes(person, turn, free)) return undefined;
    }
  }

  async #takes(person: string, turn: string, number: number): Promise<boolean> {
    const ticket: Ticket = { turn, at: Date.now() };
    const kept = await this.#store.setOnce(TURNS_AN_HOUR, keyOf(person, number), ticket, HOUR_MS);
    if (kept.turn !== turn) return false;
    this.#last.delete(person);
    this.#last.set(person, number);
    const [oldest] = this.#last.keys();
    if (this.#last.size > MAX_REMEMBERED && oldest !== undefined) this.#last.delete(oldest);
    return true;
  }

  /** All of a person's, undefined where one is free. */
  async #tickets(person: string): Promise<(Ticket | undefined)[]> {
    const kept = this.#store.keyv<Ticket>(TURNS_AN_HOUR);
    const keys = Array.from({ length: this.limit }, (_, number) => keyOf(person, number));
    const tickets = await kept.getMany<Ticket>(keys);
    const latest = Date.now() + CLOCK_ERROR_MS;
    const wrong = keys.filter((_, number) => (tickets[number]?.at ?? 0) > latest);
    if (wrong.length > 0) await kept.deleteMany(wrong);
    return tickets.map((ticket) => (ticket && ticket.at <= latest ? ticket : undefined));
  }
}

function hashOf(turn: string): string {
  return createHash('sha256').update(turn).digest('base64url').slice(0, HASH_LENGTH);
}

function keyOf(person: string, number: number): string {
  return `${person} ${number}`;
}
