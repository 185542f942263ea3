import { toFile } from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { Archive } from '../../src/assistants/archive.ts';
import { nowInSeconds } from '../../src/assistants/time.ts';
import { memoryStore } from '../../src/store/sqlite/store.ts';
import { ScriptedInterpreter } from '../sim/scripted-interpreter.ts';
import { aborted, end, python, ScriptedModel, says } from '../sim/scripted-model.ts';
import { conversation, openApi, transcript } from './runs/assistants-api.ts';

const DAY = 24 * 60 * 60;
const OPEN = { signal: new AbortController().signal };
const WRITES = { prints: ['ok\n'], files: [{ name: 'out.txt', bytes: Buffer.from('out') }] };

function open(model: ScriptedModel) {
  const store = memoryStore();
  onTestFinished(() => store.close());
  const interpreter = new ScriptedInterpreter({ write: WRITES });
  const api = openApi(model, { keyv: (namespace) => store.keyv(namespace), interpreter });
  const page: Store['page'] = (namespace, after, limit) => store.page(namespace, after, limit);
  const archive = new Archive(api.state, (id) => api.runs.ofThread(id), page);
  const keys = async (...namespaces: string[]) =>
    (await Promise.all(namespaces.map((name) => page(name, '', 1_000)))).flat().map(([key]) => key);
  /** As if a document had been made so many days earlier. */
  const age = async (namespace: string, id: string, days: number) => {
    const keyv = store.keyv<{ created_at: number }>(namespace);
    const document = await keyv.get(id);
    if (document) await keyv.set(id, { ...document, created_at: document.created_at - days * DAY });
  };
  return { ...api, archive, keys, age };
}

type Store = ReturnType<typeof memoryStore>;

const upload = async ({ client }: { client: ReturnType<typeof open>['client'] }, name: string) => {
  const file = await toFile(Buffer.from(name), name);
  return (await client.files.create({ file, purpose: 'assistants' })).id;
};

const forCode = (file_id: string) => ({ file_id, tools: [{ type: 'code_interpreter' as const }] });

test('a run is deleted with its steps, its messages and the files that its code wrote', async () => {
  const api = open(new ScriptedModel([...python('write'), end()], says('Done.'), says('Second.')));
  const { threadId, ask } = await conversation(api, 'First?');
  const { runs, messages } = api.client.beta.threads;
  const first = await runs.stream(threadId, ask).finalRun();
  await messages.create(threadId, { role: 'user', content: 'Second?' });
  const second = await runs.stream(threadId, ask).finalRun();
  expect((await keysOf(api)).files.length).toBe(1);
  const path = `/threads/${threadId}/runs/${first.id}`;
  const deleted = { id: first.id, object: 'thread.run.deleted', deleted: true };
  expect(await api.client.delete(path, HEADERS)).toEqual(deleted);
  expect(await transcript(api, threadId)).toEqual(['user: First?', 'user: Second?', 'assistant: Second.']);
  expect(await keysOf(api)).toMatchObject({ runs: [second.id], files: [], contents: [], produced: [] });
  await expect(api.client.delete(path, HEADERS)).rejects.toThrow(/404/);
});

const HEADERS = { headers: { 'OpenAI-Beta': 'assistants=v2' } };

async function keysOf({ keys }: Pick<ReturnType<typeof open>, 'keys'>) {
  const [runs, files, contents, produced] = await Promise.all(
    ['runs', 'files', 'contents', 'produced-files'].map((name) => keys(name)),
  );
  return { runs, files: files ?? [], contents, produced };
}

test('a run that is active is not deleted, and says so', async () => {
  const api = open(new ScriptedModel((_, signal) => stalls(signal)));
  const { threadId, ask } = await conversation(api);
  const run = await api.client.beta.threads.runs.create(threadId, ask);
  await expect(api.client.delete(`/threads/${threadId}/runs/${run.id}`, HEADERS)).rejects.toThrow(
    `400 Can't delete ${run.id} while it is active: cancel it first.`,
  );
  await api.runs.close();
});

async function* stalls(signal: AbortSignal) {
  yield await aborted(signal);
}

test('a deleted thread takes along what its code wrote, unless somebody else was given it, and no upload', async () => {
  const api = open(new ScriptedModel([...python('write'), end()], says('Done.')));
  const uploaded = await upload(api, 'mine.csv');
  const { threadId, ask } = await conversation(api);
  await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
  const [, written = ''] = await api.keys('files');
  const files = new Set(await api.keys('files'));
  files.delete(uploaded);
  expect(files.size).toBe(1);
  const [produced = written] = files;
  const messages = [{ role: 'user' as const, content: 'Look.', attachments: [forCode(produced)] }];
  const other = await api.client.beta.threads.create({ messages });
  await api.client.beta.threads.delete(threadId);
  expect(new Set(await api.keys('files'))).toEqual(new Set([uploaded, produced]));
  await api.client.beta.threads.delete(other.id);
  expect(await api.keys('files')).toContain(uploaded);
  expect(await api.keys('messages', 'runs', 'steps', 'messages-places', 'runs-places')).toEqual([]);
});

