import { toFile } from 'openai';
import { describe, expect, test } from 'vitest';
import { AT_ONCE, add, answer, asked, codeIn, LIMITED, scene, shownIn, thread } from './scene.ts';

const CONTENT = 'GET /containers/{id}/files/{file}/content';
const WRITES = { code: 'save()', writes: { '/mnt/data/a.txt': Buffer.from('content of a') } };
const LINKED = { hosted: [WRITES], text: 'See [a](sandbox:/mnt/data/a.txt).' };
const upload = async (api: { client: import('openai').default }, name: string, text: string) =>
  (await api.client.files.create({ file: await toFile(Buffer.from(text), name), purpose: 'assistants' })).id;
const failed = (status: number, message: string) => ({
  status,
  headers: AT_ONCE,
  body: { error: { message } },
});

describe('a file that code wrote', () => {
  test.each([
    ['breaks off on its way', ['cut'] as const],
    ['is refused for a moment', [LIMITED, failed(500, 'Oops.')]],
  ])('and that %s is fetched all the same', async (_, faults) => {
    const { server, open } = await scene({}, LINKED);
    server.containers.fail(CONTENT, ...faults);
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { messages, steps } = await answer(api, threadId, ask);
    const [message] = messages;
    expect(message && (await shownIn(api, message)).attached).toEqual(['a.txt']);
    expect(await codeIn(api, steps)).toEqual([{ input: 'save()', outputs: [] }]);
  });

  test('and that can’t be had with its call is had with the message that links to it', async () => {
    const { server, open } = await scene({}, LINKED);
    server.containers.fail(
      CONTENT,
      failed(404, 'Not there yet: http://10.0.0.5/v1, storage:9000, /srv/files/1.'),
    );
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { messages, steps } = await answer(api, threadId, ask);
    expect(await codeIn(api, steps)).toEqual([
      {
        input: 'save()',
        outputs: [
          expect.stringMatching(
            /The file a\.txt could not be fetched: .*Not there yet: \[address], \[address], \[path]\./,
          ),
        ],
      },
    ]);
    const [message] = messages;
    expect(message && (await shownIn(api, message))).toMatchObject({
      content: [{ links: [{ 'sandbox:/mnt/data/a.txt': 'a.txt' }] }],
      attached: ['a.txt'],
    });
  });

  test('and that can’t be had at all is told, and takes nothing along', async () => {
    const { server, open } = await scene({}, LINKED);
    server.containers.fail(CONTENT, ...Array(9).fill(failed(500, 'Oops.')));
    server.containers.fail('GET /containers/{id}/files', failed(403, 'Forbidden.'));
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { run, steps, messages } = await answer(api, threadId, ask);
    expect(run).toMatchObject({ status: 'completed', last_error: null });
    expect(await codeIn(api, steps)).toEqual([
      {
        input: 'save()',
        outputs: [expect.stringMatching(/Whether the code wrote files could not be seen: .*Forbidden/)],
      },
    ]);
    const [message] = messages;
    expect(message && (await shownIn(api, message))).toEqual({
      content: [{ text: LINKED.text, links: [] }],
      attached: [],
    });
  });

  test('and that is too large, or one of too many, is left and named', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 21 }, (_, at) => [`/mnt/data/${at}.txt`, Buffer.from(`${at}`)]),
    );
    const large = { '/mnt/data/large.bin': Buffer.alloc(32 * 1024 * 1024 + 1) };
    const { open } = await scene(
      {},
      {
        hosted: [{ code: 'many()', writes: { ...large, ...many } }, { code: 'more()' }],
        text: 'See sandbox:/mnt/data/20.txt and sandbox:/mnt/data/large.bin',
      },
    );
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { steps, messages } = await answer(api, threadId, ask);
    expect(await codeIn(api, steps)).toEqual([
      {
        input: 'many()',
        outputs: [
          expect.stringMatching(/20 files and 32 MB, so these files were left: large\.bin, 20\.txt\.\n$/),
        ],
      },
      { input: 'more()', outputs: [] },
    ]);
    const [message] = messages;
    expect(message && (await shownIn(api, message))).toMatchObject({
      content: [{ links: [{ 'sandbox:/mnt/data/20.txt': '20.txt' }] }],
      attached: expect.arrayContaining(['0.txt', '19.txt', '20.txt']),
    });
  });
});

