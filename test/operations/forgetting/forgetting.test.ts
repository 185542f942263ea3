import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openServer } from '../../../src/bot.ts';
import { Forgetting, type Receipt, type Whom } from '../../../src/operations/forgetting/forgetting.ts';
import { readSettings } from '../../../src/settings/settings.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Person } from '../../../src/view.ts';
import { gapsOf } from '../../adapters/answers-with-sources.ts';
import { usedDataDir } from '../../e2e/bobbin.ts';
import { type PostgresServer, startPostgres } from '../../sim/postgres.ts';
import { openScene } from '../bot-scene.ts';
import { filesWith, rowsWith } from '../traces.ts';

interface Place {
  options: { dataDir: string; databaseUrl?: string };
  /** Where the texts still are. */
  holds(texts: readonly string[]): Promise<string[]>;
}

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

let databases = 0;
const PLACES: [string, () => Promise<Place>][] = [
  [
    'SQLite',
    async () => {
      const dataDir = usedDataDir();
      return { options: { dataDir }, holds: (texts) => filesWith(dataDir, texts) };
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const name = `forgetting${databases++}`;
      await postgres.createDatabase(name);
      const databaseUrl = postgres.url(name);
      const dataDir = usedDataDir();
      return { options: { dataDir, databaseUrl }, holds: (texts) => rowsWith(databaseUrl, texts) };
    },
  ],
];

async function open({ options }: Place) {
  const store = await openStore(options);
  onTestFinished(() => store.close());
  return store;
}

async function forget(place: Place, whom: Whom): Promise<Receipt> {
  const store = await open(place);
  const { dataDir } = place.options;
  const settings = await readSettings({ DATA_DIR: dataDir });
  const server = openServer(settings, store, pino({ level: 'silent' }), 'operator');
  const { client, archive } = server;
  const threads = archive && { threads: () => archive.threads() };
  try {
    return await new Forgetting({ store, client, dataDir, ...threads }).forget(whom);
  } finally {
    await server.close();
    await store.close();
  }
}

/** A turn is not over in which somebody has decided on a call. */
async function noteWord(store: Store, conversation: string, by: Person): Promise<void> {
  const decision = { isApproved: true, at: Date.now(), by };
  const asker = { id: 'UDAN', name: 'Dan' };
  const question = { id: 'q1', approve: 'channel', asker, until: Date.now(), decision };
  await store.keyv('turns').set(conversation, { messages: ['m'], attempts: 0, approvals: { c1: question } });
  await store.setOnce('approvals', `${conversation} q1`, { decision, word: '1' }, 3_600_000);
}

