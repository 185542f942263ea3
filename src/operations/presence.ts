import type { Keyv } from 'keyv';

/** How often it is noted that people are heard, in ms: so much of what was heard is looked at again after a crash. */
const BEAT_MS = 10_000;

/** Until when somebody has heard what people write on each platform. */
export class Presence {
  readonly #heard: Keyv<number>;
  readonly #onError: (error: unknown) => void;
  readonly #before = new Map<string, Promise<number | undefined>>();
  readonly #beats = new Map<string, NodeJS.Timeout>();

  constructor(heard: Keyv<number>, onError: (error: unknown) => void) {
    this.#heard = heard;
    this.#onError = onError;
  }

  /** Unix time in ms until which somebody heard before this process began to; undefined when nobody ever has. */
  lastHeard(platform: string): Promise<number | undefined> {
    const known = this.#before.get(platform);
    const heard = known ?? this.#heard.get(platform);
    this.#before.set(platform, heard);
    return heard;
  }

  /** People on the platform are heard from now on. */
  begin(platform: string): void {
    if (this.#beats.has(platform)) return;
    const before = this.lastHeard(platform).catch(this.#onError);
    const beat = () => void before.then(() => this.#beat(platform));
    this.#beats.set(platform, setInterval(beat, BEAT_MS).unref());
    beat();
  }

  /** Nobody is heard here any more. */
  async close(): Promise<void> {
    const platforms = [...this.#beats.keys()];
    for (const beat of this.#beats.values()) clearInterval(beat);
    this.#beats.clear();
    await Promise.all(platforms.map((platform) => this.#beat(platform)));
  }

  async #beat(platform: string): Promise<void> {
    await this.#heard.set(platform, Date.now()).catch(this.#onError);
  }
}
