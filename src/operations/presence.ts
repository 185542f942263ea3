import { setTimeout as sleep } from 'node:timers/promises';
import type { Keyv } from 'keyv';
import type { Platform } from '../platform.ts';
import type { Lock } from '../store/locks.ts';
import type { Store } from '../store/store.ts';
import { Hearing } from './hearing.ts';
import { KeptProgress } from './search-progress.ts';

/** How often it is noted that people are heard, in ms: so much of what was heard is looked at again after a crash. */
const BEAT_MS = 10_000;

/**
 * Who heard nothing for so long, in ms, has missed something for good: Slack sends again what did not arrive for five
 * minutes (https://docs.slack.dev/apis/events-api/#retries).
 */
const MISSED_AFTER_MS = 4 * 60_000;

/** When another process that hears people has said so for sure, in ms: a beat, and a slow store. */
const SAID_WITHIN_MS = BEAT_MS + 3_000;
const LOOK_MS = 1_000;

/** A platform on which people are heard while it is connected, and which may be able to look for what was missed. */
type Heard = Pick<Platform, 'name' | 'isConnected' | 'catchUp'>;

/** Until when somebody has heard what people write on each platform, and it was taken. */
export class Presence {
  readonly #store: Pick<Store, 'keyv' | 'locks'>;
  readonly #heard: Keyv<number>;
  readonly #hearing: Hearing;
  readonly #onError: (error: unknown) => void;
  readonly #beats = new Map<string, { platform: Heard; timer: NodeJS.Timeout }>();
  /** Platforms that were not heard at the last beat. */
  readonly #deaf = new Set<string>();
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
   * Unix time in ms until which somebody heard; undefined when nobody ever has. What was written since then is looked for:
   * no later time is noted until `taken`. Rejects when the store fails.
   */
  lastHeard(platform: string): Promise<number | undefined> {
    this.#lookedThrough.add(platform);
    return this.#heard.get(platform);
  }

  /**
   * Until when there may be something that nobody has heard, in Unix time in ms, once it is this process's turn to look for
   * it; undefined where another process has heard, and taken, all of it: one that notes so after this one began. One that
   * still looks itself, as all may do after a storm of crashes, says since when it hears people. It takes seconds to know,
   * and as long as another process looks. Rejects when `signal` ends it.
   */
  async unheardUntil(platform: string, signal: AbortSignal): Promise<number | undefined> {
    let first: { readonly heard: number; readonly at: number } | undefined;
    while (true) {
      await sleep(LOOK_MS, undefined, { ref: false, signal });
      try {
        const isSaid = first !== undefined && Date.now() - first.at > SAID_WITHIN_MS;
        const isTurn = isSaid && (await this.#takesTurn(platform));
        const [heard = 0] = await Promise.all([this.#heard.get(platform), this.#hearing.listen(platform)]);
        first ??= { heard, at: Date.now() };
        if (heard > first.heard) return undefined;
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
  async progress(platform: string): Promise<KeptProgress> {
    const open = () => KeptProgress.open(this.#store.keyv('looked-through'), platform, this.#onError);
    const progress = this.#progress.get(platform) ?? open();
    this.#progress.set(platform, progress);
    progress.catch(() => this.#progress.delete(platform));
    (await progress).goOn();
    return progress;
  }

  /** All that nobody heard on the platform is taken. */
  taken(platform: string): void {
    this.#lookedThrough.delete(platform);
    void this.#note(platform).then(() => this.#endTurn(platform));
    void this.#progress.get(platform)?.then(
      (progress) => progress.over(),
      () => {},
    );
  }

  /** People on the platform are heard from now on, while it is connected. */
  begin(platform: Heard): void {
    const { name } = platform;
    if (this.#beats.has(name)) return;
    void this.#hearing.begin(name).then(() => this.#say(name), this.#onError);
    const timer = setInterval(() => void this.#beat(platform), BEAT_MS).unref();
    this.#beats.set(name, { platform, timer });
  }

  /** From now on nobody may be heard here: others are told no more that somebody is. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Nobody is heard here any more. */
  async close(): Promise<void> {
    const beats = [...this.#beats.values()];
    this.#beats.clear();
    for (const { timer } of beats) clearInterval(timer);
    await Promise.all(beats.map(({ platform }) => this.#beat(platform)));
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

  async #beat(platform: Heard): Promise<void> {
    const { name } = platform;
    if (platform.isConnected === false) return void this.#deaf.add(name);
    try {
      if (this.#deaf.delete(name)) await this.#hearing.begin(name);
      await this.#say(name);
      if (this.#lookedThrough.has(name)) return;
      const heard = await this.#heard.get(name);
      const isMissed = heard !== undefined && Date.now() - heard > MISSED_AFTER_MS;
      if (!platform.catchUp || !isMissed) return await this.#note(name);
      this.#lookedThrough.add(name);
      await this.#hearing.begin(name);
      platform.catchUp();
    } catch (error) {
      this.#onError(error);
    }
  }

  async #note(platform: string): Promise<void> {
    await this.#heard.set(platform, Date.now()).catch(this.#onError);
  }
}
