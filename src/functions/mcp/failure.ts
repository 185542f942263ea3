import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import type { McpServer } from '../../settings/mcp-variables.ts';
import { Flood } from './inflow.ts';
import { SignInNeeded } from './oauth/sign-in-needed.ts';
import { boundedLine, withoutSecrets } from './words.ts';

/** Why a server can't be used. */
export interface Failure {
  /** A clause for whoever runs Bobbin, with all that helps. */
  readonly reason: string;
  /** A clause for the model and the people it talks to: no address, no output of a program. */
  readonly told: string;
  /** Whether somebody has to sign in. */
  readonly wantsSignIn: boolean;
}

/** What servers answer that have something else at the address. */
const NO_ENDPOINT: ReadonlySet<number> = new Set([404, 405]);

/** Of what a server says of itself, in UTF-16 code units. */
const LONGEST_WORDS = 300;

/** Words for what went wrong with a server. @param lastWords What its program said last. */
export function failureOf(error: unknown, server: McpServer, lastWords = ''): Failure {
  const clause = (reason: string, told: string, wantsSignIn = false): Failure => ({
    reason: boundedLine(withoutSecrets(reason, server.secrets), LONGEST_WORDS * 2),
    told,
    wantsSignIn,
  });
  const signIn = () => {
    const what = `it wants somebody to sign in: run "npm start -- mcp login ${server.name}"`;
    return clause(
      what,
      `Bobbin is not signed in there; whoever runs Bobbin signs in with "npm start -- mcp login ${server.name}"`,
      true,
    );
  };
  if (error instanceof InsufficientScopeError) return signIn();
  if (error instanceof Flood) return clause(error.message, 'it sent more than is taken');
  if (error instanceof SignInNeeded || error instanceof UnauthorizedError || statusOf(error) === 401)
    return 'url' in server && hasAuthorization(server.headers)
      ? clause(
          'it does not take the headers (HTTP 401): check them and their variables',
          'it does not let Bobbin in',
        )
      : signIn();
  const status = statusOf(error);
  if (status !== undefined) {
    const older = NO_ENDPOINT.has(status) ? '; the older transport, HTTP with SSE, is not spoken here' : '';
    const told = `it answered with an error (HTTP ${status})`;
    return clause(`it answered HTTP ${status}: check the url${older}`, told);
  }
  const code = codeOf(error);
  if (code === 'ENOENT' && 'command' in server)
    return clause(
      `there is no program ${server.command}: install it, or write its whole path as command`,
      'its program is not installed',
    );
  if (code === 'EACCES' && 'command' in server)
    return clause(`${server.command} may not be run: make it executable`, 'its program may not be run');
  if (code !== undefined && 'url' in server)
    return clause(
      `${new URL(server.url).host} can't be reached (${code}): check the url and whether it runs`,
      "it can't be reached",
    );
  if (isTimeout(error)) return clause('it did not answer in time', 'it did not answer in time');
  if (lastWords !== '') return clause(`its program ended ${lastWords}`, 'its program ended');
  const words = wordsOf(error);
  if (error instanceof ProtocolError) return clause(`it refused: ${words}`, 'it refused to be connected');
  return clause(words, 'it is not connected');
}

/** What `fetch` says went wrong stands in its cause. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** The HTTP status that an error tells of. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof SdkHttpError ? error.data.status : undefined;
}

export function isTimeout(error: unknown): boolean {
  return error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout;
}

function hasAuthorization(headers: Record<string, string>): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
}

/** Of the system or of `fetch`, which hides it in its causes. */
export function codeOf(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause)
    if (!(each instanceof SdkError) && 'code' in each && typeof each.code === 'string') return each.code;
  return undefined;
}
