import {
  assertSecureTokenEndpoint,
  discoverOAuthServerInfo,
  type FetchLike,
  type OAuthServerInfo,
  selectClientAuthMethod,
} from '@modelcontextprotocol/client';
import type { McpAddress } from '../../../settings/mcp-fields.ts';
import { wordsOf } from '../failure.ts';
import { guardedFetch } from '../guarded-fetch.ts';
import { Inflow } from '../inflow.ts';
import { boundedLine, withoutSecrets } from '../words.ts';
import type { KeptSignIn } from './sign-ins.ts';

/** For an answer of those who sign in for the server, in ms. */
const ANSWER_MS = 30_000;

/** Of what went wrong there, in UTF-16 code units. */
const LONGEST_WORDS = 300;

/** What became of a sign-in where it was made. */
export type Revocation =
  | { readonly state: 'revoked' | 'not offered' }
  | { readonly state: 'failed'; readonly why: string };

/**
 * Lets nobody use the tokens of a sign-in any more: https://datatracker.ietf.org/doc/html/rfc7009. Never rejects.
 * @param server Its headers, and what may not be told.
 */
export async function revoke(
  kept: KeptSignIn,
  { headers, secrets }: Pick<McpAddress, 'headers'> & { secrets: readonly string[] },
): Promise<Revocation> {
  const guarded = guardedFetch({ url: kept.url, headers }, new Inflow());
  const fetchFn: FetchLike = (address, init) =>
    guarded(address, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
  const { access_token, refresh_token } = kept.tokens ?? {};
  try {
    const known = kept.discovery?.authorizationServerMetadata ? kept.discovery : undefined;
    const { authorizationServerMetadata } = known ?? (await discoverOAuthServerInfo(kept.url, { fetchFn }));
    // Not every document that describes a server has a field for it.
    const endpoint: unknown = Object(authorizationServerMetadata).revocation_endpoint;
    if (!authorizationServerMetadata || typeof endpoint !== 'string') return { state: 'not offered' };
    const ask = (token: string, hint: string) =>
      fetchFn(assertSecureTokenEndpoint(endpoint), request(kept, authorizationServerMetadata, token, hint));
    // The first is what others are made of; a server may know how to revoke no other.
    if (refresh_token) await taken(await ask(refresh_token, 'refresh_token'));
    const answer = access_token && (await ask(access_token, 'access_token'));
    if (answer && (!refresh_token || answer.status !== UNSUPPORTED)) await taken(answer);
    return { state: 'revoked' };
  } catch (error) {
    const given = [access_token, refresh_token, kept.client?.client_secret].filter(
      (one) => one !== undefined,
    );
    const words = withoutSecrets(wordsOf(error), [...secrets, ...given]);
    return { state: 'failed', why: boundedLine(words, LONGEST_WORDS) };
  }
}

/** With `unsupported_token_type`. */
const UNSUPPORTED = 400;

async function taken(answer: Response): Promise<void> {
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`it answered with status ${answer.status}`);
}

type Metadata = NonNullable<OAuthServerInfo['authorizationServerMetadata']>;

function request({ client }: KeptSignIn, metadata: Metadata, token: string, hint: string): RequestInit {
  const body = new URLSearchParams({ token, token_type_hint: hint });
  const headers = new Headers({ accept: 'application/json' });
  const { client_id = '', client_secret } = client ?? {};
  const methods = metadata.token_endpoint_auth_methods_supported ?? [];
  const method = client ? selectClientAuthMethod(client, methods) : 'none';
  if (method === 'client_secret_basic' && client_secret) {
    const pair = [client_id, client_secret].map(encodeURIComponent).join(':');
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  } else {
    body.set('client_id', client_id);
    if (method === 'client_secret_post' && client_secret) body.set('client_secret', client_secret);
  }
  return { method: 'POST', headers, body };
}
