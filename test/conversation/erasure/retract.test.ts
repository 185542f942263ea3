import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { dataDir as emptyDataDir, usedDataDir } from '../../e2e/bobbin.ts';
import { openScene } from '../../operations/bot-scene.ts';
import { filesWith } from '../../operations/traces.ts';

const SECRET = 'zwetschgenkuchen';

async function open(dataDir = emptyDataDir()) {
  const store = await openStore({ dataDir });
  onTestFinished(() => store.close());
  return { dataDir, store };
}

const requestsWith = (model: { requests: { body: unknown }[] }, text: string) =>
  model.requests.filter(({ body }) => JSON.stringify(body).includes(text)).length;

/** Ends when nothing of the texts is in any file. */
const gone = (dataDir: string, ...texts: string[]) =>
  expect.poll(() => filesWith(dataDir, texts), { timeout: 10_000 }).toEqual([]);

/** What is noted of messages that people deleted. */
async function states(store: Store): Promise<unknown[]> {
  return (await store.page('retracted', '', 10)).map(([, state]) => state);
}

test('a message that was answered leaves nothing, nor do its answer, the code on the way and the files of both', async () => {
  const { dataDir, store } = await open(usedDataDir());
  const content = `${SECRET},1\n`.repeat(40);
  const { bot, model, says } = await openScene(
    store,
    { DATA_DIR: dataDir, ASSISTANT_FILE: 'assistant.md' },
    { 'cakes.csv': content },
  );
  const code = `open("/mnt/data/out.txt", "w").write("${SECRET} " * 30)\nprint("${SECRET}")`;
  model.next(
    { text: 'Hello.' },
    { toolCalls: [{ name: 'code_interpreter', arguments: JSON.stringify({ code }) }] },
    { text: `You like ${SECRET}.` },
    { text: 'And I stay.' },
  );
  await says('1', 'U1', 'I come before and stay');
  const message = await says('1', 'U1', `I like ${SECRET}`, {
    attachments: [{ name: 'cakes.csv', type: 'text/csv', size: content.length, url: 'sim:' }],
  });
  await says('1', 'U2', 'I come after and stay');
  const traces = [SECRET, btoa(content).slice(0, 60), btoa(`${SECRET} `.repeat(30)).slice(0, 60)];
  expect(new Set((await filesWith(dataDir, traces)).map((found) => found.split(': ')[1]))).toEqual(
    new Set(traces),
  );
  await bot.retract(message.conversation, message.id);
  await gone(dataDir, ...traces);
  expect(
    await filesWith(dataDir, ['I come before and stay', 'I come after and stay', 'And I stay.']),
  ).not.toEqual([]);

  await says('1', 'U2', 'What did I say?');
  const [last] = model.requests.slice(-1);
  const asked = JSON.stringify(last?.body);
  expect(asked).toContain('I come before and stay');
  expect(asked).toContain('And I stay.');
  expect(asked).not.toContain(SECRET);
});

test('a message that waits is not answered, nor one that comes after it was deleted', async () => {
  const { dataDir, store } = await open();
  const { bot, model, replies, says, sends } = await openScene(store, { DATA_DIR: dataDir });
  model.next({ text: 'First one two three four.', trouble: { delayMs: 100 } });
  const first = says('1', 'U1', 'first');
  await expect.poll(() => model.requests.length).toBe(1);
  const waiting = sends('1', 'U1', `wait, ${SECRET}`);
  await bot.retract(waiting.conversation, waiting.id);
  await first;
  await bot.retract('slack:2', 'late');
  await says('2', 'U1', `too late, ${SECRET}`, { id: 'late' });
  await says('1', 'U1', 'second');
  expect(requestsWith(model, SECRET)).toBe(0);
  expect(replies.length).toBe(2);
  await gone(dataDir, SECRET);
});

test('a message that a run is reading is deleted when the run is over, and its answer is given', async () => {
  const { dataDir, store } = await open();
  const { bot, model, replies, sends } = await openScene(store, { DATA_DIR: dataDir });
  model.next({ text: 'One two three four five six.', trouble: { delayMs: 60 } });
  const message = sends('1', 'U1', `read ${SECRET}`);
  await expect.poll(() => requestsWith(model, SECRET)).toBe(1);
  await bot.retract(message.conversation, message.id);
  await gone(dataDir, SECRET);
  expect(replies.map(({ text }) => text)).toEqual(['One two three four five six.']);
});

test('what a process had left to delete when it ended is deleted by the next one', async () => {
  const { dataDir, store } = await open();
  const first = await openScene(store, { DATA_DIR: dataDir });
  const message = await first.says('1', 'U1', `remember ${SECRET}`);
  await store.keyv('retracted').set(`${message.conversation} ${message.id}`, 'open');
  await first.bot.close();
  expect(await filesWith(dataDir, [SECRET])).not.toEqual([]);
  const next = await openStore({ dataDir });
  await openScene(next, { DATA_DIR: dataDir });
  await gone(dataDir, SECRET);
  await expect.poll(() => states(next)).toEqual(['done']);
});

test('a new conversation leaves nothing of the one before', async () => {
  const { dataDir, store } = await open();
  const { bot, says } = await openScene(store, { DATA_DIR: join(dataDir, '.') });
  const { conversation } = await says('1', 'U1', `remember ${SECRET}`);
  await bot.renew(conversation);
  const left = async () => {
    await store.scrub();
    return filesWith(dataDir, [SECRET]);
  };
  await expect.poll(left).toEqual([]);
});
