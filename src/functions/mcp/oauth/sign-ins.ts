import { setTimeout as sleep } from 'node:timers/promises';
import type {
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import type { Keyv } from 'keyv';
import type { Lock, Locks } from '../../../store/locks.ts';

/** While another process renews a sign-in, it is looked for so often and so long, in ms. */
export const LOOK_MS = 200;
export const PATIENCE_MS = 10_000;

/** What is kept of a sign-in. All of it is secret. */
export interface KeptSignIn {
  /** The server that it is for: it is used for no other, whatever its name. */
  url: string;
  /** Where whoever signed in was led back to. */
  redirectUrl: string;
  client?: StoredOAuthClientInformation;
  tokens?: StoredOAuthTokens;
  discovery?: OAuthDiscoveryState;
}

/** The sign-ins of all servers, by their names. */
export class SignIns {
  readonly #keyv: Keyv<KeptSignIn>;
  readonly #locks: Locks | undefined;

  constructor(keyv: Keyv<KeptSignIn>, locks: Locks | undefined) {
    this.#keyv = keyv;
    this.#locks = locks;
  }

  /** Undefined where nobody has signed in, or at another address. */
  async get(server: string, url: string): Promise<KeptSignIn | undefined> {
    const kept = await this.#keyv.get(server);
    return kept?.url === url ? kept : undefined;
  }

  async set(server: string, kept: KeptSignIn): Promise<void> {
    await this.#keyv.set(server, kept);
  }

  /** Takes away what is kept; gives it back. Nobody who renews it right now keeps it again. */
  async remove(server: string): Promise<KeptSignIn | undefined> {
    const late = performance.now() + PATIENCE_MS;
    let lock = await this.take(server);
    while (!lock && performance.now() < late) {
      await sleep(LOOK_MS);
      lock = await this.take(server);
    }
    try {
      const kept = await this.#keyv.get(server);
      if (kept) await this.#keyv.delete(server);
      return kept;
    } finally {
      await lock?.release();
    }
  }

  /** For whoever renews it, among all processes; undefined while another does, and nothing to release where there is no other. */
  take(server: string): Promise<Pick<Lock, 'release'> | undefined> {
    return this.#locks?.take(`mcp-sign-in-${server}`) ?? Promise.resolve({ release: async () => {} });
  }
}
