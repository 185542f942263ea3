import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { openAssistants } from '../../../src/bot.ts';
import { openHttp } from '../../../src/operations/http.ts';
import { readSettings } from '../../../src/settings/settings.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { tempFolder } from '../../store/temp-folder.ts';
import { openScene } from '../bot-scene.ts';

const DAY = 24 * 60 * 60;
const KEEPS_30 = { RETENTION_DAYS: '30' };

async function open() {
  const dataDir = await tempFolder();
  const store = await openStore({ dataDir });
  onTestFinished(() => store.close());
  return { dataDir, store };
}

/** Makes everything that is dated so many days older. */
async function age(store: Store, days: number): Promise<void> {
  for (const namespace of ['threads', 'messages', 'runs', 'steps', 'files'])
    for (const [key, value] of await store.page<{ created_at: number }>(namespace, '', 1_000))
      await store.keyv(namespace).set(key, { ...value, created_at: value.created_at - days * DAY });
  for (const [conversation] of await store.page('conversations', '', 1_000))
    await store.queue('slack').forget(conversation);
}

const keys = async (store: Store, namespace: string) =>
  (await store.page(namespace, '', 1_000)).map(([key]) => key);

test('what is older than the days that are set is deleted at the start, and nothing else', async () => {
  const { dataDir, store } = await open();
  const settings = { DATA_DIR: dataDir };
  const first = await openScene(store, settings, { 'a.txt': 'attached' });
  const attachments = [{ name: 'a.txt', type: 'text/plain', size: 8, url: 'sim:' }];
  await first.says('old', 'U1', 'long ago', { attachments });
  await first.says('kept', 'U1', 'long ago as well', { attachments });
  await store.keyv('retracted').set('x y', 'done');
  await age(store, 31);
  await first.says('kept', 'U1', 'but this is new');
  await first.says('new', 'U1', 'all of it is new');
  for (const conversation of ['slack:old', 'slack:new'])
    first.bot.rate({ conversation, person: 'U1', opinion: 'bad' });
  const copies = join(dataDir, 'files');
  await mkdir(copies);
  for (const name of ['file-old-a.png', 'file-new-b.png']) await writeFile(join(copies, name), name);
  await utimes(join(copies, 'file-old-a.png'), 1, 1);
  await first.bot.close();

  const again = await openStore({ dataDir });
  const { bot } = await openScene(again, { ...settings, ...KEEPS_30 });
  await expect.poll(() => keys(again, 'conversations')).toEqual(['slack:kept', 'slack:new']);
  await expect.poll(() => readdir(copies)).toEqual(['file-new-b.png']);
  expect(await keys(again, 'gaps')).toEqual(['slack:new']);
  expect([
    (await keys(again, 'threads')).length,
    (await keys(again, 'messages')).length,
    (await keys(again, 'runs')).length,
    (await keys(again, 'files')).length,
    (await keys(again, 'contents')).length,
    (await keys(again, 'assistants')).length,
  ]).toEqual([2, 6, 3, 1, 1, 1]);
  await bot.close();
});

test('files whose own time is over are deleted at the start, also where all else is kept for ever', async () => {
  const { dataDir, store } = await open();
  const settings = { DATA_DIR: dataDir };
  const first = await openScene(store, settings, { 'a.txt': 'attached' });
  const attachments = [{ name: 'a.txt', type: 'text/plain', size: 8, url: 'sim:' }];
  await first.says('x', 'U1', 'long ago', { attachments });
  const [[sent = '', file] = []] = await store.page<{ id: string }>('files', '', 1);
  const made = { ...file, id: 'file-made', purpose: 'assistants_output', expires_at: 1 };
  await store.keyv('files').set(made.id, made);
  await store.keyv('contents').set(made.id, Buffer.from('made'));
  await first.bot.close();

  const again = await openStore({ dataDir });
  const { bot } = await openScene(again, settings);
  await expect.poll(() => keys(again, 'files')).toEqual([sent]);
  await expect.poll(() => keys(again, 'contents')).toEqual([sent]);
  expect(await keys(again, 'conversations')).toEqual(['slack:x']);
  expect(await keys(again, 'received-bytes')).toContain('conversation/slack:x');
  await bot.close();
});

test('a conversation that somebody has just asked something stays, however old it is', async () => {
  const { dataDir, store } = await open();
  const first = await openScene(store, { DATA_DIR: dataDir });
  for (const name of ['asked', 'old']) await first.says(name, 'U1', name);
  await age(store, 31);
  await first.bot.close();
  const again = await openStore({ dataDir });
  const asked = {
    id: '1',
    conversation: 'slack:asked',
    author: { id: 'U1', name: 'Ann' },
    text: 'still there?',
  };
  await again.queue('slack').put({ id: '1', key: asked.conversation, data: asked });
  await openScene(again, { DATA_DIR: dataDir, ...KEEPS_30 });
  await expect.poll(() => keys(again, 'conversations')).toEqual(['slack:asked']);
  expect((await keys(again, 'threads')).length).toBe(1);
});

test('what another Assistants server has of old conversations is deleted there', async () => {
  const { dataDir: serverDir, store: serverStore } = await open();
  const settings = await readSettings({ DATA_DIR: serverDir });
  const assistants = openAssistants(settings, serverStore, pino({ level: 'silent' }), 'programs');
  onTestFinished(() => assistants.close());
  const http = await openHttp({
    port: 0,
    lastAnswersMs: 0,
    hostname: '127.0.0.1',
    ready: () => true,
    assistants: assistants.handle,
  });
  onTestFinished(() => http.close());
  const { dataDir, store } = await open();
  const remote = { DATA_DIR: dataDir, ASSISTANTS_BASE_URL: `http://127.0.0.1:${http.port}/v1` };
  const first = await openScene(store, remote);
  for (const name of ['old', 'new']) {
    await first.says(name, 'U1', name);
    if (name === 'old') for (const aged of [serverStore, store]) await age(aged, 31);
  }
  await first.bot.close();
  const again = await openStore({ dataDir });
  await openScene(again, { ...remote, ...KEEPS_30 });
  await expect.poll(() => keys(again, 'conversations')).toEqual(['slack:new']);
  expect((await keys(serverStore, 'threads')).length).toBe(1);
});
