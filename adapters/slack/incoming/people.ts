import type { webApi } from '@slack/bolt';
import type { Logger } from '../../../src/log.ts';

/** People rename themselves; after so many milliseconds they are asked for again. */
const MAX_AGE_MS = 3_600_000;

/** More people than this are not remembered; those who were looked up first go first. */
const MAX_PEOPLE = 5_000;

export interface Profile {
  name?: string;
  locale?: string;
}

/** Who people are, as far as Slack tells; someone whom it does not tell about has no name. */
export class People {
  readonly #client: webApi.WebClient;
  readonly #log: Logger;
  readonly #known = new Map<string, { profile: Promise<Profile>; at: number }>();

  constructor(client: webApi.WebClient, log: Logger) {
    this.#client = client;
    this.#log = log;
  }

  /** Never rejects. */
  find(user: string): Promise<Profile> {
    const known = this.#known.get(user);
    if (known && performance.now() - known.at < MAX_AGE_MS) return known.profile;
    const profile = this.#ask(user);
    this.#known.delete(user);
    this.#known.set(user, { profile, at: performance.now() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_PEOPLE && oldest !== undefined) this.#known.delete(oldest);
    return profile;
  }

  /** The names of several people, by id. */
  async names(users: readonly string[]): Promise<Map<string, string>> {
    const profiles = await Promise.all(users.map((user) => this.find(user)));
    return new Map(
      users.flatMap((user, index) => {
        const name = profiles[index]?.name;
        return name ? [[user, name]] : [];
      }),
    );
  }

  async #ask(user: string): Promise<Profile> {
    try {
      const { user: found } = await this.#client.users.info({ user, include_locale: true });
      const name =
        found?.profile?.display_name || found?.profile?.real_name || found?.real_name || found?.name;
      return { ...(name && { name }), ...(found?.locale && { locale: found.locale }) };
    } catch (error) {
      this.#known.delete(user);
      this.#log.debug({ err: error, user }, 'Slack does not say who somebody is');
      return {};
    }
  }
}
