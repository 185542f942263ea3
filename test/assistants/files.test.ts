import fc from 'fast-check';
import { Keyv } from 'keyv';
import { BadRequestError, NotFoundError } from 'openai';
import type { FileListParams } from 'openai/resources/files';
import { expect, onTestFinished, test, vi } from 'vitest';
import { addFile, safeFilename } from '../../src/assistants/file.ts';
import { openState } from '../../src/assistants/state.ts';
import { deserialize, serialize } from '../../src/store/codec.ts';
import { all, errorBody, openApi } from './client.ts';

const csv = (content = 'a,b\n1,2\n', name = 'data.csv') => new File([content], name);

test('a file is uploaded, described and given back byte for byte', async () => {
  const { client } = openApi();
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256);
  const file = await client.files.create({ file: new File([bytes], 'all bytes.bin'), purpose: 'assistants' });
  expect(file).toEqual({
    id: expect.stringMatching(/^file-[A-Za-z0-9]{24}$/),
    object: 'file',
    bytes: 100_000,
    created_at: expect.any(Number),
    filename: 'all bytes.bin',
    purpose: 'assistants',
    status: 'processed',
  });
  expect(await client.files.retrieve(file.id)).toEqual(file);
  const content = await client.files.content(file.id);
  expect(new Uint8Array(await content.arrayBuffer())).toEqual(bytes);
  expect(content.headers.get('content-type')).toBe('application/octet-stream');
  expect(content.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''all%20bytes.bin");
});

test('an empty file is a file', async () => {
  const { client } = openApi();
  const { id, bytes } = await client.files.create({ file: csv(''), purpose: 'user_data' });
  expect(bytes).toBe(0);
  expect(await (await client.files.content(id)).text()).toBe('');
});

test('a deleted file is found nowhere and its content is gone', async () => {
  const { client, state } = openApi();
  const { id } = await client.files.create({ file: csv(), purpose: 'assistants' });
  expect(await client.files.delete(id)).toEqual({ id, object: 'file', deleted: true });
  await expect(client.files.retrieve(id)).rejects.toThrow(NotFoundError);
  const missing = { status: 404, error: { message: `No such File object: ${id}`, param: 'id' } };
  await expect(client.files.retrieve(id)).rejects.toMatchObject(missing);
  await expect(client.files.content(id)).rejects.toMatchObject(missing);
  await expect(client.files.delete(id)).rejects.toMatchObject(missing);
  expect(await all(client.files.list())).toEqual([]);
  expect(await state.contents.get(id)).toBeUndefined();
});

test('a file that expires is there until then, and nowhere afterwards', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
  onTestFinished(() => void vi.useRealTimers());
  const { client, state } = openApi();
  const expires_after = { anchor: 'created_at' as const, seconds: 3600 };
  const upload = () => client.files.create({ file: csv(), purpose: 'assistants', expires_after });
  const [asked, forgotten] = [await upload(), await upload()];
  const kept = await client.files.create({ file: csv(), purpose: 'assistants' });
  expect(asked.expires_at).toBe(1_800_003_600);
  expect(kept).not.toHaveProperty('expires_at');
  const { id: threadId } = await client.beta.threads.create();
  const attach = (file_id: string) =>
    client.beta.threads.messages.create(threadId, {
      role: 'user',
      content: 'Read this.',
      attachments: [{ file_id, tools: [{ type: 'code_interpreter' }] }],
    });
  await attach(asked.id);

  vi.setSystemTime(1_800_003_600_000);
  expect((await all(client.files.list())).map(({ id }) => id)).toEqual([kept.id]);
  await expect(attach(asked.id)).rejects.toThrow(`400 No file found with id '${asked.id}'.`);
  await expect(client.files.retrieve(asked.id)).rejects.toThrow(`404 No such File object: ${asked.id}`);
  await expect(client.files.content(asked.id)).rejects.toThrow(NotFoundError);
  expect(await state.contents.get(asked.id)).toBeUndefined();

  await upload();
  expect(await state.contents.get(forgotten.id)).toBeUndefined();
  expect(await (await client.files.content(kept.id)).text()).toBe('a,b\n1,2\n');
});

test('files are listed by purpose, in both orders, a page at a time', async () => {
  const { client, state } = openApi();
  for (let i = 0; i < 30; i++)
    await client.files.create({ file: csv('x', `${i}.csv`), purpose: i % 3 === 0 ? 'vision' : 'assistants' });
  await addFile(state, { filename: 'plot.png', purpose: 'assistants_output', bytes: new Uint8Array(3) });
  const names = async (query: FileListParams) =>
    (await all(client.files.list(query))).map(({ filename }) => filename);
  expect(await names({ purpose: 'vision', order: 'asc', limit: 2 })).toEqual(
    Array.from({ length: 10 }, (_, i) => `${i * 3}.csv`),
  );
  expect((await names({ limit: 4 })).slice(0, 3)).toEqual(['plot.png', '29.csv', '28.csv']);
  expect(await names({ limit: 10_000 })).toHaveLength(31);
});

