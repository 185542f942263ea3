import { expect, onTestFinished, test } from 'vitest';
import { openHttp } from '../../src/operations/http.ts';
import { noWebPages, type Objection, onlyThisMachine } from '../../src/operations/web-pages.ts';
import { dial } from '../assistants/served.ts';

const REMEDY = 'Or set a key.';

/** Sends by hand, since no client would send most of this; gives the status, the head and the body of the answer. */
async function served(objection?: Objection) {
  let asked = 0;
  const assistants = () => {
    asked++;
    return Response.json({ secret: 'what people said' });
  };
  const guarded = objection && { objection };
  const server = await openHttp({
    port: 0,
    hostname: '127.0.0.1',
    ready: () => true,
    metrics: async () => 'turns 1',
    listeners: { '/slack/events': (_, response) => void response.end('taken') },
    assistants,
    ...guarded,
  });
  onTestFinished(() => server.close());
  const ask = async (target: string, lines: readonly string[], method = 'GET', version = '1.1') => {
    const client = await dial(server.port);
    const head = [`${method} ${target} HTTP/${version}`, 'connection: close', ...lines];
    await client.write(`${head.join('\r\n')}\r\n\r\n`);
    await client.closed;
    const [first = '', body = ''] = client.received().split('\r\n\r\n');
    return { status: Number(first.split(' ')[1]), head: first, body };
  };
  return { port: server.port, ask, asked: () => asked };
}

const REBOUND: [what: string, target: string, lines: string[]][] = [
  ['a name of somebody else', '/v1/files', ['Host: evil.example']],
  ['one with the port of ours', '/v1/files', ['Host: evil.example:3000']],
  ['one that begins like this machine', '/v1/files', ['Host: localhost.evil.example']],
  ['one that ends like this machine', '/v1/files', ['Host: evil.localhost']],
  ['one with this machine as a user', '/v1/files', ['Host: localhost@evil.example']],
  ['one with this machine as its port', '/v1/files', ['Host: evil.example:127.0.0.1']],
  [
    'one that a proxy is said to have had',
    '/v1/files',
    ['Host: evil.example', 'X-Forwarded-Host: localhost'],
  ],
  ['the same by the standard', '/v1/files', ['Host: evil.example', 'Forwarded: host=localhost']],
  ['two names, the first of this machine', '/v1/files', ['Host: localhost', 'Host: evil.example']],
  ['two names, the last of this machine', '/v1/files', ['Host: evil.example', 'Host: localhost']],
  ['two names in one header', '/v1/files', ['Host: localhost, evil.example']],
  ['a whole address of somebody else', 'http://evil.example/v1/files', ['Host: localhost']],
  ['a whole address of this machine for somebody else', 'http://localhost/v1/files', ['Host: evil.example']],
  ['a whole address with another port', 'http://localhost:81/v1/files', ['Host: localhost:3000']],
  ['an empty name', '/v1/files', ['Host: ']],
  ['a trailing dot', '/v1/files', ['Host: localhost.']],
  ['every address of the machine', '/v1/files', ['Host: 0.0.0.0:3000']],
  ['the same in IPv6', '/v1/files', ['Host: [::]:3000']],
  ['IPv4 in IPv6', '/v1/files', ['Host: [::ffff:127.0.0.1]']],
  ['IPv6 without brackets', '/v1/files', ['Host: ::1']],
  ['a number', '/v1/files', ['Host: 2130706433']],
  ['a short address', '/v1/files', ['Host: 127.1']],
  ['an address of the network', '/v1/files', ['Host: 192.168.1.5:3000']],
  ['health', '/healthz', ['Host: evil.example']],
  ['readiness', '/readyz', ['Host: evil.example']],
  ['metrics', '/metrics', ['Host: evil.example']],
  ["a platform's path", '/slack/events', ['Host: evil.example']],
];

