import type { AssistantTool } from 'openai/resources/beta/assistants';
import { expect, test } from 'vitest';
import type { Fetch } from '../../../src/assistants/in-process-fetch.ts';
import type { Attachment, IncomingMessage } from '../../../src/platform.ts';
import { pdf } from '../../assistants/file-search/documents/pdf-file.ts';
import { openMemory } from '../../assistants/file-search/scene.ts';
import { fileSearchOver } from '../../knowledge/scene.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { end, python, ScriptedModel, says, search } from '../../sim/scripted-model.ts';
import { from, openHarness } from '../harness.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const file = (name: string, type: string, size = 3): Attachment => ({
  name,
  type,
  size,
  url: `https://files.test/${name}`,
});

function withFiles(text: string, ...attachments: Attachment[]): IncomingMessage {
  return { ...from('Ann', text), attachments };
}

/** What the platform's server has, by the file's name. */
const downloads =
  (contents: Record<string, Uint8Array>) =>
  async ({ name }: Attachment) => {
    const bytes = contents[name];
    if (!bytes) throw new Error('404');
    return bytes;
  };

/** All text that the model was given in its last request. */
const told = (model: ScriptedModel) => JSON.stringify(model.requests.at(-1)?.items);

test('a file is there for the code interpreter, and the model knows where', async () => {
  const model = new ScriptedModel([...python('open("/mnt/data/a.csv")'), end()], says('Read.'));
  const codeInterpreter = new ScriptedInterpreter();
  const { turn } = await openHarness({
    model,
    codeInterpreter,
    download: downloads({ 'a.csv': Buffer.from('1,2') }),
  });
  expect((await turn([withFiles('Add them up', file('a.csv', 'text/csv'))])).outcome).toEqual({
    status: 'completed',
  });
  const [given] = codeInterpreter.requests[0]?.files ?? [];
  expect(given?.name).toBe('a.csv');
  expect(Buffer.from((await given?.read()) ?? []).toString()).toBe('1,2');
  expect(told(model)).toContain('/mnt/data/a.csv');
});

test('an image is for the eyes of the model, too', async () => {
  const model = new ScriptedModel(says('A dot.'));
  const { turn } = await openHarness({ model, download: downloads({ 'dot.png': PNG }) });
  await turn([withFiles('', file('dot.png', 'image/png'))]);
  expect(told(model)).toContain(`data:image/png;base64,${PNG.toString('base64')}`);
});

test.each([
  [
    'is too large by its own account',
    file('big.bin', 'application/zip', 30_000_000),
    'it is larger than 25 MB',
  ],
  ['is larger than it said', file('lies.bin', 'application/zip'), 'it is larger than 25 MB'],
  ['is empty', file('empty.txt', 'text/plain', 0), 'it is empty'],
  ['cannot be fetched', file('gone.txt', 'text/plain'), 'it could not be fetched'],
])(
  'a file that %s is named in the message, which is answered all the same',
  async (_, attachment, reason) => {
    const model = new ScriptedModel(says('I see no file.'));
    const contents = { 'lies.bin': new Uint8Array(26 * 1024 * 1024), 'empty.txt': new Uint8Array() };
    const { turn } = await openHarness({ model, download: downloads(contents) });
    const reply = await turn([withFiles('Look', attachment)]);
    expect(reply.text).toBe('I see no file.');
    expect(told(model)).toContain(`Look\\n[The file \\"${attachment.name}\\" is not here: ${reason}`);
  },
);

test('more files than a message can bring are named', async () => {
  const model = new ScriptedModel(says('ok'));
  const names = Array.from({ length: 11 }, (_, i) => `f${i}.txt`);
  const contents = Object.fromEntries(names.map((name) => [name, Buffer.from('x')]));
  const { turn } = await openHarness({ model, download: downloads(contents) });
  await turn([withFiles('Look', ...names.map((name) => file(name, 'text/plain')))]);
  expect(told(model)).toContain('f10.txt\\" is not here: a message can bring 10 files');
  expect(told(model)).toContain('/mnt/data/f9.txt');
});

test('files and images that a run brings forth are part of the reply, in order', async () => {
  const code = 'plot()';
  const files = [
    { name: 'plot.png', bytes: PNG },
    { name: 'table.csv', bytes: Buffer.from('a,b') },
  ];
  const codeInterpreter = new ScriptedInterpreter({ [code]: { files } });
  const model = new ScriptedModel(
    [...python(code), end()],
    says('Here is [the table](sandbox:/mnt/data/table.csv).'),
  );
  const { turn } = await openHarness({ model, codeInterpreter });
  const reply = await turn([from('Ann', 'plot')]);
  expect(reply.files.map(({ name }) => name)).toEqual(['plot.png', 'table.csv']);
  expect(Buffer.from(reply.files[1]?.bytes ?? []).toString()).toBe('a,b');
});

const SEARCHES = [{ type: 'file_search' as const }];
const BOTH = [{ type: 'code_interpreter' as const }, ...SEARCHES];
const PLANS = 'The aardvark project begins on Monday.';

/** A bot whose assistant has these tools, over a server that can search. */
function searching(
  model: ScriptedModel,
  contents: Record<string, Uint8Array>,
  tools: AssistantTool[] = BOTH,
) {
  const store = openMemory();
  return openHarness({
    model,
    store,
    tools,
    fileSearch: fileSearchOver(store),
    download: downloads(contents),
  });
}

