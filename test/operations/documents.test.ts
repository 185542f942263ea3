import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { openServer } from '../../src/bot.ts';
import { Forgetting } from '../../src/operations/forgetting/forgetting.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { openStore } from '../../src/store/open-store.ts';
import { tempFolder } from '../store/temp-folder.ts';
import { filesWith } from './traces.ts';

const DAY_SECONDS = 86_400;

test('no word of a document that is deleted, forgotten or old is left, and what a store has for all stays', async () => {
  const dataDir = await tempFolder();
  const store = await openStore({ dataDir });
  const settings = await readSettings({ DATA_DIR: dataDir });
  const server = openServer(settings, store, pino({ level: 'silent' }), 'operator');
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  const { client, archive } = server;
  const upload = async (word: string) => {
    const file = new File([`# About\n\nThe ${word} nests in the tower.`], 'document.md');
    return (await client.files.create({ file, purpose: 'assistants' })).id;
  };
  /** A thread in which a document with the word was attached; it is indexed. */
  const attached = async (word: string) => {
    const file = await upload(word);
    const attachments = [{ file_id: file, tools: [{ type: 'file_search' as const }] }];
    const { id, tool_resources } = await client.beta.threads.create({
      metadata: { conversation: `slack:${word.length}` },
      messages: [{ role: 'user', content: 'Read this.', attachments }],
    });
    const [own = ''] = tool_resources?.file_search?.vector_store_ids ?? [];
    expect(await client.vectorStores.files.poll(own, file)).toMatchObject({ status: 'completed' });
    return { id, file, own };
  };
  const traces = async (word: string) => {
    await store.scrub('whole');
    return filesWith(dataDir, [word]);
  };
  const gone = (id: string) => expect(client.vectorStores.retrieve(id)).rejects.toThrow('404');

  const knowledge = await client.vectorStores.create({ file_ids: [await upload('sexton')] });
  const deleted = await attached('quetzalcoatlus');
  const forgotten = await attached('archaeopteryx');
  const old = await attached('dimorphodon');

  expect(await traces('quetzalcoatlus')).not.toEqual([]);
  await client.files.delete(deleted.file);
  expect(await traces('quetzalcoatlus')).toEqual([]);
  expect((await client.vectorStores.retrieve(deleted.own)).file_counts.total).toBe(0);

  const threads = archive && { threads: () => archive.threads() };
  const forgetting = new Forgetting({ store, client, dataDir, ...threads });
  await forgetting.forget({ conversation: `slack:${'archaeopteryx'.length}` });
  expect(await traces('archaeopteryx')).toEqual([]);
  await gone(forgotten.own);

  const tomorrow = Math.floor(Date.now() / 1_000) + DAY_SECONDS;
  expect(await traces('dimorphodon')).not.toEqual([]);
  const { signal } = new AbortController();
  expect(await archive?.deleteOlderThan(tomorrow, { signal })).toEqual({ threads: 2, files: 1 });
  expect(await traces('dimorphodon')).toEqual([]);
  await gone(old.own);
  expect((await client.vectorStores.search(knowledge.id, { query: 'sexton' })).data).toHaveLength(1);
});
