import { setTimeout as sleep } from 'node:timers/promises';
import type { Keyv } from 'keyv';
import type { Lock } from '../store/locks.ts';
import type { Store } from '../store/store.ts';
import { Hearing } from './hearing.ts';
import { KeptProgress } from './search-progress.ts';

/** How often it is noted that people are heard, in ms: so much of what was heard is looked at again after a crash. */
const BEAT_MS = 10_000;

/** When another process that hears people has said so for sure, in ms: a beat, and a slow store. */
const SAID_WITHIN_MS = BEAT_MS + 3_000;
const LOOK_MS = 1_000;

/** Until when somebody has heard what people write on each platform, and it was taken. */
export class Presence {
  readonly #store: Pick<Store, 'keyv' | 'locks'>;
  readonly #heard: Keyv<number>;
  readonly #hearing: Hearing;
  readonly #onError: (error: unknown) => void;
  readonly #before = new Map<string, number | undefined>();
  readonly #beats = new Map<string, NodeJS.Timeout>();
  /** Platforms on which is still looked for what nobody heard: until then it may have to be looked for again. */
  readonly #lookedThrough = new Set<string>();
  readonly #progress = new Map<string, Promise<KeptProgress>>();
  /** Of platforms that this process looks through, while others wait. */
  readonly #locks = new Map<string, Lock>();
  #isSilent = false;

  constructor(store: Pick<Store, 'keyv' | 'locks'>, onError: (error: unknown) => void) {
    this.#store = store;
    this.#heard = store.keyv('heard');
    this.#hearing = new Hearing(store.keyv('hearing'));
    this.#onError = onError;
  }

  /**
   * Unix time in ms until which somebody heard before this process began to; undefined when nobody ever has. What was
   * written since then is looked for: no later time is noted until `taken`.
   */
  async lastHeard(platform: string): Promise<number | undefined> {
    this.#lookedThrough.add(platform);
    if (!this.#before.has(platform)) this.#before.set(platform, await this.#heard.get(platform));
    return this.#before.get(platform);
  }

  /**
   * Until when there may be something that nobody has heard, in Unix time in ms, once it is this process's turn to look for
   * it; undefined where another process has heard, and taken, all of it: one that notes so after this one began. One that
   * still looks itself, as all may do after a storm of crashes, says since when it hears people. It takes seconds to know,
   * and as long as another process looks. Rejects when `signal` ends it.
   */
  async unheardUntil(platform: string, signal: AbortSignal): Promise<number | undefined> {
    const began = Date.now();
    let heardBefore: number | undefined;
    while (true) {
      await sleep(LOOK_MS, undefined, { ref: false, signal });
      try {
        const isTurn = Date.now() - began > SAID_WITHIN_MS && (await this.#takesTurn(platform));
        const [heard = 0] = await Promise.all([this.#heard.get(platform), this.#hearing.listen(platform)]);
        heardBefore ??= heard;
        if (heard > heardBefore) return undefined;
        if (!isTurn) continue;
        await (await this.progress(platform)).learn();
        await this.#say(platform);
        return this.#hearing.since(platform);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  /** How far the platform was searched since then. Rejects when the store fails. */
  progress(platform: string): Promise<KeptProgress> {
    const known = this.#progress.get(platform);
    if (known) return known;
    const progress = KeptProgress.open(this.#store.keyv('looked-through'), platform, this.#onError);
    this.#progress.set(platform, progress);
    progress.catch(() => this.#progress.delete(platform));
    return progress;
  }

  /** All that nobody heard on the platform is taken. */
  taken(platform: string): void {
    this.#lookedThrough.delete(platform);
    void this.#beat(platform).then(() => this.#endTurn(platform));
    void this.#progress.get(platform)?.then(
      (progress) => progress.over(),
      () => {},
    );
  }

  /** People on the platform are heard from now on. */
  begin(platform: string): void {
    if (this.#beats.has(platform)) return;
    void this.#hearing.begin(platform).then(() => this.#say(platform), this.#onError);
    this.#beats.set(platform, setInterval(() => void this.#beat(platform), BEAT_MS).unref());
  }

  /** From now on nobody may be heard here: others are told no more that somebody is. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Nobody is heard here any more. */
  async close(): Promise<void> {
    const platforms = [...this.#beats.keys()];
    for (const beat of this.#beats.values()) clearInterval(beat);
    this.#beats.clear();
    await Promise.all(platforms.map((platform) => this.#beat(platform)));
    const searches = await Promise.allSettled(this.#progress.values());
    await Promise.all(searches.map((search) => search.status === 'fulfilled' && search.value.close()));
    await Promise.all([...this.#locks.keys()].map((platform) => this.#endTurn(platform)));
  }

  /** Where two look all the same, what both find is taken once. */
  async #takesTurn(platform: string): Promise<boolean> {
    const { locks } = this.#store;
    if (!locks || this.#locks.has(platform)) return true;
    const lock = await locks.take(`looking for what nobody heard on ${platform}`);
    if (lock) this.#locks.set(platform, lock);
    return lock !== undefined;
  }

  async #endTurn(platform: string): Promise<void> {
    const lock = this.#locks.get(platform);
    this.#locks.delete(platform);
    await lock?.release();
  }

  async #say(platform: string): Promise<void> {
    if (!this.#isSilent) await this.#hearing.say(platform).catch(this.#onError);
  }

  async #beat(platform: string): Promise<void> {
    await this.#say(platform);
    if (this.#lookedThrough.has(platform)) return;
    await this.#heard.set(platform, Date.now()).catch(this.#onError);
  }
}
