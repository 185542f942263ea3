import { setTimeout as sleep } from 'node:timers/promises';
import type { Keyv } from 'keyv';
import { NotFoundError, type OpenAI } from 'openai';
import type { Locks } from '../../store/locks.ts';
import { type Audience, described, keyOf } from '../audience.ts';

/** A vector store of the team's knowledge: what is in it is for one audience. */
export interface KnowledgeStore {
  id: string;
  audience: Audience;
}

/** As long as it takes another process to make one, in ms. */
const LOOK_AGAIN_MS = 100;

/** The API's limit on a name. */
const LONGEST_NAME = 256;

/**
 * The vector stores in which the team's knowledge is on a server: one for each audience, so that what somebody may not see
 * is in no store that is searched for them.
 */
export class KnowledgeStores {
  readonly #client: OpenAI;
  readonly #kept: Keyv<KnowledgeStore[]>;
  readonly #server: string;
  readonly #locks: Locks | undefined;
  #changing: Promise<unknown> = Promise.resolve();

  /** @param server Names the Assistants server, since each has its own. */
  constructor(client: OpenAI, kept: Keyv<KnowledgeStore[]>, server: string, locks?: Locks) {
    this.#client = client;
    this.#kept = kept;
    this.#server = server;
    this.#locks = locks;
  }

  async all(): Promise<KnowledgeStore[]> {
    return (await this.#kept.get(`stores ${this.#server}`)) ?? [];
  }

  /** The store of an audience, which is made if there is none. */
  async for(audience: Audience): Promise<KnowledgeStore> {
    const key = keyOf(audience);
    return this.#alone(async () => {
      const all = await this.all();
      const known = all.find((store) => keyOf(store.audience) === key);
      if (known && (await this.#exists(known.id))) return known;
      const whom = audience.length === 0 ? '' : ` for ${described(audience)}`;
      const { id } = await this.#client.vectorStores.create({
        name: `Knowledge${whom}`.slice(0, LONGEST_NAME),
      });
      await this.#keep([...all.filter((store) => store !== known), { id, audience }]);
      return { id, audience };
    });
  }

  /** Deletes a store with all that it finds; its files are deleted one by one. */
  async delete(store: KnowledgeStore): Promise<void> {
    await this.#alone(async () => {
      await this.#client.vectorStores.delete(store.id).catch(unlessGone);
      await this.#keep((await this.all()).filter(({ id }) => id !== store.id));
    });
  }

  async #exists(id: string): Promise<boolean> {
    return (await this.#client.vectorStores.retrieve(id).catch(unlessGone)) !== undefined;
  }

  #keep(stores: KnowledgeStore[]): Promise<unknown> {
    return this.#kept.set(`stores ${this.#server}`, stores);
  }

  /** One change at a time, also among processes. */
  #alone<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#changing.then(async () => {
      let lock = await this.#locks?.take('knowledge stores');
      while (this.#locks && !lock) {
        await sleep(LOOK_AGAIN_MS);
        lock = await this.#locks.take('knowledge stores');
      }
      try {
        return await change();
      } finally {
        lock?.release();
      }
    });
    this.#changing = changed.catch(() => {});
    return changed;
  }
}

export function unlessGone(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}
