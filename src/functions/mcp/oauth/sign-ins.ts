import type {
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import type { Keyv } from 'keyv';
import type { Lock, Locks } from '../../../store/locks.ts';

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

  /** For whoever renews it, among all processes; undefined while another does, and nothing to release where there is no other. */
  take(server: string): Promise<Pick<Lock, 'release'> | undefined> {
    return this.#locks?.take(`mcp-sign-in-${server}`) ?? Promise.resolve({ release: async () => {} });
  }
}
