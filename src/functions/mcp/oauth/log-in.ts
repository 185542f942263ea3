import { randomBytes } from 'node:crypto';
import { auth, extractWWWAuthenticateParams, type FetchLike, OAuthError } from '@modelcontextprotocol/client';
import { Problem } from '../../../problem.ts';
import type { McpAddress } from '../../../settings/mcp-fields.ts';
import type { McpServer } from '../../../settings/mcp-variables.ts';
import { wordsOf } from '../failure.ts';
import { guardedFetch } from '../guarded-fetch.ts';
import { Inflow } from '../inflow.ts';
import { boundedLine, withoutSecrets } from '../words.ts';
import { openCallback, pasted } from './callback.ts';
import { Provider } from './provider.ts';
import type { KeptSignIn } from './sign-ins.ts';

/** For somebody to find the password, in ms. */
const PATIENCE_MS = 10 * 60_000;

/** For an answer of the server or of those who sign in for it, in ms. */
const ANSWER_MS = 30_000;

/** Of what went wrong there, in UTF-16 code units. */
const LONGEST_WORDS = 300;

export interface LogInOptions {
  /** Prints a line for whoever signs in. */
  readonly tell: (line: string) => void;
  /** Lines that somebody pastes whose browser is on another machine. */
  readonly lines: AsyncIterable<string>;
  readonly signal: AbortSignal;
}

/**
 * Lets a person sign in at a server, once: with a client that is registered for it, PKCE, and a way back to this machine.
 * Throws a `Problem` when nobody has signed in.
 */
export async function logIn(server: McpServer & McpAddress, options: LogInOptions): Promise<KeptSignIn> {
  const { name, url, oauth } = server;
  const guarded = guardedFetch(server, new Inflow());
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const fetchFn: FetchLike = (address, init) =>
    guarded(address, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
  const state = randomBytes(24).toString('base64url');
  const callback = await openCallback(oauth.port ?? 0, state);
  try {
    const challenge = await challengeOf(url, fetchFn);
    const provider = new Provider(begun(url, callback.url, oauth), {
      oauth,
      state,
      keep: async () => {},
      onRedirect: (address) => options.tell(invitation(name, address)),
    });
    const asked = { serverUrl: url, fetchFn, ...challenge, ...(oauth.scope && { scope: oauth.scope }) };
    await auth(provider, asked);
    const params = await firstOf(callback.arrived, options.lines, state, signal);
    await auth(provider, { ...asked, ...answerIn(params) });
    return provider.kept;
  } catch (error) {
    throw explained(error, server, signal);
  } finally {
    callback.close();
  }
}

/** A client that was registered by hand is known before. */
function begun(
  url: string,
  redirectUrl: string,
  { client_id, client_secret }: McpAddress['oauth'],
): KeptSignIn {
  if (!client_id) return { url, redirectUrl };
  return { url, redirectUrl, client: { client_id, ...(client_secret && { client_secret }) } };
}

function invitation(name: string, address: URL): string {
  return [
    `Open this address in a browser, and sign in to let Bobbin use ${name}:`,
    '',
    `  ${address.href}`,
    '',
    'If the browser is on another machine, it ends at an address that it cannot open: paste that address here.',
  ].join('\n');
}

/** How the server asks for a sign-in. Throws a `Problem` when it asks for none. */
async function challengeOf(url: string, fetchFn: FetchLike) {
  const greeting = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'bobbin', version: '0.1.0' },
    },
  };
  const response = await fetchFn(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify(greeting),
  });
  await response.body?.cancel();
  if (response.ok) throw new Problem('It asks for no sign-in: its tools can be used as they are.');
  const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(response);
  return { ...(resourceMetadataUrl && { resourceMetadataUrl }), ...(scope && { scope }) };
}

async function firstOf(
  arrived: Promise<URLSearchParams>,
  lines: AsyncIterable<string>,
  state: string,
  signal: AbortSignal,
): Promise<URLSearchParams> {
  const given = Promise.withResolvers<URLSearchParams>();
  const stop = () => given.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  void (async () => {
    for await (const line of lines) {
      const params = pasted(line, state);
      if (params) given.resolve(params);
    }
  })().catch(() => {});
  return await Promise.race([arrived, given.promise]);
}

/** Throws a `Problem` where the person, or the server that was asked, said no. */
function answerIn(params: URLSearchParams): { authorizationCode: string; iss?: string } {
  const [code, iss] = [params.get('code'), params.get('iss')];
  if (code) return { authorizationCode: code, ...(iss && { iss }) };
  const why = [params.get('error'), params.get('error_description')].filter(Boolean).join(': ');
  throw new Problem(`Nobody has signed in: ${boundedLine(why, LONGEST_WORDS) || 'no code came back'}.`);
}

function explained(error: unknown, { name, secrets }: McpServer, signal: AbortSignal): unknown {
  if (error instanceof Problem) return new Problem(`${name}: ${error.message}`);
  if (signal.aborted) return new Problem(`${name}: nobody has signed in. Run it again to begin anew.`);
  const words = wordsOf(error);
  const why = boundedLine(withoutSecrets(words, secrets), LONGEST_WORDS);
  const hint =
    error instanceof OAuthError || /regist/i.test(words)
      ? ' Where a client must be registered by hand, put its client_id, and the port of its redirect address, under oauth in assistant.md.'
      : ' Check the url, and whether the server runs.';
  return new Problem(`${name}: signing in failed: ${why}.${hint}`, { cause: error });
}
