import type { Keyv } from 'keyv';
import { sizeOf } from './code-interpreter/output.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** A run's tally is of use while it lives, which is minutes, and for whoever goes on with it; in ms. */
const RUN_TTL_MS = DAY_MS;

/** How many bytes of files may come together. */
export interface QuotaLimits {
  /** In one run; no limit of its own when left out. */
  run?: number;
  /** In one conversation within `days`. */
  conversation: number;
  /** In all conversations together, on one day (UTC). */
  day: number;
  /** For so long files are kept, so that a conversation's bytes of that time are what is there of them. */
  days: number;
}

const MiB = 1024 * 1024;

/**
 * An answer brings a few charts and tables, and all of its files are in memory when they are sent. A conversation's and a day's
 * are a nuisance on a small disk, and no more.
 */
export const DEFAULT_QUOTAS = { run: 64 * MiB, conversation: 256 * MiB, day: 2048 * MiB, days: 30 };

/** Whose files they are. */
export interface Scope {
  run?: string;
  conversation: string;
}

/** How much more may come, and what is said where that is not enough. */
export interface Room {
  readonly bytes: number;
  /** A sentence for models and people. */
  readonly told: string;
}

interface Bound {
  limit: number;
  used: number;
  told: (limit: string, left: string) => string;
}

/** A conversation's bytes, by the day on which they came: days since 1970. */
type ByDay = Record<string, number>;

/**
 * Counts the bytes of files that come, so that no run, conversation or day fills the disk. What one process counts is exact; of two
 * that count at the same moment one may be overwritten, in the tally of a day alone, since a conversation is in one process's hands.
 */
export class ByteQuota {
  readonly limits: QuotaLimits;
  readonly #tallies: Keyv<number | ByDay>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(tallies: Keyv, limits: QuotaLimits) {
    this.#tallies = tallies;
    this.limits = limits;
  }

  /** Counts what `use` says to take of the room that there is. One use comes after the other. */
  spend<T extends { bytes: number }>(scope: Scope, use: (room: Room) => T): Promise<T> {
    const turn = this.#last.then(() => this.#spend(scope, use));
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Counts bytes that there is room for; tells why where there is none. */
  async take(scope: Scope, bytes: number): Promise<string | undefined> {
    const { refusal } = await this.spend(scope, (room) =>
      bytes > room.bytes ? { bytes: 0, refusal: room.told } : { bytes, refusal: undefined },
    );
    return refusal;
  }

  async #spend<T extends { bytes: number }>(scope: Scope, use: (room: Room) => T): Promise<T> {
    const today = Math.floor(Date.now() / DAY_MS);
    const keys = {
      day: `day/${today}`,
      conversation: `conversation/${scope.conversation}`,
      run: `run/${scope.run ?? ''}`,
    };
    const [ofDay = 0, ofConversation = {}, ofRun = 0] = await Promise.all([
      this.#tallies.get<number>(keys.day),
      this.#tallies.get<ByDay>(keys.conversation),
      this.#tallies.get<number>(keys.run),
    ]);
    const { days } = this.limits;
    const kept = Object.entries(ofConversation).filter(([day]) => Number(day) > today - days);
    const inConversation = kept.reduce((sum, [, bytes]) => sum + bytes, 0);
    const used = use(
      this.#room({ ofDay, inConversation, ofRun: scope.run === undefined ? undefined : ofRun }),
    );
    const { bytes } = used;
    if (bytes === 0) return used;
    const byDay = { ...Object.fromEntries(kept), [today]: (ofConversation[today] ?? 0) + bytes };
    await Promise.all([
      this.#tallies.set(keys.day, ofDay + bytes, 2 * DAY_MS),
      this.#tallies.set(keys.conversation, byDay, (days + 1) * DAY_MS),
      scope.run === undefined || this.#tallies.set(keys.run, ofRun + bytes, RUN_TTL_MS),
    ]);
    return used;
  }

  #room(used: { ofDay: number; inConversation: number; ofRun: number | undefined }): Room {
    const { run, conversation, day, days } = this.limits;
    const bounds: Bound[] = [
      {
        limit: day,
        used: used.ofDay,
        told: (limit, left) =>
          `All files of one day may have ${limit} together, of which ${left} are left: make do with less, or try again tomorrow.`,
      },
      {
        limit: conversation,
        used: used.inConversation,
        told: (limit, left) =>
          `The files of one conversation may have ${limit} together within ${days} days, of which ${left} are left: make do with less, or begin a new conversation.`,
      },
    ];
    if (run !== undefined && used.ofRun !== undefined)
      bounds.push({
        limit: run,
        used: used.ofRun,
        told: (limit, left) =>
          `The files of one answer may have ${limit} together, of which ${left} are left: make fewer or smaller ones.`,
      });
    const rooms = bounds.map(({ limit, used, told }) => {
      const bytes = Math.max(0, limit - used);
      return { bytes, told: told(sizeOf(limit), sizeOf(bytes)) };
    });
    return rooms.reduce((least, room) => (room.bytes < least.bytes ? room : least));
  }
}
