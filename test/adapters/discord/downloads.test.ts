import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { Discord } from '../../../adapters/discord/discord.ts';
import { openTrap } from '../../sim/trap.ts';

async function trapped(redirectTo?: string) {
  const trap = await openTrap(redirectTo);
  onTestFinished(() => trap.close());
  return trap;
}

function discordAt(apiUrl?: string): (url: string) => Promise<string> {
  const log = pino({ level: 'silent' });
  const discord = new Discord({ token: 'x.y.z', log, ...(apiUrl !== undefined && { apiUrl }) });
  onTestFinished(() => discord.close());
  const file = { name: 'a.txt', type: 'text/plain', size: 1 };
  return async (url) => String(Buffer.from(await discord.download({ ...file, url }, 10)));
}

test('a file is read from where Discord’s API is, and a redirect from there leads nowhere', async () => {
  const elsewhere = await trapped();
  const cdn = await trapped();
  const away = await trapped(`${elsewhere.origin}/secret`);
  expect(await discordAt(`${cdn.origin}/api`)(`${cdn.origin}/attachments/1/2/a.txt`)).toBe('bytes');
  const get = discordAt(`${away.origin}/api`);
  await expect(get(`${away.origin}/attachments/1/2/a.txt`)).rejects.toThrow(
    'Discord does not have it any more',
  );
  expect(elsewhere.caught).toEqual([]);
});

test.each([
  (port: number) => `http://127.0.0.1:${port}/latest/meta-data`,
  (port: number) => `http://localhost:${port}/a.txt`,
  (port: number) => `http://cdn.discordapp.com@127.0.0.1:${port}/a.txt`,
  () => 'http://cdn.discordapp.com/attachments/1/2/a.txt',
  () => 'https://cdn.discordapp.com:8443/attachments/1/2/a.txt',
  () => 'https://cdn.discordapp.com.evil.example/a.txt',
  () => 'https://notcdn.discordapp.com/a.txt',
  () => 'data:text/plain,secret',
  () => 'file:///etc/passwd',
  () => 'not an address',
])('nothing is fetched from where Discord keeps no files: %s', async (addressWith) => {
  const elsewhere = await trapped();
  const get = discordAt();
  await expect(get(addressWith(elsewhere.port))).rejects.toThrow('it is kept outside of Discord');
  expect(elsewhere.caught).toEqual([]);
});