test.each([
  [
    'no purpose',
    { file: csv() },
    "Missing required parameter: 'purpose'.",
    'purpose',
    'missing_required_parameter',
  ],
  [
    'no file',
    { purpose: 'assistants' },
    "Missing required parameter: 'file'.",
    'file',
    'missing_required_parameter',
  ],
  [
    'a purpose of another service',
    { purpose: 'fine-tune', file: csv() },
    "'fine-tune' is not one of ['assistants', 'vision', 'user_data'] - 'purpose'",
    'purpose',
    null,
  ],
  [
    'a text in place of the file',
    { purpose: 'assistants', file: 'a,b' },
    "Invalid type for 'file': expected a file, but got a string instead.",
    'file',
    'invalid_type',
  ],
  [
    'a field that is not known',
    { purpose: 'assistants', file: csv(), colour: 'red' },
    "Unknown parameter: 'colour'.",
    'colour',
    'unknown_parameter',
  ],
  [
    'an expiry that comes too soon',
    {
      purpose: 'assistants',
      file: csv(),
      'expires_after[anchor]': 'created_at',
      'expires_after[seconds]': '60',
    },
    "Invalid 'expires_after.seconds': integer below minimum value. Expected a value >= 3600, but got 60 instead.",
    'expires_after.seconds',
    'integer_below_min_value',
  ],
  [
    'an expiry from nowhere',
    { purpose: 'assistants', file: csv(), 'expires_after[seconds]': '3600' },
    "Missing required parameter: 'expires_after.anchor'.",
    'expires_after.anchor',
    'missing_required_parameter',
  ],
  [
    'an object that is none',
    { purpose: 'assistants', file: csv(), '__proto__[anchor]': 'created_at' },
    "Unknown parameter: '__proto__'.",
    '__proto__',
    'unknown_parameter',
  ],
])('an upload with %s is refused', async (_, fields, message, param, code) => {
  const { fetch } = openApi();
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  const response = await fetch('http://bobbin/v1/files', { method: 'POST', body });
  expect([response.status, await response.json()]).toEqual([400, errorBody(message, param, code)]);
});

test('an upload that is no form is refused', async () => {
  const { fetch } = openApi();
  for (const type of ['application/json', 'multipart/form-data', 'multipart/form-data; boundary=x']) {
    const init = { method: 'POST', body: '{"purpose": "assistants"}', headers: { 'content-type': type } };
    const response = await fetch('http://bobbin/v1/files', init);
    const message =
      "We could not parse the form of your request: send multipart/form-data with the fields 'purpose' and 'file'.";
    expect([response.status, await response.json()]).toEqual([400, errorBody(message)]);
  }
});

test('a file as large as a document may be is kept as it is, little by little, and a larger one is refused', async () => {
  let longest = 0;
  const kept = new Map<string, string>();
  const store = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: string) => {
      longest = Math.max(longest, value.length);
      kept.set(key, value);
    },
    delete: async (key: string) => kept.delete(key),
    clear: async () => kept.clear(),
  };
  const keyv = <T>(namespace: string) => new Keyv<T>({ store, namespace, serialize, deserialize });
  const { client } = openApi({ state: openState(keyv) });
  const limit = 50 * 1024 * 1024;
  const bytes = new Uint8Array(Buffer.alloc(limit + 1, 'a page of a long manual, number '));
  const upload = (content: Uint8Array<ArrayBuffer>) =>
    client.files.create({ file: new File([content], 'big'), purpose: 'assistants' });
  const { id } = await upload(bytes.subarray(1));
  expect(longest).toBeLessThan(limit / 20);
  const content = new Uint8Array(await (await client.files.content(id)).arrayBuffer());
  expect(Buffer.compare(content, bytes.subarray(1))).toBe(0);
  await client.files.delete(id);
  expect([...kept.keys()].filter((key) => key.startsWith('contents'))).toEqual([]);
  await expect(upload(bytes)).rejects.toThrow(`413 Maximum content size limit (${limit}) exceeded.`);
});

test('a file name cannot lead out of its folder', async () => {
  const { client } = openApi();
  const { filename } = await client.files.create({
    file: csv('x', '../../etc/passwd'),
    purpose: 'assistants',
  });
  expect(filename).toBe('passwd');
});

test.each([
  ['C:\\Users\\me\\report.pdf', 'report.pdf'],
  ['', 'file'],
  ['..', 'file'],
  ['a/', 'file'],
  ['new\nline\0.txt', 'newline.txt'],
  ['cod\u202exe.txt', 'codxe.txt'],
  [`${'ü'.repeat(300)}.csv`, `${'ü'.repeat(125)}.csv`],
  ['Übersicht 😀.csv', 'Übersicht 😀.csv'],
])('the file name %j becomes %j', (name, safe) => {
  expect(safeFilename(name)).toBe(safe);
});

test('no file name is more than a file system takes, or more than a name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
      const safe = safeFilename(name);
      expect(safe.isWellFormed()).toBe(true);
      expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255);
      expect(safe).toMatch(/^[^/\\\p{Cc}]+$/u);
      expect(['.', '..']).not.toContain(safe);
      expect(safeFilename(safe)).toBe(safe);
    }),
  );
});

test('the SDK gives the right class of error', async () => {
  const { client } = openApi();
  const upload = client.files.create({ file: csv(), purpose: 'batch' });
  await expect(upload).rejects.toThrow(BadRequestError);
});
