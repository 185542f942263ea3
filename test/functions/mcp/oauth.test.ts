import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { logIn } from '../../../src/functions/mcp/oauth/log-in.ts';
import type { McpAddress } from '../../../src/settings/mcp-fields.ts';
import type { McpServer } from '../../../src/settings/mcp-variables.ts';
import { anything, type Behaviour, text } from '../../sim/mcp/json-rpc.ts';
import { type OAuthOptions, startOAuthMcp } from '../../sim/mcp/oauth-server.ts';
import { openServers, refused, serversOf } from './scene.ts';

const behaviour: Behaviour = {
  list: () => ({ tools: [{ name: 'echo', inputSchema: anything }] }),
  run: (name) => (name === 'echo' ? ({ text: told }) => text(String(told)) : undefined),
};

async function scene(options: OAuthOptions = {}, fields: object = {}) {
  const sim = await startOAuthMcp(behaviour, options);
  onTestFinished(() => sim.close());
  const mcp = { wiki: { url: sim.url, ...fields } };
  const opened = await openServers(mcp);
  const [server] = serversOf(mcp) as (McpServer & McpAddress)[];
  if (!server) throw new Error('There is no server.');
  return { sim, server, ...opened };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** Signs in as somebody with a browser does, who says yes to everything. */
async function signIn(
  { server, servers }: Pick<Scene, 'server' | 'servers'>,
  browse = (address: string) => fetch(address),
) {
  const told: string[] = [];
  const tell = (words: string) => {
    told.push(words);
    const address = /https?:\S+/.exec(words)?.[0];
    if (address) void browse(address);
  };
  const kept = await logIn(server, {
    tell,
    lines: new PassThrough().setEncoding('utf8'),
    signal: new AbortController().signal,
  });
  await servers.signedIn('wiki', kept);
  return told;
}

test('before somebody has signed in a call says what to do, and afterwards the tools are there', async () => {
  const { sim, servers, server, source, call, say } = await scene();
  expect(source('wiki').functions.map(({ name }) => name)).toEqual(['wiki__sign_in']);
  expect(await refused(call('wiki__sign_in'))).toMatch(/npm start -- mcp login wiki/);
  await signIn({ servers, server });
  await expect.poll(() => source('wiki').functions.map(({ name }) => name)).toEqual(['wiki__echo']);
  expect(await say('wiki__echo', { text: 'in' })).toBe('in');
  expect(sim.events).toEqual(['register', 'code']);
});

test('a sign-in that has run out is renewed by itself, once for many calls at a time', async () => {
  const opened = await scene();
  await signIn(opened);
  await expect.poll(() => opened.source('wiki').functions).toMatchObject([{ name: 'wiki__echo' }]);
  opened.sim.expire();
  const said = await Promise.all(
    ['a', 'b', 'c', 'd'].map((each) => opened.say('wiki__echo', { text: each })),
  );
  expect(said).toEqual(['a', 'b', 'c', 'd']);
  expect(opened.sim.events).toEqual(['register', 'code', 'refresh']);
});

test('what one process has renewed serves the others, too', async () => {
  const { sim, server, servers, source, store, say } = await scene();
  await signIn({ server, servers });
  await expect.poll(() => source('wiki').functions).toMatchObject([{ name: 'wiki__echo' }]);
  const other = await openServers({ wiki: { url: sim.url } }, { store });
  sim.expire();
  expect(await say('wiki__echo', { text: 'a' })).toBe('a');
  expect(await other.say('wiki__echo', { text: 'b' })).toBe('b');
  expect(sim.events).toEqual(['register', 'code', 'refresh']);
});

test('a server that gives back the token it was sent does not give it to the model', async () => {
  const { sim, server, servers, source, say } = await scene();
  await signIn({ server, servers });
  await expect.poll(() => source('wiki').functions).toMatchObject([{ name: 'wiki__echo' }]);
  const { authorization = '' } = sim.requests.at(-1)?.headers ?? {};
  expect(await say('wiki__echo', { text: authorization })).toBe('Bearer [redacted]');
});

test('a sign-in outlives the process, and is used at no other address', async () => {
  const { sim, server, servers, store } = await scene();
  await signIn({ server, servers });
  await servers.close();
  sim.expire();
  const again = await openServers({ wiki: { url: sim.url } }, { store });
  expect(await again.say('wiki__echo', { text: 'again' })).toBe('again');
  const other = await startOAuthMcp(behaviour);
  onTestFinished(() => other.close());
  const moved = await openServers({ wiki: { url: other.url } }, { store });
  expect(await moved.source('wiki').status()).toMatchObject({ state: 'failed', wantsSignIn: true });
  expect(other.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
});

test('a sign-in that was revoked is told in the call, and nothing of it is in the log', async () => {
  const { sim, server, servers, source, call, log } = await scene();
  const told = await signIn({ server, servers });
  await expect.poll(() => source('wiki').functions).toMatchObject([{ name: 'wiki__echo' }]);
  sim.revoke();
  expect(await refused(call('wiki__echo', { text: 'hi' }))).toMatch(
    /Bobbin is not signed in there; whoever runs Bobbin signs in with "npm start -- mcp login wiki"/,
  );
  expect(sim.secrets.length).toBeGreaterThan(2);
  for (const secret of sim.secrets)
    expect(JSON.stringify([log, told, await source('wiki').status()])).not.toContain(secret);
});

test('who signs out takes the sign-in away here and there, and the tools with it, in every process', async () => {
  const { sim, server, servers, source, store } = await scene();
  await signIn({ server, servers });
  const other = await openServers({ wiki: { url: sim.url } }, { store });
  const names = () =>
    [source('wiki'), other.source('wiki')].map((one) => one.functions.map(({ name }) => name));
  await expect.poll(names).toEqual([['wiki__echo'], ['wiki__echo']]);
  expect(await other.servers.signOut('wiki')).toEqual({ state: 'revoked' });
  expect(sim.events).toEqual(['register', 'code', 'revoke refresh', 'revoke access']);
  await expect.poll(names).toEqual([['wiki__sign_in'], ['wiki__sign_in']]);
  for (const one of [source('wiki'), other.source('wiki')])
    await expect.poll(() => one.status()).toMatchObject({ wantsSignIn: true });
  expect(await servers.signOut('wiki')).toEqual({ state: 'not signed in' });
  await signIn({ server, servers });
  await expect.poll(names).toEqual([['wiki__echo'], ['wiki__echo']]);
});

test.each<[string, OAuthOptions, object]>([
  ['offers no revocation', { revokes: false }, { state: 'not offered' }],
  ['is not well', { revokes: 'failing' }, { state: 'failed', why: 'it answered with status 503' }],
])('a sign-in is deleted also where the server %s', async (_, options, end) => {
  const { sim, server, servers, source, log } = await scene(options);
  await signIn({ server, servers });
  await expect.poll(() => source('wiki').functions).toMatchObject([{ name: 'wiki__echo' }]);
  expect(await servers.signOut('wiki')).toEqual(end);
  await expect.poll(() => source('wiki').functions).toMatchObject([{ name: 'wiki__sign_in' }]);
  expect(await servers.signOut('wiki')).toEqual({ state: 'not signed in' });
  for (const secret of sim.secrets) expect(JSON.stringify(log)).not.toContain(secret);
});

test('a sign-in at a server that assistant.md names no more is deleted, too', async () => {
  const { server, servers, store, sim } = await scene();
  await signIn({ server, servers });
  await servers.close();
  const others = await openServers({}, { store });
  expect(await others.servers.signOut('wiki')).toEqual({ state: 'revoked' });
  expect(sim.events).toContain('revoke refresh');
  await expect(others.servers.signOut('wiki')).rejects.toThrow(/names no MCP servers/);
});

test('who comes back to another machine pastes where the browser ended', async () => {
  const { server, servers, source } = await scene();
  const lines = new PassThrough().setEncoding('utf8');
  const paste = async (address: string) => {
    const { headers } = await fetch(address, { redirect: 'manual' });
    lines.write('http://127.0.0.1:1/callback?code=not-mine&state=guessed\n');
    lines.write(`${headers.get('location')}\n`);
  };
  const tell = (words: string) => {
    const address = /https?:\S+/.exec(words)?.[0];
    if (address) void paste(address);
  };
  const { createInterface } = await import('node:readline');
  const kept = await logIn(server, {
    tell,
    lines: createInterface({ input: lines }),
    signal: new AbortController().signal,
  });
  await servers.signedIn('wiki', kept);
  await expect.poll(() => source('wiki').functions).toMatchObject([{ name: 'wiki__echo' }]);
});

test('whoever was not sent away is not let in, and does not end the waiting', async () => {
  const opened = await scene();
  const statuses: number[] = [];
  await signIn(opened, async (address) => {
    const back = new URL(new URL(address).searchParams.get('redirect_uri') ?? '');
    for (const query of ['?code=stolen&state=guessed', '?code=stolen', ''])
      statuses.push((await fetch(`${back}${query}`)).status);
    return fetch(address);
  });
  expect(statuses).toEqual([400, 400, 400]);
});

test.each([
  [
    'says no',
    (back: URL, state: string) => `${back}?error=access_denied&error_description=Not+you&state=${state}`,
    /^wiki: Nobody has signed in: access_denied: Not you\.$|^wiki: /,
  ],
])('who %s is told so', async (_, answer, words) => {
  const { server, servers } = await scene();
  const browse = (address: string) => {
    const params = new URL(address).searchParams;
    return fetch(answer(new URL(params.get('redirect_uri') ?? ''), params.get('state') ?? ''));
  };
  await expect(signIn({ server, servers }, browse)).rejects.toThrow(words);
});

test('where no client can be registered, one that was registered by hand is used', async () => {
  const none = await scene({ registers: false });
  await expect(signIn(none)).rejects.toThrow(/client_id, and the port of its redirect address, under oauth/);
  const byHand = await scene({ registers: false }, { oauth: { client_id: 'by-hand' } });
  await signIn(byHand);
  expect(byHand.sim.events).toEqual(['code']);
});

test('who interrupts it, or asks a server that wants no sign-in, is told', async () => {
  const { server } = await scene();
  const stop = new AbortController();
  const lines = new PassThrough().setEncoding('utf8');
  const interrupted = logIn(server, { tell: () => stop.abort(), lines, signal: stop.signal });
  await expect(interrupted).rejects.toThrow('wiki: nobody has signed in. Run it again to begin anew.');
});