test('old threads are deleted with everything, unless something was said or run in them since, or a run is active', async () => {
  const api = open(new ScriptedModel(says('Yes.'), says('Yes.'), (_, signal) => stalls(signal)));
  const { threads } = api.client.beta;
  const { assistant, threadId: answered, ask } = await conversation(api);
  const old = (await threads.create({ messages: [{ role: 'user', content: 'x' }] })).id;
  const empty = (await threads.create()).id;
  const spared = (await threads.create({ metadata: { conversation: 'slack:1' } })).id;
  const busy = (await threads.create()).id;
  const fresh = (await threads.create()).id;
  await threads.runs.stream(answered, ask).finalRun();
  for (const id of [answered, old, empty, spared, busy]) await api.age('threads', id, 31);
  for (const id of await api.keys('messages')) await api.age('messages', id, 31);
  await threads.runs.stream(answered, ask).finalRun();
  const run = await threads.runs.create(busy, ask);
  await api.age('runs', run.id, 31);
  const spares = ({ metadata }: { metadata: unknown }) => Object(metadata).conversation === 'slack:1';
  const before = nowInSeconds() - 30 * DAY;
  expect(await api.archive.deleteOlderThan(before, { ...OPEN, spares })).toEqual({ threads: 2, files: 0 });
  expect(new Set(await api.keys('threads'))).toEqual(new Set([answered, spared, busy, fresh]));
  expect(await api.keys('assistants')).toEqual([assistant.id]);
  await threads.runs.cancel(run.id, { thread_id: busy });
  await expect.poll(async () => (await api.state.runs.get(run.id))?.status).toBe('cancelled');
  expect(await api.archive.deleteOlderThan(before, OPEN)).toMatchObject({ threads: 2 });
  await api.runs.close();
});

test('old files are deleted that no thread or assistant has', async () => {
  const api = open(new ScriptedModel(says('Yes.')));
  const names = ['unused', 'of-thread', 'of-old-thread', 'of-assistant', 'seen', 'of-earlier-release', 'new'];
  const ids: Record<string, string> = {};
  for (const name of names) ids[name] = await upload(api, name);
  const id = (name: string) => ids[name] ?? '';
  const { threads, assistants } = api.client.beta;
  const tool_resources = (name: string) => ({ code_interpreter: { file_ids: [id(name)] } });
  await assistants.create({
    model: 'm',
    tools: [{ type: 'code_interpreter' }],
    tool_resources: tool_resources('of-assistant'),
  });
  const thread = await threads.create({ tool_resources: tool_resources('of-thread') });
  await threads.messages.create(thread.id, {
    role: 'user',
    content: [{ type: 'image_file', image_file: { file_id: id('seen') } }],
  });
  await threads.create({ tool_resources: tool_resources('of-earlier-release') });
  const old = await threads.create({ tool_resources: tool_resources('of-old-thread') });
  await api.state.owners.remove(id('of-earlier-release'));
  await api.age('threads', old.id, 31);
  for (const name of names) if (name !== 'new') await api.age('files', id(name), 31);
  const deleted = await api.archive.deleteOlderThan(nowInSeconds() - 30 * DAY, OPEN);
  expect(deleted).toEqual({ threads: 1, files: 2 });
  expect(new Set(await api.keys('contents'))).toEqual(
    new Set(['of-thread', 'of-assistant', 'seen', 'of-earlier-release', 'new'].map(id)),
  );
});

test('a hundred and more threads are all walked, and a pass that is ended stops', async () => {
  const api = open(new ScriptedModel(says('Yes.')));
  const { threads } = api.client.beta;
  for (let count = 0; count < 120; count++) await api.age('threads', (await threads.create()).id, 31);
  const closing = new AbortController();
  closing.abort();
  const before = nowInSeconds() - 30 * DAY;
  expect(await api.archive.deleteOlderThan(before, { signal: closing.signal })).toEqual({
    threads: 50,
    files: 0,
  });
  expect((await Array.fromAsync(api.archive.threads())).length).toBe(70);
  expect(await api.archive.deleteOlderThan(before, OPEN)).toEqual({ threads: 70, files: 0 });
});
