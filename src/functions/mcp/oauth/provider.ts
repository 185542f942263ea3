import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import type { McpOAuth } from '../../../settings/mcp-fields.ts';
import type { KeptSignIn } from './sign-ins.ts';

export interface ProviderOptions {
  readonly oauth: McpOAuth;
  /** Keeps what has become of the sign-in. */
  readonly keep: (kept: KeptSignIn) => Promise<void>;
  /** Somebody has to open this address; may throw where nobody can. */
  readonly onRedirect: (address: URL) => void;
  /** Comes back with whoever was sent away, so that nobody else can. */
  readonly state?: string;
}

/** A sign-in as the SDK works on it. */
export class Provider implements OAuthClientProvider {
  readonly #options: ProviderOptions;
  #kept: KeptSignIn;
  #verifier = '';

  constructor(kept: KeptSignIn, options: ProviderOptions) {
    this.#kept = kept;
    this.#options = options;
  }

  get kept(): KeptSignIn {
    return this.#kept;
  }

  get redirectUrl(): string {
    return this.#kept.redirectUrl;
  }

  get clientMetadata(): OAuthClientMetadata {
    const { scope } = this.#options.oauth;
    return {
      client_name: 'Bobbin',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      ...(scope && { scope }),
    };
  }

  state(): string {
    return this.#options.state ?? '';
  }

  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.#kept.client;
  }

  saveClientInformation(client: StoredOAuthClientInformation): Promise<void> {
    return this.#keep({ ...this.#kept, client });
  }

  tokens(): StoredOAuthTokens | undefined {
    return this.#kept.tokens;
  }

  saveTokens(tokens: StoredOAuthTokens): Promise<void> {
    return this.#keep({ ...this.#kept, tokens });
  }

  redirectToAuthorization(address: URL): void {
    this.#options.onRedirect(address);
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#kept.discovery;
  }

  saveDiscoveryState(discovery: OAuthDiscoveryState): Promise<void> {
    return this.#keep({ ...this.#kept, discovery });
  }

  async invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): Promise<void> {
    const { client, tokens, discovery, ...rest } = this.#kept;
    const isGone = (what: typeof scope) => scope === what || scope === 'all';
    await this.#keep({
      ...rest,
      ...(client && !isGone('client') && { client }),
      ...(tokens && !isGone('tokens') && { tokens }),
      ...(discovery && !isGone('discovery') && { discovery }),
    });
  }

  async #keep(kept: KeptSignIn): Promise<void> {
    this.#kept = kept;
    await this.#options.keep(kept);
  }
}
