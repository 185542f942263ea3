import { expect, onTestFinished, test, vi } from 'vitest';
import { Archive } from '../../../src/assistants/archive.ts';
import { ByteQuota, type QuotaLimits } from '../../../src/assistants/byte-quota.ts';
import { addFile } from '../../../src/assistants/file.ts';
import { openState } from '../../../src/assistants/state.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import { roundsDuring } from '../../event-loop.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { end, python, ScriptedModel, says } from '../../sim/scripted-model.ts';
import { all } from '../client.ts';
import { conversation, openApi } from './assistants-api.ts';

const KB = 1024;
const DAY_MS = 24 * 60 * 60 * 1_000;
const LIMITS: QuotaLimits = { run: 64 * KB, conversation: 100 * KB, day: 150 * KB, days: 30 };

/** Eight calls of an answer, each of which writes four files of 8 KB. */
const CODE = Array.from({ length: 8 }, (_, call) => `write(${call})`);
const RESULTS = Object.fromEntries(
  CODE.map((code, call) => [
    code,
    {
      files: Array.from({ length: 4 }, (_, file) => ({
        name: `${call}-${file}.bin`,
        bytes: Buffer.alloc(8 * KB, call),
      })),
    },
  ]),
);

async function open(limits: QuotaLimits | undefined, results = RESULTS, code = CODE) {
  const store = memoryStore();
  onTestFinished(() => store.close());
  const calls = code.flatMap((one, at) => python(one, `call_${at}`, at));
  const turn = [[...calls, end()], says('Done.')];
  const model = new ScriptedModel(...turn, ...turn, ...turn);
  const interpreter = new ScriptedInterpreter(results);
  const keyv = <T>(namespace: string) => store.keyv<T>(namespace);
  const api = openApi(model, { keyv, interpreter });
  if (limits) api.state.quotas = { produced: new ByteQuota(keyv('produced-bytes'), limits) };
  const ask = async (threadId: string, assistant_id: string) => {
    await api.client.beta.threads.runs.stream(threadId, { assistant_id }).finalRun();
  };
  const archive = new Archive(
    openState(keyv),
    async () => undefined,
    (namespace, after, limit) => store.page(namespace, after, limit),
  );
  return { ...api, store, ask, archive };
}

/** What of files is in the store. */
async function bytesIn({ store }: Awaited<ReturnType<typeof open>>): Promise<number> {
  const files = await store.page<{ bytes: number }>('files', '', 1_000);
  return files.reduce((sum, [, { bytes }]) => sum + bytes, 0);
}

const outputs = (model: ScriptedModel) =>
  model.requests.at(-1)?.items.flatMap((item) => (item.type === 'tool_output' ? [item.output] : [])) ?? [];

test('a run, a conversation and a day have no more bytes of files than they may, and model and people are told', async () => {
  const api = await open(LIMITS);
  const { threadId, assistant } = await conversation(api);
  await api.ask(threadId, assistant.id);
  expect(await bytesIn(api)).toBe(64 * KB);
  const told = outputs(api.model);
  expect(told[1]).toMatch(/Files written: \/mnt\/data\/1-0\.bin, .*1-3\.bin\]$/);
  expect(told[2]).toContain(
    'These files were not kept: 2-0.bin (8 KB), 2-1.bin (8 KB), 2-2.bin (8 KB), 2-3.bin (8 KB). The files of one answer may have 64 KB together, of which 0 KB are left: make fewer or smaller ones.',
  );
  expect(told[2]).not.toContain('Files written');
  const { data: runs } = await api.client.beta.threads.runs.list(threadId);
  const steps = await all(
    api.client.beta.threads.runs.steps.list(runs[0]?.id ?? '', { thread_id: threadId, order: 'asc' }),
  );
  expect(JSON.stringify(steps)).toContain('These files were not kept: 7-0.bin');

  await api.ask(threadId, assistant.id);
  expect(await bytesIn(api)).toBe(96 * KB);
  expect(outputs(api.model).at(-1)).toContain('The files of one conversation may have 100 KB together');
  const other = await conversation(api);
  await api.ask(other.threadId, assistant.id);
  expect(await bytesIn(api)).toBe(144 * KB);
  expect(outputs(api.model).at(-1)).toContain('All files of one day may have 150 KB together');
});

