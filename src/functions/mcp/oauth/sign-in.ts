import { setTimeout as sleep } from 'node:timers/promises';
import type { AuthProvider } from '@modelcontextprotocol/client';
import type { McpAddress } from '../../../settings/mcp-fields.ts';
import { Provider } from './provider.ts';
import { SignInNeeded } from './sign-in-needed.ts';
import { type KeptSignIn, LOOK_MS, PATIENCE_MS, type SignIns } from './sign-ins.ts';

/** A request that was on its way while the sign-in was renewed has the old one, in ms. */
const JUST_NOW_MS = 5_000;

type Unauthorized = Parameters<NonNullable<AuthProvider['onUnauthorized']>>[0];

/** Signs the requests to a server, and renews the sign-in by itself. Throws `SignInNeeded` when only a person can. */
export class SignIn implements AuthProvider {
  readonly #server: McpAddress & { name: string };
  readonly #signIns: SignIns;
  /** What was sent last, and what renews it: nobody may read it. */
  secrets: readonly string[] = [];
  #known: Promise<KeptSignIn | undefined> | undefined;
  #renewing: Promise<void> | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;

  constructor(server: McpAddress & { name: string }, signIns: SignIns) {
    this.#server = server;
    this.#signIns = signIns;
  }

  async token(): Promise<string | undefined> {
    this.#known ??= this.#read();
    const { tokens } = (await this.#known) ?? {};
    this.secrets = [tokens?.access_token, tokens?.refresh_token].filter((token) => token !== undefined);
    return tokens?.access_token;
  }

  /** What is kept has become another. */
  forget(): void {
    this.#known = undefined;
  }

  /** One renewal serves all requests that were refused: its token is good for one use. */
  async onUnauthorized(refused: Unauthorized): Promise<void> {
    if (performance.now() - this.#renewedAt < JUST_NOW_MS) return;
    this.#renewing ??= this.#renew(refused).finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
  }

  async #renew(refused: Unauthorized): Promise<void> {
    const used = await this.token();
    if (used === undefined) throw new SignInNeeded();
    const late = performance.now() + PATIENCE_MS;
    for (;;) {
      const lock = await this.#signIns.take(this.#server.name);
      try {
        const kept = await this.#read();
        if (!kept?.tokens) throw new SignInNeeded();
        const isOther = kept.tokens.access_token !== used;
        if (isOther) this.#known = Promise.resolve(kept);
        else if (lock) await this.#refresh(kept, refused);
        if (isOther || lock) break;
      } finally {
        await lock?.release();
      }
      if (performance.now() > late)
        throw new Error('another process renews the sign-in, and does not come to an end');
      await sleep(LOOK_MS);
    }
    this.#renewedAt = performance.now();
  }

  async #refresh(kept: KeptSignIn, { serverUrl, fetchFn }: Unauthorized): Promise<void> {
    const { auth, OAuthError } = await import('@modelcontextprotocol/client');
    const provider = new Provider(kept, {
      oauth: this.#server.oauth,
      keep: (renewed) => {
        this.#known = Promise.resolve(renewed);
        return this.#signIns.set(this.#server.name, renewed);
      },
      onRedirect: () => {
        throw new SignInNeeded();
      },
    });
    try {
      await auth(provider, { serverUrl, fetchFn });
    } catch (error) {
      throw error instanceof OAuthError ? new SignInNeeded() : error;
    }
  }

  #read(): Promise<KeptSignIn | undefined> {
    const read = this.#signIns.get(this.#server.name, this.#server.url);
    // What could not be read is read anew.
    read.catch(() => this.forget());
    return read;
  }
}
