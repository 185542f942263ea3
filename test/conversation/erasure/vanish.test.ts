import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { openScene } from '../../operations/bot-scene.ts';
import { filesWith } from '../../operations/traces.ts';
import { tempFolder } from '../../store/temp-folder.ts';

const SECRET = 'zwetschgenkuchen';
const OTHER = 'marillenknoedel';

async function open() {
  const dataDir = await tempFolder();
  const store = await openStore({ dataDir });
  onTestFinished(() => store.close());
  return { dataDir, store, ...(await openScene(store, { DATA_DIR: dataDir })) };
}

/** Ends when nothing of the texts is in any file. */
const gone = (dataDir: string, ...texts: string[]) =>
  expect.poll(() => filesWith(dataDir, texts), { timeout: 10_000 }).toEqual([]);

test('of a thread that is deleted nothing is left, and what comes late from it is not answered', async () => {
  const { dataDir, store, bot, model, replies, says } = await open();
  model.next({ text: `You like ${SECRET}.` });
  const { conversation } = await says('C1:1.1', 'U1', `I like ${SECRET}`);
  await says('C1:2.2', 'U1', `I like ${OTHER}`);
  await bot.vanish(conversation, 'for good');
  await expect.poll(() => bot.knows(conversation), { timeout: 10_000 }).toBe(false);
  await gone(dataDir, SECRET);
  await says('C1:1.1', 'U1', `late ${SECRET}`);
  await gone(dataDir, SECRET);
  expect(replies).toHaveLength(2);
  expect(await bot.knows('slack:C1:2.2')).toBe(true);
  expect(await filesWith(dataDir, [OTHER])).not.toEqual([]);
  expect((await store.page('conversations', '', 9)).map(([name]) => name)).toEqual(['slack:C1:2.2']);
});

test('with a channel all conversations go that were in it, by their names or as they said, and no others', async () => {
  const { dataDir, bot, says } = await open();
  const within = ['slack:G1', 'slack:C1'];
  await says('C1:1.1', 'U1', `one ${SECRET}`);
  await says('77', 'U1', `two ${SECRET}`, { within });
  await says('77', 'U1', `more ${SECRET}`, { within });
  await says('C11:1.1', 'U1', `three ${OTHER}`);
  await says('78', 'U1', `four ${OTHER}`, { within: ['slack:G1'] });
  const renewed = await says('79', 'U1', 'five', { within });
  await bot.renew(renewed.conversation);
  await says('79', 'U1', `six ${SECRET}`);
  await bot.vanish('slack:C1', 'for good');
  const names = ['C1:1.1', '77', '79', 'C11:1.1', '78'];
  const known = () => Promise.all(names.map((name) => bot.knows(`slack:${name}`)));
  await expect.poll(known, { timeout: 10_000 }).toEqual([false, false, false, true, true]);
  await gone(dataDir, SECRET);
});

test('an answer that is being written there is stopped, and what waits behind it is not answered', async () => {
  const { dataDir, bot, model, replies, sends } = await open();
  model.next({ text: `${SECRET} one two three four five six seven.`, trouble: { delayMs: 200 } });
  sends('C1:1.1', 'U1', `first ${SECRET}`);
  await expect.poll(() => model.requests.length).toBe(1);
  sends('C1:1.1', 'U1', `second ${SECRET}`);
  await bot.vanish('slack:C1', 'for good');
  await gone(dataDir, SECRET);
  expect(model.requests).toHaveLength(1);
  expect(replies).toHaveLength(1);
});

test('a place that the bot comes back to is answered, of which nothing older is known', async () => {
  const { dataDir, store, bot, model, says } = await open();
  await says('C1:1.1', 'U1', `one ${SECRET}`);
  await bot.vanish('slack:C1', 'for now');
  await gone(dataDir, SECRET);
  await expect.poll(() => store.page('retracted', '', 9)).toEqual([]);
  model.next({ text: 'Back.' });
  await says('C1:1.1', 'U1', 'I am back');
  expect(await bot.knows('slack:C1:1.1')).toBe(true);
  expect(JSON.stringify(model.requests.at(-1)?.body)).not.toContain(SECRET);
});

test.each(['open', 'open for now'])(
  'what a process had left to delete (%s) is deleted by the next one',
  async (state) => {
    const { dataDir, store, bot, says } = await open();
    await says('C1:1.1', 'U1', `one ${SECRET}`);
    await store.keyv('retracted').set('slack:C1 ', state);
    await bot.close();
    expect(await filesWith(dataDir, [SECRET])).not.toEqual([]);
    const next = await openStore({ dataDir });
    await openScene(next, { DATA_DIR: dataDir });
    await gone(dataDir, SECRET);
  },
);
