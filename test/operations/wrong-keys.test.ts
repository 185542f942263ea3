import { EventEmitter } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { openHttp } from '../../src/operations/http.ts';
import { WrongKeys } from '../../src/operations/wrong-keys.ts';
import { openApi } from '../assistants/client.ts';
import { dial } from '../assistants/served.ts';
import { VirtualClock } from '../reply/publisher/virtual-clock.ts';

/** Wrong keys whose time passes as the test says, and what their answers wait. */
function slow() {
  let now = 0;
  const waits: number[] = [];
  const keys = new WrongKeys({
    now: () => now,
    after: (ms, task) => {
      waits.push(ms);
      task();
      return () => {};
    },
  });
  /** How long the answer to one more wrong key of this address waits. */
  const wait = async (address: string) => {
    const before = waits.length;
    await keys.hold(address, new EventEmitter() as never);
    return waits[before] ?? 0;
  };
  const waitAfter = async (times: number, address: string) => {
    for (let time = 1; time < times; time++) await wait(address);
    return wait(address);
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { wait, waitAfter, pass };
}

test('each wrong key beyond the first ten waits twice as long, up to five seconds', async () => {
  const { wait, waitAfter } = slow();
  expect(await waitAfter(10, '10.0.0.1')).toBe(0);
  const waits: number[] = [];
  for (let time = 0; time < 8; time++) waits.push(await wait('10.0.0.1'));
  expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  expect(await wait('10.0.0.2')).toBe(0);
});

test('who stops is forgotten, however often it was', async () => {
  const { wait, waitAfter, pass } = slow();
  expect(await waitAfter(1_000, '10.0.0.1')).toBe(5_000);
  pass(60_000);
  expect(await wait('10.0.0.1')).toBeGreaterThan(0);
  pass(120_000);
  expect(await wait('10.0.0.1')).toBe(0);
});

test('an address is one however it is written, and so is all that one customer has of IPv6', async () => {
  for (const [one, other, apart] of [
    ['10.0.0.1', '::ffff:10.0.0.1', '::ffff:10.0.0.2'],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:1:2:3', '2001:db8:1:3::1'],
    ['2001:db8::1', '2001:db8::2:0:0:1', '2001:db8:0:1::1'],
    ['fe80::1%eth0', 'fe80::2%eth0', 'fe81::1'],
    ['::1', '::1', '1::1'],
  ] as const) {
    const { wait, waitAfter } = slow();
    await waitAfter(11, one);
    expect(await wait(other), other).toBe(200);
    expect(await wait(apart), apart).toBe(0);
  }
});

test('so many addresses are remembered and no more, those that were heard of last', async () => {
  const { wait, waitAfter } = slow();
  await waitAfter(11, '10.9.9.9');
  await waitAfter(11, '10.9.9.8');
  for (let n = 0; n < 9_999; n++) await wait(`11.0.${n >> 8}.${n & 255}`);
  expect(await wait('10.9.9.8')).toBe(200);
  expect(await wait('10.9.9.9')).toBe(0);
});

const KEY = 'sk-right';

/** The API behind a key, whose clock goes as the test says. */
async function served() {
  const clock = new VirtualClock();
  const refused: number[] = [];
  const api = openApi({ apiKeys: [KEY] });
  const observer = { requestRefused: (status: number) => void refused.push(status) };
  const answers = { ready: () => true, assistants: api.handle, observer };
  const server = await openHttp({ port: 0, hostname: '127.0.0.1', clock, ...answers });
  onTestFinished(() => server.close());
  const send = async (key: string) => {
    const client = await dial(server.port);
    await client.write(`GET /v1/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`);
    return client;
  };
  const status = async (client: Awaited<ReturnType<typeof send>>) => {
    await expect.poll(client.received).toMatch(/\r\n\r\n/);
    return Number(client.received().split(' ')[1]);
  };
  return { server, clock, send, status, refused };
}

test('whoever tries keys is slowed down and counted, and whoever has the right one never waits, also from there', async () => {
  const { clock, send, status, refused } = await served();
  for (let time = 0; time < 10; time++) expect(await status(await send(`guess-${time}`))).toBe(401);
  const held = [];
  for (let time = 0; time < 30; time++) held.push(await send(`more-${time}`));
  await expect.poll(() => clock.pending).toBe(30);
  expect(await status(await send(KEY))).toBe(200);
  expect(held.map(({ received }) => received()).join('')).toBe('');
  // Who gives up is held no more.
  held.pop()?.socket.destroy();
  await expect.poll(() => clock.pending).toBe(29);
  await clock.runUntil(5_000);
  for (const client of held) expect(await status(client)).toBe(401);
  await expect.poll(() => refused.length).toBeGreaterThanOrEqual(39);
  expect(new Set(refused)).toEqual(new Set([401]));
});

test('a server that is closed holds nobody back', async () => {
  const { server, clock, send, status } = await served();
  for (let time = 0; time < 10; time++) await status(await send('wrong'));
  const held = await send('wrong');
  await expect.poll(() => clock.pending).toBe(1);
  await server.close();
  expect(await status(held)).toBe(401);
});