describe('a file of people', () => {
  test('that is too large for the container is told to the model, once brought and not again', async () => {
    const { server, open } = await scene({ largestFile: 8 }, { text: 'One.' }, { text: 'Two.' });
    const { api } = open();
    const files = [await upload(api, 'large.csv', 'a,b,c,d,e'), await upload(api, 'small.csv', 'a,b')];
    const { threadId, ask } = await thread(api, 'Read.', files);
    await answer(api, threadId, ask);
    await add(api, threadId, 'Again.');
    await answer(api, threadId, ask);
    for (const { instructions } of asked(server))
      expect(instructions).toMatch(/The file large\.csv is not in \/mnt\/data\/: .*File is too large/);
    expect(server.containers.all[0]?.files).toHaveLength(1);
    expect(server.containers.calls.filter((call) => call.startsWith('POST'))).toEqual([
      'POST /containers',
      ...Array(2).fill('POST /containers/{id}/files'),
    ]);
  });

  test('that could not be brought for the moment is brought with the next question', async () => {
    const { server, open } = await scene({}, { text: 'One.' }, { text: 'Two.' });
    server.containers.fail('POST /containers/{id}/files', ...Array(3).fill(failed(503, 'Busy.')));
    const { api } = open();
    const { threadId, ask } = await thread(api, 'Read.', [await upload(api, 'data.csv', 'a,b')]);
    expect((await answer(api, threadId, ask)).run.status).toBe('completed');
    await add(api, threadId, 'Again.');
    await answer(api, threadId, ask);
    const [once, twice] = asked(server).map(({ instructions }) => String(instructions));
    expect(once).toMatch(/The file data\.csv is not in \/mnt\/data\/: .*Busy/);
    expect(twice).not.toMatch(/is not in/);
    expect(server.containers.all[0]?.files).toHaveLength(1);
  });
});

test('a container that takes no files at all is told of once, and the question is answered', async () => {
  const { server, open } = await scene({}, { text: 'One.' });
  server.containers.fail('POST /containers/{id}/files', failed(404, 'Invalid URL.'));
  const { api } = open();
  const { threadId, ask } = await thread(api, 'Read.', [await upload(api, 'data.csv', 'a,b')]);
  expect((await answer(api, threadId, ask)).run).toMatchObject({ status: 'completed', last_error: null });
  expect(asked(server)[0]?.instructions).toMatch(/The file data\.csv is not in .*Invalid URL/);
  expect(server.containers.all).toHaveLength(1);
});

describe('a provider that limits how much it does', () => {
  const error = { type: 'error', error: { code: 'rate_limit_exceeded', message: 'Rate limit reached.' } };

  test('in the middle of an answer is asked to go on from what has run', async () => {
    const { server, open } = await scene(
      {},
      {
        hosted: [{ code: 'print(1)', logs: '1' }],
        text: 'Never.',
        trouble: { insertAt: { frame: 10, raw: `data: ${JSON.stringify(error)}\n\n` } },
      },
      LIMITED,
      { hosted: [{ code: 'print(2)', logs: '2' }], text: 'Done.' },
    );
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { run, steps } = await answer(api, threadId, ask);
    expect(run).toMatchObject({ status: 'completed', last_error: null });
    expect(await codeIn(api, steps)).toEqual([
      { input: 'print(1)', outputs: ['1'] },
      { input: 'print(2)', outputs: ['2'] },
    ]);
    const input = asked(server).at(-1)?.input as Record<string, unknown>[];
    expect(input.map(({ type, role }) => type ?? role)).toEqual(['user', 'code_interpreter_call']);
  });

  test('where the container is made is asked again, and else people are told', async () => {
    for (const times of [1, 9]) {
      const { server, open } = await scene({}, { text: 'Done.' });
      server.containers.fail('POST /containers', ...Array(times).fill(LIMITED));
      const { api } = open();
      const { threadId, ask } = await thread(api);
      const { run } = await answer(api, threadId, ask);
      if (times === 1) expect(run.status).toBe('completed');
      else expect(run.last_error).toMatchObject({ code: 'rate_limit_exceeded' });
    }
  });
});

