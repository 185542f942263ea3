import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { type McpHttp, startMcpHttp } from './http-server.ts';
import type { Behaviour } from './json-rpc.ts';

/**
 * An MCP server that wants OAuth 2.1, and the authorization server beside it, as strict as the drafts: PKCE with S256, a
 * redirect address exactly as registered, codes and refresh tokens good for one use.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
 */
export interface OAuthSim extends McpHttp {
  /** Every token that was ever given out: none may be seen anywhere. */
  readonly secrets: string[];
  /** What has happened at the authorization server, such as `register`, `code` and `refresh`. */
  readonly events: string[];
  /** No access token that was given out is good any more. */
  expire(): void;
  /** No refresh token is, either. */
  revoke(): void;
}

export interface OAuthOptions {
  /** Whether clients may register by themselves. */
  registers?: boolean;
  /** Whether tokens can be revoked (RFC 7009); `failing` answers that it is not well. */
  revokes?: boolean | 'failing';
}

interface Registered {
  redirectUris: string[];
}

export async function startOAuthMcp(behaviour: Behaviour, options: OAuthOptions = {}): Promise<OAuthSim> {
  const clients = new Map<string, Registered>();
  const codes = new Map<string, { client: string; challenge: string; redirect: string }>();
  const access = new Set<string>();
  const refresh = new Set<string>();
  const [secrets, events] = [[] as string[], [] as string[]];
  if (options.registers === false) clients.set('by-hand', { redirectUris: [] });
  const server: McpHttp = await startMcpHttp(behaviour, { guard, elsewhere });
  const { origin } = server;
  return {
    ...server,
    secrets,
    events,
    expire: () => access.clear(),
    revoke: () => {
      access.clear();
      refresh.clear();
    },
  };

  function guard({ headers }: IncomingMessage) {
    const [scheme, token = ''] = (headers.authorization ?? '').split(' ');
    if (scheme === 'Bearer' && access.has(token)) return undefined;
    const challenge = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
    return { status: 401, headers: { 'www-authenticate': challenge } };
  }

  async function elsewhere(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const url = new URL(request.url ?? '', origin);
    const json = (value: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      return true;
    };
    switch (url.pathname) {
      case '/.well-known/oauth-protected-resource/mcp':
        return json({ resource: `${origin}/mcp`, authorization_servers: [origin] });
      case '/.well-known/oauth-authorization-server':
        return json({
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          ...(options.registers !== false && { registration_endpoint: `${origin}/register` }),
          ...(options.revokes !== false && { revocation_endpoint: `${origin}/revoke` }),
          response_types_supported: ['code'],
          grant_types_supported: ['authorization_code', 'refresh_token'],
          code_challenge_methods_supported: ['S256'],
          token_endpoint_auth_methods_supported: ['none'],
        });
      case '/register':
        return json(register(JSON.parse(await readText(request))), 201);
      case '/authorize': {
        const back = authorize(url.searchParams);
        if (!back) return json({ error: 'invalid_request' }, 400);
        response.writeHead(302, { location: back }).end();
        return true;
      }
      case '/token': {
        const tokens = give(new URLSearchParams(await readText(request)));
        return tokens ? json(tokens) : json({ error: 'invalid_grant' }, 400);
      }
      case '/revoke': {
        if (options.revokes === 'failing') return json({ error: 'temporarily_unavailable' }, 503);
        const isTaken = revoke(new URLSearchParams(await readText(request)));
        return isTaken ? json({}) : json({ error: 'invalid_client' }, 401);
      }
      default:
        return false;
    }
  }

  function register(written: { redirect_uris: string[] }) {
    const client = randomUUID();
    clients.set(client, { redirectUris: written.redirect_uris });
    events.push('register');
    return { ...written, client_id: client };
  }

  /** Whoever comes here has said yes. */
  function authorize(params: URLSearchParams): string | undefined {
    const get = (name: string) => params.get(name) ?? '';
    const known = clients.get(get('client_id'));
    const isRegistered = known?.redirectUris.includes(get('redirect_uri')) || get('client_id') === 'by-hand';
    if (!isRegistered || get('response_type') !== 'code' || get('code_challenge_method') !== 'S256')
      return undefined;
    if (get('resource') !== `${origin}/mcp`) return undefined;
    const code = randomUUID();
    codes.set(code, {
      client: get('client_id'),
      challenge: get('code_challenge'),
      redirect: get('redirect_uri'),
    });
    secrets.push(code);
    const back = new URL(get('redirect_uri'));
    back.searchParams.set('code', code);
    back.searchParams.set('state', get('state'));
    return back.href;
  }

  function give(params: URLSearchParams) {
    const get = (name: string) => params.get(name) ?? '';
    if (get('grant_type') === 'refresh_token') {
      if (!refresh.delete(get('refresh_token'))) return undefined;
      events.push('refresh');
      return tokens();
    }
    const code = codes.get(get('code'));
    codes.delete(get('code'));
    const challenge = createHash('sha256').update(get('code_verifier')).digest('base64url');
    if (!code || code.challenge !== challenge || code.redirect !== get('redirect_uri')) return undefined;
    if (code.client !== get('client_id')) return undefined;
    events.push('code');
    return tokens();
  }

  /** https://datatracker.ietf.org/doc/html/rfc7009#section-2: a token that is not known is no error. */
  function revoke(params: URLSearchParams): boolean {
    const [client, token] = ['client_id', 'token'].map((name) => params.get(name) ?? '');
    if (client === undefined || !clients.has(client) || !token) return false;
    for (const given of [access, refresh])
      if (given.delete(token)) events.push(`revoke ${given === access ? 'access' : 'refresh'}`);
    return true;
  }

  function tokens() {
    const [accessToken, refreshToken] = [`access-${randomUUID()}`, `refresh-${randomUUID()}`];
    access.add(accessToken);
    refresh.add(refreshToken);
    secrets.push(accessToken, refreshToken);
    return { access_token: accessToken, token_type: 'Bearer', expires_in: 3600, refresh_token: refreshToken };
  }
}