test('what a run has produced expires, and what people have sent or use does not', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 20_000 * DAY_MS });
  onTestFinished(() => void vi.useRealTimers());
  const api = await open({ ...LIMITS, days: 2 });
  const { client, state } = api;
  const uploaded = await client.files.create({ file: new File(['x'], 'a.txt'), purpose: 'assistants' });
  const { threadId, assistant } = await conversation(api);
  await api.ask(threadId, assistant.id);
  const files = await all(client.files.list({ order: 'asc' }));
  const produced = files.filter(({ purpose }) => purpose === 'assistants_output');
  expect(produced).toHaveLength(8);
  expect(new Set(produced.map(({ expires_at }) => expires_at))).toEqual(new Set([20_002 * 24 * 60 * 60]));
  const [attached, given, forgotten] = produced;
  const attachments = [{ file_id: attached?.id ?? '', tools: [{ type: 'code_interpreter' as const }] }];
  await client.beta.threads.create({ messages: [{ role: 'user', content: 'Go on.', attachments }] });
  await client.beta.assistants.create({
    model: 'm',
    tool_resources: { code_interpreter: { file_ids: [given?.id ?? ''] } },
  });
  const { signal } = new AbortController();
  expect(await api.archive.deleteExpired(signal)).toBe(0);

  vi.setSystemTime(20_002 * DAY_MS);
  await expect(client.files.retrieve(forgotten?.id ?? '')).rejects.toThrow('404');
  expect(await api.archive.deleteExpired(signal)).toBe(5);
  expect((await all(client.files.list({ order: 'asc' }))).map(({ id }) => id)).toEqual([
    uploaded.id,
    attached?.id,
    given?.id,
  ]);
  expect(await state.contents.get(produced[7]?.id ?? '')).toBeUndefined();
  expect(await (await client.files.content(uploaded.id)).text()).toBe('x');
  // The conversation goes on.
  await api.ask(threadId, assistant.id);
});

test('a file that runs have produced is written without a look at all other files', async () => {
  const api = await open({ ...LIMITS, days: 2 });
  for (let i = 0; i < 5; i++)
    await addFile(api.state, { filename: `${i}`, purpose: 'assistants', bytes: Buffer.alloc(1) });
  const walked = vi.spyOn(api.state.files, 'walk');
  const { threadId, assistant } = await conversation(api);
  await api.ask(threadId, assistant.id);
  expect(walked).not.toHaveBeenCalled();
});

test('others are served while large files are kept, and none is held longer than that takes', async () => {
  const MB = 1024 * KB;
  const files = Array.from({ length: 4 }, (_, at) => ({ name: `${at}.bin`, bytes: Buffer.alloc(8 * MB) }));
  const api = await open({ ...LIMITS, run: 64 * MB, conversation: 64 * MB, day: 64 * MB }, { w: { files } }, [
    'w',
  ]);
  const { threadId, assistant } = await conversation(api);
  const held: number[] = [];
  const set = api.state.contents.set.bind(api.state.contents);
  const run = api.interpreter.run.bind(api.interpreter);
  let result: Awaited<ReturnType<typeof run>> | undefined;
  api.interpreter.run = async (...args) => {
    result = await run(...args);
    return result;
  };
  api.state.contents.set = async (key, bytes) => {
    held.push(result?.files.length ?? -1);
    await set(key, bytes);
  };
  const rounds = await roundsDuring(() => api.ask(threadId, assistant.id));
  expect(rounds).toBeGreaterThanOrEqual(4 * 8);
  expect(held).toEqual([0, 0, 0, 0]);
});