test.each(REBOUND)('%s as the host is refused with what to do', async (_, target, lines) => {
  const { ask, asked } = await served(onlyThisMachine(REMEDY));
  const { status, body } = await ask(target, lines);
  // Node itself answers 400 to what is no request at all.
  expect([400, 403]).toContain(status);
  if (status === 403) {
    const { error } = JSON.parse(body);
    expect(error).toMatchObject({ type: 'invalid_request_error', param: null, code: 'forbidden' });
    expect(error.message).toContain('localhost');
    expect(error.message).toContain(REMEDY);
  }
  expect(asked()).toBe(0);
});

test('a request of a client so old that it names no host is refused', async () => {
  const { ask, asked } = await served(onlyThisMachine(REMEDY));
  expect(await ask('/v1/files', [], 'GET', '1.0')).toMatchObject({ status: 403 });
  expect(asked()).toBe(0);
});

const PAGES: [what: string, lines: string[]][] = [
  ['another site', ['Origin: https://evil.example']],
  ['another site with our port', ['Origin: http://evil.example:3000']],
  ['a page that hides where it is from', ['Origin: null']],
  ['a file', ['Origin: file://']],
  ['an extension', ['Origin: chrome-extension://abcdef']],
  ['an empty origin', ['Origin: ']],
  ['another server of this machine', ['Origin: http://localhost:8080']],
  ['our port by another name', ['Origin: http://127.0.0.1:3000']],
  ['TLS', ['Origin: https://localhost:3000']],
  ['two origins', ['Origin: http://localhost:3000', 'Origin: https://evil.example']],
  ['two origins in one header', ['Origin: http://localhost:3000 https://evil.example']],
  ['another site, by what the browser says of it', ['Sec-Fetch-Site: cross-site']],
  ['a site beside ours', ['Sec-Fetch-Site: same-site']],
  ['a site of an unknown kind', ['Sec-Fetch-Site: friendly-site']],
  ['a site of two kinds', ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site']],
];

test.each(
  PAGES.flatMap(([what, lines]) =>
    ['GET', 'POST', 'OPTIONS'].map((method) => [what, method, lines] as const),
  ),
)('%s asks by %s for nothing', async (_, method, lines) => {
  for (const objection of [onlyThisMachine(REMEDY), noWebPages]) {
    const { ask, asked } = await served(objection);
    const preflight = method === 'OPTIONS' ? ['Access-Control-Request-Method: POST'] : [];
    const sent = ['Host: localhost:3000', 'Content-Length: 0', ...preflight, ...lines];
    for (const target of ['/v1/files', '/healthz', '/metrics', '/slack/events']) {
      const { status, head, body } = await ask(target, sent, method);
      expect(status, target).toBe(403);
      expect(head).not.toMatch(/access-control/i);
      expect(JSON.parse(body).error.message).toMatch(/web page/);
    }
    expect(asked()).toBe(0);
  }
});

test('programs of this machine, by whichever of its names, and a person who types the address are answered', async () => {
  const { ask } = await served(onlyThisMachine(REMEDY));
  const names = ['localhost', '127.0.0.1', '[::1]', 'LocalHost'];
  for (const host of names.flatMap((name) => [name, `${name}:3000`, `${name}:65535`])) {
    const own = ['Sec-Fetch-Site: same-origin', `Origin: http://${host.toLowerCase()}`];
    for (const lines of [[], ['Sec-Fetch-Site: none'], own])
      expect(await ask('/v1/files', [`Host: ${host}`, ...lines]), host).toMatchObject({ status: 200 });
    expect(await ask(`http://${host}/v1/files`, [`Host: ${host}`]), host).toMatchObject({ status: 200 });
  }
});

test('where other machines are served, any name leads there', async () => {
  for (const objection of [noWebPages, undefined]) {
    const { ask } = await served(objection);
    for (const host of ['bobbin.example.com', '10.1.2.3:3000', 'bobbin'])
      for (const target of ['/healthz', '/slack/events', '/v1/files'])
        expect(await ask(target, [`Host: ${host}`]), host).toMatchObject({ status: 200 });
  }
});
