import { describe, expect, test } from 'vitest';
import { dial, serveApi } from './served.ts';

const MB = 1024 * 1024;
const LIMIT = 16 * MB;
const TOO_LARGE = `Maximum content size limit (${LIMIT}) exceeded.`;
const HEAD = ['POST /v1/assistants HTTP/1.1', 'host: x', 'openai-beta: assistants=v2'];

const head = (...headers: string[]) => `${[...HEAD, ...headers].join('\r\n')}\r\n\r\n`;

/** Ends when the server has dealt with what reached it before. */
async function turnOf(port: number): Promise<void> {
  await (await fetch(`http://127.0.0.1:${port}/healthz`)).text();
}

describe('a body over the limit is answered once it is sent, over a connection that stays', () => {
  test.each([
    ['with its length told', (size: number) => [`content-length: ${size}`], (chunk: Buffer) => [chunk], ''],
    [
      'in chunks of unknown number',
      () => ['transfer-encoding: chunked'],
      (chunk: Buffer) => [`${chunk.length.toString(16)}\r\n`, chunk, '\r\n'],
      '0\r\n\r\n',
    ],
    [
      'after Expect: 100-continue',
      (size: number) => [`content-length: ${size}`, 'expect: 100-continue'],
      (chunk: Buffer) => [chunk],
      '',
    ],
  ])('%s', async (_, headers, frame, last) => {
    const { port, requests } = await serveApi();
    const { socket, write, received, error } = await dial(port);
    const pieces = 24;
    await write(head(...headers(pieces * MB)));
    if (headers(0).includes('expect: 100-continue')) await expect.poll(received).toContain('100 Continue');
    const send = async () => {
      for (const bytes of frame(Buffer.alloc(MB, ' '))) await write(bytes);
    };
    for (let sent = 0; sent < pieces - 1; sent++) await send();
    await turnOf(port);
    expect(received()).not.toContain('413');
    await send();
    await write(last);
    await expect.poll(received).toContain(TOO_LARGE);
    expect(received()).toContain('413 Payload Too Large');
    expect([error(), socket.destroyed]).toEqual([undefined, false]);
    await write('GET /v1/files HTTP/1.1\r\nhost: x\r\n\r\n');
    await expect.poll(received).toContain('"object":"list"');
    expect(requests).toHaveLength(2);
  });

  test.each([
    ['401', { apiKeys: ['sk-other'] }, '/v1/assistants'],
    ['404', {}, '/v1/nothing'],
    ['405', {}, '/v1/files/file-x'],
  ])('and so is every other refusal that needs no body: %s', async (status, options, path) => {
    const { port } = await serveApi(options);
    const { socket, write, received, error } = await dial(port);
    const [, ...headers] = HEAD;
    await write(`POST ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\ncontent-length: ${4 * MB}\r\n\r\n`);
    await write(Buffer.alloc(3 * MB, ' '));
    await turnOf(port);
    expect(received()).toBe('');
    await write(Buffer.alloc(MB, ' '));
    await expect.poll(received).toContain(`HTTP/1.1 ${status}`);
    expect([error(), socket.destroyed]).toEqual([undefined, false]);
  });

  test.each([
    [
      'a file',
      (client: Awaited<ReturnType<typeof serveApi>>['client']) =>
        client.files.create({
          file: new File([new Uint8Array(60 * MB)], 'big.bin'),
          purpose: 'assistants',
        }),
    ],
    [
      'a message',
      (client: Awaited<ReturnType<typeof serveApi>>['client']) =>
        client.beta.threads.create({ messages: [{ role: 'user', content: 'x'.repeat(40 * MB) }] }),
    ],
  ])('to the SDK %s is a 413, which it does not send again', async (_, send) => {
    const { client, requests } = await serveApi();
    await expect(send(client)).rejects.toMatchObject({ status: 413, type: 'invalid_request_error' });
    expect(requests).toHaveLength(1);
  });
});

test('a body beyond all bounds is answered before it is sent, and its connection is closed', async () => {
  const { port } = await serveApi();
  const { write, received, closed } = await dial(port);
  await write(head(`content-length: ${1024 * 1024 * MB}`));
  await write(Buffer.alloc(MB, ' '));
  await expect.poll(received).toContain(TOO_LARGE);
  await closed;
  expect(received()).toMatch(/^HTTP\/1\.1 413/);
});
