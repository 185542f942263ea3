import { expect, onTestFinished, test } from 'vitest';
import { type HttpOptions, startMcpHttp } from '../../sim/mcp/http-server.ts';
import { anything, type Behaviour, text } from '../../sim/mcp/json-rpc.ts';
import { openServers, refused } from './scene.ts';

const TOKEN = 'wiki-token-4711-abcdef';
const MEGABYTES = 1_000_000;

const behaviour: Behaviour = {
  list: () => ({
    tools: ['echo', 'big', 'break', 'progress'].map((name) => ({ name, inputSchema: anything })),
  }),
  run: (name) =>
    ({
      echo: ({ text: told }: Record<string, unknown>) => text(String(told)),
      big: () => text('x'.repeat(50 * MEGABYTES)),
      break: () => new Promise(() => {}),
      progress: (
        _: unknown,
        { notify, progressToken }: Parameters<NonNullable<ReturnType<Behaviour['run']>>>[1],
      ) => {
        notify('notifications/progress', { progressToken, progress: 3, total: 4 });
        return text('done');
      },
    })[name],
};

async function scene(options: HttpOptions = {}, fields: object = {}, other: Behaviour = behaviour) {
  const server = await startMcpHttp(other, options);
  onTestFinished(() => server.close());
  const opened = await openServers(
    { wiki: { url: server.url, ...fields } },
    { variables: { WIKI_TOKEN: TOKEN } },
  );
  return { server, ...opened };
}

test.each([{ streams: false }, { streams: true }])(
  'a tool is called over HTTP, with its result ($streams)',
  async (options) => {
    const { say, call } = await scene(options);
    expect(await say('wiki__echo', { text: 'hi' })).toBe('hi');
    const { doing } = await call('wiki__progress');
    expect(doing).toEqual(options.streams ? ['3 of 4'] : []);
  },
);

test('its headers have what the environment says, and go to nobody else', async () => {
  const other = await startMcpHttp(behaviour);
  onTestFinished(() => other.close());
  const headers = { Authorization: `Bearer \${WIKI_TOKEN}`, 'X-Team': 'it' };
  const { server, say } = await scene({}, { headers });
  await say('wiki__echo', { text: 'hi' });
  const seen = server.requests.map(({ headers }) => [headers.authorization, headers['x-team']]);
  expect(new Set(seen.map(String))).toEqual(new Set([`Bearer ${TOKEN},it`]));
  const elsewhere: HttpOptions['elsewhere'] = (_, response) => {
    response.writeHead(307, { location: other.url }).end();
    return true;
  };
  const { source } = await scene({ elsewhere }, { headers });
  expect(await source('wiki').status()).toMatchObject({ state: 'failed' });
  expect(other.requests).toEqual([]);
});

test('a server that was started anew knows nothing of us, and the call is made all the same', async () => {
  const { server, say } = await scene();
  server.restart();
  expect(await say('wiki__echo', { text: 'again' })).toBe('again');
  const calls = server.requests.filter(({ message }) => message?.method === 'tools/call');
  expect(calls).toHaveLength(2);
});

test('a server that is away is told to the model, and the next call works when it is back', async () => {
  const { server, say, call, source } = await scene();
  await server.close();
  expect(await refused(call('wiki__echo', { text: 'hi' }))).toMatch(/it can't be reached/);
  expect(await refused(call('wiki__echo', { text: 'hi' }))).toMatch(
    /cannot be used now: it can't be reached\. The call was not made\./,
  );
  expect(await source('wiki').status()).toMatchObject({
    state: 'failed',
    functions: expect.arrayContaining(['wiki__echo']),
  });
  await server.open();
  expect(await say('wiki__echo', { text: 'back' })).toBe('back');
});

test('a server that is lost in the middle of a call may have done it, and is not asked again', async () => {
  const { server, call } = await scene();
  const broken = refused(call('wiki__break'));
  await expect
    .poll(() => server.requests.some(({ message }) => message?.params?.name === 'break'))
    .toBe(true);
  await server.close();
  expect(await broken).toMatch(/lost during this call: .*may or may not have had its effect/);
  expect(server.requests.filter(({ message }) => message?.params?.name === 'break')).toHaveLength(1);
});

test.each([{ streams: false }, { streams: true }])(
  'a result of 50 MB is not taken ($streams)',
  async (options) => {
    const { call, say } = await scene(options);
    expect(await refused(call('wiki__big'))).toMatch(/it sent more than is taken/);
    expect(await say('wiki__echo', { text: 'still here' })).toBe('still here');
  },
);

test.each([
  [401, {}, /^it wants somebody to sign in: run "npm start -- mcp login wiki"$/],
  [
    401,
    { headers: { Authorization: `Bearer \${WIKI_TOKEN}` } },
    /^it does not take the headers \(HTTP 401\)/,
  ],
  [503, {}, /^it answered HTTP 503: check the url$/],
])('a server that answers %i with %o is told with what to do', async (status, fields, reason) => {
  const { source, log } = await scene({ guard: () => ({ status, headers: {} }) }, fields);
  expect(await source('wiki').status()).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(reason),
  });
  expect(JSON.stringify(log)).not.toContain(TOKEN);
});

test('an address at which nobody is is told', async () => {
  const server = await startMcpHttp(behaviour);
  await server.close();
  const { source } = await openServers({ wiki: { url: server.url } });
  expect((await source('wiki').status()).reason).toMatch(
    /^127\.0\.0\.1:\d+ can't be reached \(ECONNREFUSED\): check the url/,
  );
});

test('a server that says that its tools are others now is asked for them, and what has changed is off', async () => {
  let words = 'One.';
  const changing: Behaviour = {
    list: () => ({
      tools: [
        { name: 'one', description: words, inputSchema: anything },
        { name: words, inputSchema: anything },
      ],
    }),
    run:
      () =>
      (_, { notify }) => {
        words = 'Two.';
        notify('notifications/tools/list_changed');
        return text('changed');
      },
  };
  const { say, source, log } = await scene({ streams: true }, {}, changing);
  await say('wiki__one');
  await expect
    .poll(() => source('wiki').functions.map(({ name }) => name))
    .toEqual([expect.stringMatching(/^wiki__Two__[\da-f]{6}$/)]);
  expect(log).toContainEqual(
    expect.objectContaining({ tools: ['Two.'], msg: 'an MCP server has new tools' }),
  );
});

test('a server of the newest version is talked to, and one of another is told', async () => {
  const { say } = await scene({}, {}, { ...behaviour, isModern: true });
  expect(await say('wiki__echo', { text: 'new' })).toBe('new');
  const { source } = await scene({}, {}, { ...behaviour, version: '2031-01-01' });
  expect((await source('wiki').status()).reason).toMatch(/^it speaks version 2031-01-01 of MCP/);
});