describe.each(PLACES)('in %s', (_, make) => {
  test('a person’s messages and the answers to them are gone from a shared thread, and the rest can be gone on with', async () => {
    const place = await make();
    const store = await open(place);
    const { bot, model, says } = await openScene(
      store,
      { DATA_DIR: place.options.dataDir, ASSISTANT_FILE: 'assistant.md' },
      { 'a.txt': 'annsfile'.repeat(20) },
    );
    const code = 'print("annscode")\nopen("/mnt/data/made.txt", "w").write("annsmade" * 20)';
    model.next(
      { text: 'bensanswer' },
      { toolCalls: [{ name: 'code_interpreter', arguments: JSON.stringify({ code }) }] },
      { text: 'annsanswer' },
      { text: 'bensnextanswer' },
      { text: 'annsalone' },
    );
    await says('shared', 'UBEN', 'bensquestion');
    const asked = await says('shared', 'UANN', 'annsquestion', {
      attachments: [{ name: 'a.txt', type: 'text/plain', size: 160, url: 'sim:' }],
    });
    await says('shared', 'UBEN', 'bensnextquestion');
    await says('alone', 'UANN', 'annsother');
    for (const person of ['UANN', 'UBEN']) bot.rate({ conversation: 'slack:shared', person, opinion: 'bad' });
    bot.rate({ conversation: 'slack:shared', person: 'UBEN', opinion: 'bad', answers: asked.id });
    const bad = async () => (await gapsOf(bot)).map(({ bad }) => bad.join()).toSorted();
    await expect.poll(bad).toEqual(['UANN,UBEN', 'UBEN']);
    await bot.close();
    const traces = ['annsquestion', 'annscode', 'annsanswer', 'annsalone', 'annsother', 'UANN'];
    const bytes = ['annsfile', 'annsmade'].map((text) => btoa(text.repeat(20)).slice(0, 40));
    const before = await place.holds([...traces, ...bytes]);
    expect(new Set(before.map((found) => found.split(': ')[1]))).toEqual(new Set([...traces, ...bytes]));

    const { said, conversations } = await forget(place, { person: 'UANN' });
    expect(said).toMatchObject({ threads: 1, messages: 4, runs: 2 });
    expect(said.files.length).toBe(2);
    expect(conversations).toEqual(['slack:alone']);
    expect(await place.holds([...traces, ...bytes])).toEqual([]);

    const again = await openScene(await open(place));
    await again.says('shared', 'UBEN', 'and now?');
    const told = JSON.stringify(again.model.requests.at(-1)?.body);
    for (const text of ['bensquestion', 'bensanswer', 'bensnextquestion', 'bensnextanswer'])
      expect(told).toContain(text);
    expect(again.replies.map(({ outcome }) => outcome?.status)).toEqual(['completed']);
  });

  test('of a conversation nothing is left, also not of the thread before it was renewed or of what waits', async () => {
    const place = await make();
    const store = await open(place);
    const { bot, says } = await openScene(store);
    await says('mine', 'UANN', 'minefirst');
    // As earlier releases renewed it.
    await store.keyv('conversations').delete('slack:mine');
    await says('mine', 'UANN', 'minesecond');
    await says('other', 'UANN', 'otherstays');
    bot.rate({ conversation: 'slack:mine', person: 'UBEN', opinion: 'bad' });
    await expect.poll(() => gapsOf(bot)).toHaveLength(1);
    await store.queue('slack').put({ id: 'w1', key: 'slack:mine', data: { text: 'minewaiting' } });
    await noteWord(store, 'slack:mine', { id: 'UCLEO', name: 'minedecided' });
    await bot.close();
    const { said, conversations } = await forget(place, { conversation: 'slack:mine' });
    expect([said.threads, said.messages, conversations]).toEqual([2, 4, ['slack:mine']]);
    expect(
      await place.holds(['minefirst', 'minesecond', 'minewaiting', 'minedecided', 'slack:mine']),
    ).toEqual([]);
    expect(await place.holds(['otherstays'])).not.toEqual([]);
    expect(await forget(place, { conversation: 'slack:mine' })).toMatchObject({
      notes: 0,
      conversations: [],
    });
  });

  test('what a person said to calls that others wanted is gone, and what others said is not', async () => {
    const place = await make();
    const store = await open(place);
    await noteWord(store, 'slack:1', { id: 'UANN', name: 'annsname' });
    await noteWord(store, 'slack:2', { id: 'UBEN', name: 'bensname' });
    await store.close();
    expect((await forget(place, { person: 'UANN' })).notes).toBe(2);
    expect(await place.holds(['UANN', 'annsname'])).toEqual([]);
    expect(await place.holds(['bensname'])).not.toEqual([]);
  });

  test('which turns a person has had of late is gone, and what others have had is not', async () => {
    const place = await make();
    const store = await open(place);
    for (const person of ['slack:UANN', 'discord:UANN', 'slack:UBEN'])
      await store.setOnce('turns-an-hour', `${person} 0`, { turn: 'slack:1 1', at: Date.now() }, 3_600_000);
    await store.setOnce('told', 'slack:UANN hour', 'once', 3_600_000);
    await store.close();
    expect((await forget(place, { person: 'UANN' })).notes).toBe(3);
    expect(await place.holds(['UANN'])).toEqual([]);
    expect(await place.holds(['UBEN'])).not.toEqual([]);
  });

  test('what a person wrote and waits for an answer is taken out of the queue, and what others wrote is not', async () => {
    const place = await make();
    const store = await open(place);
    const queue = store.queue('slack');
    for (const [id, author] of [
      ['1', 'UANN'],
      ['2', 'UBEN'],
      ['3', 'UANN'],
    ] as const)
      await queue.put({ id, key: 'slack:1', data: { id, text: `by ${author}`, author: { id: author } } });
    await store.close();
    expect((await forget(place, { person: 'UANN' })).notes).toBe(2);
    expect(await place.holds(['UANN'])).toEqual([]);
    expect(await place.holds(['by UBEN'])).not.toEqual([]);
  });
});
