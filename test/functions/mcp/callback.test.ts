import { expect, onTestFinished, test } from 'vitest';
import { openCallback } from '../../../src/functions/mcp/oauth/callback.ts';
import { dial } from '../../assistants/served.ts';

async function waiting() {
  const callback = await openCallback(0, 'secret-state');
  onTestFinished(() => callback.close());
  const { port } = new URL(callback.url);
  const ask = async (target: string, host = `127.0.0.1:${port}`, more = '') => {
    const client = await dial(Number(port));
    await client.write(`GET ${target} HTTP/1.1\r\nhost: ${host}\r\n${more}\r\n`);
    await client.closed;
    return Number(client.received().split(' ')[1]);
  };
  return { callback, ask };
}

const MEANT = '/callback?code=42&state=secret-state';

test('whoever comes back from signing in is taken, by whichever link of another site', async () => {
  const { callback, ask } = await waiting();
  expect(await ask(MEANT, undefined, 'sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\n')).toBe(200);
  expect((await callback.arrived).get('code')).toBe('42');
});

test('a web page that had its name lead here, and one that asks for nonsense, bring nothing and end nothing', async () => {
  const { callback, ask } = await waiting();
  for (const host of ['evil.example', `localhost.:1`, '0.0.0.0'])
    expect(await ask(MEANT, host), host).toBe(400);
  for (const target of ['//', '//[', 'http://[/callback', '/callback?state=guessed', '/callback'])
    expect(await ask(target), target).toBe(400);
  expect(await ask('/callback?code=43&state=secret-state', 'localhost:1')).toBe(200);
  expect((await callback.arrived).get('code')).toBe('43');
});