test.each([
  ['also', BOTH],
  ['only', SEARCHES],
])('a document is searched in its conversation, %s', async (_how, tools) => {
  const model = new ScriptedModel([...search(['aardvark']), end()], says('On Monday.'));
  const { turn } = await searching(model, { 'plans.md': Buffer.from(PLANS), 'dot.png': PNG }, tools);
  const attached = [file('plans.md', 'text/markdown'), file('dot.png', 'image/png')];
  expect((await turn([withFiles('When does it begin?', ...attached)])).text).toBe('On Monday.');
  expect(told(model)).toContain(`> ${PLANS}`);
  expect(told(model)).toContain('whose text can be searched');
  expect(told(model).includes('/mnt/data/plans.md')).toBe(tools === BOTH);
});

test('what an assistant without a search is given is not searched', async () => {
  const model = new ScriptedModel(says('Read.'));
  const contents = { 'scan.pdf': pdf([], []) };
  const { turn, client, threadId } = await searching(model, contents, [{ type: 'code_interpreter' }]);
  await turn([withFiles('Read it', file('scan.pdf', 'application/pdf'))]);
  expect(told(model)).not.toContain('searched');
  const thread = await client.beta.threads.retrieve(await threadId());
  expect(thread.tool_resources?.file_search).toBeUndefined();
});

test.each([
  [
    'a scanned PDF',
    'scan.pdf',
    pdf([], []),
    'holds no text, only pictures of it: run a text recognition (OCR) over it first.',
  ],
  [
    'a film',
    'talk.mp4',
    Buffer.from('\0\0\0 ftypisom'),
    'is a sound or a video: add its transcript as text.',
  ],
  ['a broken archive', 'all.zip', Buffer.from('PK\x03\x04 torn'), 'is a broken ZIP archive or document'],
])(
  '%s can not be searched, and the model knows why, in this turn and later',
  async (_, name, bytes, reason) => {
    const model = new ScriptedModel(says('I could not read it.'));
    const { turn } = await searching(model, { [name]: bytes });
    await turn([withFiles('What does it say?', file(name, 'application/octet-stream'))]);
    const sentence = `[Attached file: /mnt/data/${name}, whose text can't be searched: ${name} ${reason}`;
    expect(told(model)).toContain(sentence);
    await turn([from('Ann', 'And now?')]);
    expect(told(model)).toContain(sentence);
  },
);

test.each([
  ['also', BOTH, '/mnt/data/a.xyz'],
  ['only', SEARCHES, 'a.xyz is not supported for retrieval'],
])('a server that does not search such files is given them without, %s', async (_how, tools, seen) => {
  const model = new ScriptedModel(says('I see.'));
  const refuses =
    (fetch: Fetch): Fetch =>
    async (input, init) => {
      const request = new Request(input, init);
      const body = await request.clone().text();
      const isRefused = request.url.endsWith('/messages') && body.includes('"file_search"');
      const error = { message: 'a.xyz is not supported for retrieval', type: 'invalid_request_error' };
      return isRefused ? Response.json({ error }, { status: 400 }) : fetch(request);
    };
  const { turn, client } = await openHarness({
    model,
    tools,
    network: refuses,
    download: downloads({ 'a.xyz': Buffer.from(PLANS) }),
  });
  const reply = await turn([withFiles('Read it', file('a.xyz', 'text/plain'))]);
  expect(reply.text).toBe('I see.');
  expect(told(model)).toContain("[The attached files can't be searched: 400 a.xyz is not supported");
  expect(told(model)).toContain(seen);
  // What nothing opens is not left behind.
  expect((await client.files.list()).data).toHaveLength(tools === BOTH ? 1 : 0);
});

const KB = 1024;
const QUOTA = { run: 10 * KB, conversation: 20 * KB, day: 30 * KB, days: 30 };

test('the files of a message are fetched one after the other', async () => {
  const model = new ScriptedModel(says('ok'));
  let [underWay, most] = [0, 0];
  const { turn } = await openHarness({
    model,
    download: async () => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
      return Buffer.from('x');
    },
  });
  await turn([withFiles('Look', ...['a.txt', 'b.txt', 'c.txt'].map((name) => file(name, 'text/plain')))]);
  expect(most).toBe(1);
  expect(told(model)).toContain('/mnt/data/c.txt');
});

test('of what people send no more is kept than a conversation and a day may have, and the answer can speak of it', async () => {
  const model = new ScriptedModel(says('ok'));
  const { turn, client } = await openHarness({
    model,
    quota: QUOTA,
    download: async ({ name }) => Buffer.alloc(name === 'small.txt' ? 1 : 8 * KB, 'x'),
  });
  const names = ['a.txt', 'b.txt', 'c.txt', 'small.txt'];
  await turn([withFiles('Look', ...names.map((name) => file(name, 'text/plain')))]);
  const kept = (await client.files.list({ order: 'asc' })).data;
  expect(kept.map(({ filename }) => filename)).toEqual(['a.txt', 'b.txt', 'small.txt']);
  expect(told(model)).toContain(
    'c.txt\\" is not here: The files of one conversation may have 20 KB together within 30 days, of which 4 KB are left: make do with less, or begin a new conversation.',
  );
  // What is made is counted by itself.
  expect(kept.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(16 * KB + 1);
});
