import type { Keyv } from 'keyv';
import { z } from 'zod';
import { question } from '../functions/approval/question.ts';
import type { Logger } from '../log.ts';

const keptFile = z.object({ id: z.string(), description: z.string().optional() });

const turnRecord = z.object({
  /** The ids of the messages that the turn answers, oldest first. */
  messages: z.array(z.string()).min(1),
  /** How many processes in a row have gone on with its run and died soon. */
  attempts: z.int().nonnegative(),
  /** What the platform keeps of the reply. */
  reply: z.record(z.string(), z.unknown()).optional(),
  /** Each post of the reply was kept before it was made, which earlier releases did not do. */
  keepsFirst: z.literal(true).optional(),
  /** Function calls by their ids, with their outputs; null for one whose output did not come back. */
  calls: z.record(z.string(), z.string().nullable()).optional(),
  /** The files that those have given back, by the calls' ids. */
  files: z.record(z.string(), z.array(keptFile)).optional(),
  /** Which of them people were asked about, by the calls' ids, and what they said. */
  approvals: z.record(z.string(), question).optional(),
});

/** What a turn has done so far, as far as it can't be found out again. */
export type TurnRecord = Readonly<z.infer<typeof turnRecord>>;

/** The turns that are not over, one for each conversation, for whoever has to go on with them. */
export class Ledger {
  readonly #kept: Keyv<unknown>;
  readonly #log: Logger;

  constructor(kept: Keyv<unknown>, log: Logger) {
    this.#kept = kept;
    this.#log = log;
  }

  /** The record of the conversation's turn. One that makes no sense is none: the turn finds out what it can. */
  async find(conversation: string): Promise<TurnRecord | undefined> {
    const kept = await this.#kept.get(conversation);
    if (kept === undefined) return undefined;
    const { data, error } = turnRecord.safeParse(kept);
    if (error)
      this.#log.error(
        { err: error, conversation },
        'what was kept of a turn makes no sense: it is begun anew',
      );
    return data;
  }

  /**
   * Begins the record of a turn, or goes on with one.
   * @param lost Aborted when another process may have the conversation: its record is not touched any more.
   */
  open(conversation: string, record: TurnRecord, lost: AbortSignal = NEVER): LedgerEntry {
    return new LedgerEntry(this.#kept, { conversation, record, lost, log: this.#log });
  }
}

const NEVER = new AbortController().signal;

interface EntryParts {
  readonly conversation: string;
  readonly record: TurnRecord;
  readonly lost: AbortSignal;
  readonly log: Logger;
}

/** The record of one turn. What is noted is kept in order; what is noted while one write is under way is one write. */
export class LedgerEntry {
  readonly #kept: Keyv<unknown>;
  readonly #conversation: string;
  readonly #lost: AbortSignal;
  readonly #log: Logger;
  #record: TurnRecord;
  #hasNews = false;
  #writing: Promise<void> | undefined;

  constructor(kept: Keyv<unknown>, { conversation, record, lost, log }: EntryParts) {
    this.#kept = kept;
    this.#conversation = conversation;
    this.#record = record;
    this.#lost = lost;
    this.#log = log;
    this.note(record);
  }

  get record(): TurnRecord {
    return this.#record;
  }

  /** Goes on meanwhile: what can't be kept is found out again, if it ever has to be. */
  note(change: Partial<TurnRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#hasNews = true;
    this.#writing ??= this.#write();
    this.#writing.catch((error: unknown) =>
      this.#log.warn({ err: error, conversation: this.#conversation }, 'what a turn did could not be kept'),
    );
  }

  /** Resolves when all that was noted is kept, or may not be any more; rejects when it could not be. */
  async kept(): Promise<void> {
    await this.#writing;
  }

  /** The turn is over: nothing of it is kept any more. */
  async close(): Promise<void> {
    await this.#writing?.catch(() => {});
    if (!this.#lost.aborted) await this.#kept.delete(this.#conversation);
  }

  async #write(): Promise<void> {
    try {
      while (this.#hasNews && !this.#lost.aborted) {
        this.#hasNews = false;
        await this.#kept.set(this.#conversation, this.#record);
      }
    } finally {
      this.#writing = undefined;
    }
  }
}
