import type { Keyv } from 'keyv';
import type { SearchProgress } from '../platform.ts';

/** Until when conversations were read and settled, in Unix time in ms, by their names. */
export interface Marks {
  read: Record<string, number>;
  settled: Record<string, number>;
}

/** What is settled is told for so long, in ms: longer than anything that is looked for at a start. */
const SETTLED_MS = 60 * 60_000;

/** How far a platform has been searched for what nobody heard, kept for the process that comes if this one dies meanwhile. */
export class KeptProgress implements SearchProgress {
  readonly #kept: Keyv<Marks>;
  readonly #platform: string;
  readonly #marks: Marks = { read: {}, settled: {} };
  readonly #onError: (error: unknown) => void;
  #isOver = false;
  /** What was marked is written one after the other: the last one holds all. */
  #written: Promise<unknown> = Promise.resolve();
  #isDue = false;

  private constructor(kept: Keyv<Marks>, platform: string, onError: (error: unknown) => void) {
    this.#kept = kept;
    this.#platform = platform;
    this.#onError = onError;
  }

  /** What an earlier process has come to. Rejects when the store fails. */
  static async open(
    kept: Keyv<Marks>,
    platform: string,
    onError: (error: unknown) => void,
  ): Promise<KeptProgress> {
    const progress = new KeptProgress(kept, platform, onError);
    await progress.learn();
    return progress;
  }

  /** What other processes have come to by now. Rejects when the store fails. */
  async learn(): Promise<void> {
    const kept = await this.#kept.get(this.#platform);
    if (!this.#isOver) this.#marks.read = latest(this.#marks.read, kept?.read);
    this.#marks.settled = latest(this.#marks.settled, kept?.settled);
  }

  readUntil(conversation: string): number | undefined {
    return this.#marks.read[conversation];
  }

  read(conversation: string, until: number): void {
    if (this.#isOver) return;
    this.#marks.read[conversation] = until;
    this.#write();
  }

  /** Unix time in ms when it was settled last. */
  settledAt(conversation: string): number | undefined {
    return this.#marks.settled[conversation];
  }

  settled(conversation: string): void {
    this.#marks.settled[conversation] = Date.now();
    this.#write();
  }

  /** There is something to be searched. */
  goOn(): void {
    this.#isOver = false;
  }

  /** All was searched: the next search begins anew. What is settled stays so. */
  over(): void {
    this.#isOver = true;
    this.#marks.read = {};
    this.#write();
  }

  /** Ends when all is kept. */
  async close(): Promise<void> {
    await this.#written;
  }

  #write(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const write = async () => {
      this.#isDue = false;
      await this.learn();
      const settled = Object.entries(this.#marks.settled);
      this.#marks.settled = Object.fromEntries(settled.filter(([, at]) => at > Date.now() - SETTLED_MS));
      await this.#kept.set(this.#platform, this.#marks);
    };
    this.#written = this.#written.then(write).catch(this.#onError);
  }
}

function latest(one: Record<string, number>, other: Record<string, number> = {}): Record<string, number> {
  const all = Object.entries(other).filter(([name, at]) => at > (one[name] ?? 0));
  return { ...one, ...Object.fromEntries(all) };
}
