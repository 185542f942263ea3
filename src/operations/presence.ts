import type { Keyv } from 'keyv';

/** How often it is noted that people are heard, in ms: so much of what was heard is looked at again after a crash. */
const BEAT_MS = 10_000;

/** Until when somebody has heard what people write on each platform, and it was taken. */
export class Presence {
  readonly #heard: Keyv<number>;
  readonly #onError: (error: unknown) => void;
  readonly #before = new Map<string, Promise<number | undefined>>();
  readonly #beats = new Map<string, NodeJS.Timeout>();
  /** Platforms on which is still looked for what nobody heard: until then it may have to be looked for again. */
  readonly #lookedThrough = new Set<string>();

  constructor(heard: Keyv<number>, onError: (error: unknown) => void) {
    this.#heard = heard;
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

  /** All that nobody heard on the platform is taken. */
  taken(platform: string): void {
    this.#lookedThrough.delete(platform);
    void this.#beat(platform);
  }

  /** People on the platform are heard from now on. */
  begin(platform: string): void {
    if (this.#beats.has(platform)) return;
    this.#beats.set(platform, setInterval(() => void this.#beat(platform), BEAT_MS).unref());
  }

  /** Nobody is heard here any more. */
  async close(): Promise<void> {
    const platforms = [...this.#beats.keys()];
    for (const beat of this.#beats.values()) clearInterval(beat);
    this.#beats.clear();
    await Promise.all(platforms.map((platform) => this.#beat(platform)));
  }

  async #beat(platform: string): Promise<void> {
    if (this.#lookedThrough.has(platform)) return;
    await this.#heard.set(platform, Date.now()).catch(this.#onError);
  }
}
