import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openServers, refused } from './scene.ts';

/** The reference server of the protocol's makers: https://github.com/modelcontextprotocol/servers */
const EVERYTHING = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
);

const overStdio = () => ({ command: process.execPath, args: [EVERYTHING, 'stdio'] });

async function overHttp() {
  const port = await freePort();
  const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const chunk of child.stderr) if (String(chunk).includes('listening')) break;
  return { child, port, fields: { url: `http://127.0.0.1:${port}/mcp` } };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

describe.each([
  ['stdio', async () => overStdio()],
  ['streamable HTTP', async () => (await overHttp()).fields],
])('the reference server over %s', (_, fields) => {
  test('its tools are there, and give texts, pictures and resources', async () => {
    const { say, call, functionNamed, source } = await openServers({ every: await fields() });
    // The server says only after its first list that it has more.
    await expect.poll(() => source('every').functions.length).toBeGreaterThan(8);
    expect(functionNamed('every__echo').parameters).toMatchObject({ type: 'object', required: ['message'] });
    expect(await say('every__echo', { message: 'hi' })).toContain('hi');
    expect(await say('every__get-sum', { a: 2, b: 3 })).toContain('5');
    const { result: picture } = await call('every__get-tiny-image');
    expect(picture.files).toMatchObject([{ name: 'get-tiny-image-image.png' }]);
    expect(
      Buffer.from(picture.files?.[0]?.bytes ?? [])
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(await say('every__get-resource-reference', { resourceType: 'Text', resourceId: 1 })).toContain(
      'demo://resource',
    );
    const { result: blob } = await call('every__get-resource-reference', {
      resourceType: 'Blob',
      resourceId: 2,
    });
    expect(blob.files).toHaveLength(1);
    const { result: links } = await call('every__get-resource-links', { count: 2 });
    expect(links.text).toContain('demo://resource');
    expect(await refused(call('every__get-sum', { a: 'two' }))).toMatch(/invalid|expected/i);
  });

  test('it says how far it is', async () => {
    const { call } = await openServers({ every: await fields() });
    const { doing, result } = await call('every__trigger-long-running-operation', {
      duration: 0.2,
      steps: 2,
    });
    expect(doing[0]).toBe('1 of 2');
    expect(result.text).toContain('completed');
  });
});

test('the reference server is started anew, and the next call works', async () => {
  const { child, port, fields } = await overHttp();
  const { say } = await openServers({ every: fields });
  child.kill('SIGKILL');
  await once(child, 'close');
  const again = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void again.kill('SIGKILL'));
  for await (const chunk of again.stderr) if (String(chunk).includes('listening')) break;
  expect(await say('every__echo', { message: 'back' })).toContain('back');
});
