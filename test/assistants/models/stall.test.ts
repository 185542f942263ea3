import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
  fetchWithStallTimeout,
  STALL_TIMEOUT_MS,
  StallError,
} from '../../../src/assistants/models/remote/stall.ts';
import { timeLeaps } from '../../sim/time-leap.ts';

/** A request to a server that sends what the test makes it send. */
async function request() {
  const leap = timeLeaps();
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const response = fetchWithStallTimeout(STALL_TIMEOUT_MS)(`http://127.0.0.1:${port}`);
  const [, answer] = (await once(server, 'request')) as [unknown, ServerResponse];
  return { leap, response, answer };
}

/** The same with headers that have come, and a body that is read. */
async function answer() {
  const { leap, response, answer } = await request();
  answer.writeHead(200).flushHeaders();
  const { body } = await response;
  if (!body) throw new Error('There is no body.');
  const reader = body.getReader();
  const read = async () => String(Buffer.from((await reader.read()).value ?? []));
  return { leap, answer, read };
}

test('headers that stay away are given up', async () => {
  const { leap, response } = await request();
  leap(STALL_TIMEOUT_MS);
  await expect(response).rejects.toThrow(new StallError(STALL_TIMEOUT_MS));
});

test('a body that does not go on is given up', async () => {
  const { leap, answer: sent, read } = await answer();
  sent.write('begun');
  expect(await read()).toBe('begun');
  const more = read();
  leap(STALL_TIMEOUT_MS);
  await expect(more).rejects.toThrow(new StallError(STALL_TIMEOUT_MS));
});

test('a slow server that sends keep-alive comments is left alone', async () => {
  const { leap, answer: sent, read } = await answer();
  for (let comment = 0; comment < 5; comment++) {
    const next = read();
    leap(STALL_TIMEOUT_MS - 1_000);
    sent.write(': keep-alive\n\n');
    expect(await next).toBe(': keep-alive\n\n');
  }
});

test('time in which nobody reads does not count', async () => {
  const { leap, answer: sent, read } = await answer();
  sent.write('one');
  expect(await read()).toBe('one');
  leap(2 * STALL_TIMEOUT_MS);
  sent.write('two');
  expect(await read()).toBe('two');
});