describe('where the provider can’t run code, our own Python does', () => {
  const OWN = {
    toolCalls: [{ id: 'call_1', name: 'code_interpreter', arguments: '{"code":"print(1)"}' }],
  };
  test.each([
    ['a server without containers', { hostsCode: false as const }, undefined],
    ['a key without the right to them', {}, failed(403, 'Missing scopes: api.containers.write.')],
    ['a server of Azure’s kind', {}, failed(404, 'Resource not found')],
  ])('%s', async (_, options, fault) => {
    const { server, open } = await scene(options, OWN, { text: 'One.' }, { text: 'Two.' });
    if (fault) server.containers.fail('POST /containers', fault);
    const { api } = open();
    const { threadId, ask } = await thread(api);
    expect((await answer(api, threadId, ask)).run.status).toBe('completed');
    await add(api, threadId, 'Again.');
    await answer(api, threadId, ask);
    expect(api.interpreter.requests.map((request) => request.code)).toEqual(['print(1)']);
    expect(api.problems).toHaveLength(1);
    expect(api.problems[0]).toContain(server.url);
    expect(asked(server)[0]?.tools).toMatchObject([{ type: 'function', name: 'code_interpreter' }, {}]);
    expect(asked(server)[0]?.include).toEqual(['reasoning.encrypted_content']);
  });

  test.each([
    "Hosted tool 'code_interpreter' is not supported with scripted.",
    "Invalid value: 'code_interpreter'. Supported values are: 'function'.",
    "[{'type': 'literal_error', 'loc': ('body', 'tools', 0, 'type'), 'msg': \"Input should be 'function'\", 'input': 'code_interpreter'}]",
  ])('a model that takes no such tool: %s', async (message) => {
    const refused = {
      status: 400,
      body: { error: { message, type: 'invalid_request_error', param: 'tools' } },
    };
    const { server, open } = await scene({}, refused, OWN, { text: 'One.' });
    const { api } = open();
    const { threadId, ask } = await thread(api);
    expect((await answer(api, threadId, ask)).run.status).toBe('completed');
    expect(api.interpreter.requests).toHaveLength(1);
    expect(api.problems).toHaveLength(1);
    expect(asked(server)).toHaveLength(3);
  });

  test('a model that does not reason still tells what its code put out', async () => {
    const { server, open } = await scene(
      { refuses: ['include'] },
      { hosted: [{ code: 'print(1)', logs: '1' }], text: 'One.' },
    );
    const { api } = open();
    const { threadId, ask } = await thread(api);
    const { steps } = await answer(api, threadId, ask);
    expect(await codeIn(api, steps)).toEqual([{ input: 'print(1)', outputs: ['1'] }]);
    expect(asked(server).at(-1)?.include).toEqual(['code_interpreter_call.outputs']);
  });
});

test('code that broke its container, and code that was cut off, are told as that', async () => {
  const { server, open } = await scene(
    {},
    { hosted: [{ code: 'boom()', status: 'failed' }], text: 'It broke.' },
    { hosted: [{ code: 'while', status: 'incomplete' }], finish: 'length' },
  );
  const { api } = open();
  const { threadId, ask } = await thread(api);
  expect((await answer(api, threadId, ask)).run.status).toBe('completed');
  await add(api, threadId, 'Again.');
  const { run } = await answer(api, threadId, ask);
  expect(run).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'max_completion_tokens' },
  });
  expect(api.interpreter.requests).toEqual([]);
  expect(server.containers.all).toHaveLength(1);
});
