import { setTimeout as sleep } from 'node:timers/promises';
import type { Keyv } from 'keyv';
import { Hearing, type Word } from './hearing.ts';
import { KeptProgress, type Marks } from './search-progress.ts';

/** How often it is noted that people are heard, in ms: so much of what was heard is looked at again after a crash. */
const BEAT_MS = 10_000;

/** When another process that hears people has said so for sure, in ms: a beat, and a slow store. */
const SAID_WITHIN_MS = BEAT_MS + 3_000;
const LOOK_MS = 1_000;

/** Until when somebody has heard what people write on each platform, and it was taken. */
export class Presence {
  readonly #heard: Keyv<number>;
  readonly #hearing: Hearing;
  readonly #marks: Keyv<Marks>;
  readonly #onError: (error: unknown) => void;
  readonly #before = new Map<string, Promise<number | undefined>>();
  readonly #beats = new Map<string, NodeJS.Timeout>();
  /** Platforms on which is still looked for what nobody heard: until then it may have to be looked for again. */
  readonly #lookedThrough = new Set<string>();
  readonly #progress = new Map<string, Promise<KeptProgress>>();
  #isSilent = false;

  constructor(
    heard: Keyv<number>,
    hearing: Keyv<Word>,
    marks: Keyv<Marks>,
    onError: (error: unknown) => void,
  ) {
    this.#heard = heard;
    this.#hearing = new Hearing(hearing);
    this.#marks = marks;
    this.#onError = onError;
  }

  /**
   * Unix time in ms until which somebody heard before this process began to; undefined when nobody ever has. What was
   * written since then is looked for: no later time is noted until `taken`.
   */
  lastHeard(platform: string): Promise<number | undefined> {
    this.#lookedThrough.add(platform);
    const heard = this.#before.get(platform) ?? this.#heard.get(platform);
    this.#before.set(platform, heard);
    return heard;
  }

  /**
   * Until when there may be something that nobody has heard, in Unix time in ms; undefined where another process has heard,
   * and taken, all of it: one that notes so after this one began. One that still looks itself, as all may do after a storm of
   * crashes, says since when it hears people. It takes seconds to know. Rejects when the store fails.
   */
  async unheardUntil(platform: string, signal: AbortSignal): Promise<number | undefined> {
    const heard = (await this.#heard.get(platform)) ?? 0;
    for (let waited = 0; waited < SAID_WITHIN_MS && !signal.aborted; waited += LOOK_MS) {
      await sleep(LOOK_MS, undefined, { ref: false, signal }).catch(() => {});
      const [heardNow = 0] = await Promise.all([this.#heard.get(platform), this.#hearing.listen(platform)]);
      if (heardNow > heard) return undefined;
    }
    void this.#say(platform);
    return this.#hearing.since(platform);
  }

  /** How far the platform was searched since then. Rejects when the store fails. */
  progress(platform: string): Promise<KeptProgress> {
    const progress = this.#progress.get(platform) ?? KeptProgress.open(this.#marks, platform, this.#onError);
    this.#progress.set(platform, progress);
    return progress;
  }

  /** All that nobody heard on the platform is taken. */
  taken(platform: string): void {
    this.#lookedThrough.delete(platform);
    void this.#beat(platform);
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
