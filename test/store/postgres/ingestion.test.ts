import { expect, test, vi } from 'vitest';
import { createAssistants } from '../../../src/assistants/index.ts';
import { all, clientOf } from '../../assistants/client.ts';
import { namesFound, openScene, uploaded } from '../../assistants/file-search/scene.ts';
import { fileSearchOver } from '../../knowledge/scene.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { ScriptedModel } from '../../sim/scripted-model.ts';
import { postgresScene } from './scene.ts';

const { freshDatabase, open, openWire } = postgresScene();

const NAMES = ['1.txt', '2.txt', '3.txt'];

/** Between two of the places where the process dies; all that it does takes some 200 queries. */
const STEP = 29;

test('wherever a process dies while files come in, the next one indexes them all, and none is found twice', async () => {
  const database = await freshDatabase();
  const store = await open(database);
  const next = openScene({ store, ...(store.locks && { locks: store.locks }) });
  const { files, fileBatches } = next.client.vectorStores;
  let deaths = 0;
  for (let survived = false; !survived; deaths++) {
    const wire = await openWire();
    const first = await open(database, wire);
    const assistants = createAssistants({
      keyv: first.keyv,
      ...(first.locks && { locks: first.locks }),
      model: new ScriptedModel(),
      codeInterpreter: new ScriptedInterpreter(),
      fileSearch: fileSearchOver(first),
      // It dies in the midst of everything.
      onError() {},
    });
    const one = clientOf({ fetch: assistants.fetch });
    const ids: string[] = [];
    for (const name of NAMES) ids.push(await uploaded(one, `Text of ${name}`, name));
    const { id } = await one.vectorStores.create({});
    const [taken = ''] = ids;
    const life = async () => {
      await one.vectorStores.files.create(id, { file_id: taken });
      await one.vectorStores.files.delete(taken, { vector_store_id: id });
      await one.vectorStores.fileBatches.createAndPoll(id, { file_ids: ids }, { pollIntervalMs: 5 });
      return true;
    };
    const cut = wire.cutAfter(1 + STEP * deaths).then(() => false);
    survived = await Promise.race([life().catch(() => cut), cut]);

    await next.assistants.resume();
    await vi.waitFor(
      async () => expect((await next.client.vectorStores.retrieve(id)).status).toBe('completed'),
      { interval: 10, timeout: 20_000 },
    );
    const listed = await all(files.list(id));
    const completed = listed.filter(({ status }) => status === 'completed').length;
    const { file_counts } = await next.client.vectorStores.retrieve(id);
    expect([deaths, file_counts]).toMatchObject([
      deaths,
      { completed, in_progress: 0, total: listed.length },
    ]);
    const { data } = await next.client.vectorStores.search(id, { query: 'text' });
    expect([deaths, data.length]).toEqual([deaths, completed]);
    await fileBatches.createAndPoll(id, { file_ids: ids }, { pollIntervalMs: 5 });
    expect((await namesFound(next.client, id, 'text')).sort()).toEqual(NAMES);
  }
  expect(deaths).toBeGreaterThan(4);
}, 120_000);
