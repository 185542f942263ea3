import { APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError } from 'openai';
import { describe, expect, test } from 'vitest';
import { openState } from '../../src/assistants/state.ts';
import { clientOf, errorBody, memory, openApi, post, send } from './client.ts';

describe('An address that the API does not have', () => {
  test.each([
    ['GET', '/completions'],
    ['POST', '/chat/completions'],
    ['GET', '/threads/a/b/c/d'],
  ])('is answered with 404: %s %s', async (method, path) => {
    const answer = await send(openApi(), method, path);
    expect(answer).toEqual({ status: 404, body: errorBody(`Invalid URL (${method} /v1${path})`) });
  });

  test('is a NotFoundError to the SDK, and so is one without /v1', async () => {
    const { client, fetch } = openApi();
    await expect(client.batches.list()).rejects.toThrow(NotFoundError);
    expect((await fetch('http://bobbin/')).status).toBe(404);
    expect((await fetch('http://bobbin/nothing/x')).status).toBe(404);
  });
});

describe('A method that an address does not take', () => {
  test.each([
    ['PUT', '/assistants', 'GET, POST'],
    ['GET', '/threads', 'POST'],
    ['PATCH', '/threads/thread_x', 'GET, POST, DELETE'],
    ['POST', '/files/file-x', 'GET, DELETE'],
  ])('is answered with 405 and the methods that it takes: %s %s', async (method, path, allowed) => {
    const { fetch } = openApi();
    const headers = { 'openai-beta': 'assistants=v2' };
    const response = await fetch(`http://bobbin/v1${path}`, { method, headers });
    const message = `Not allowed to ${method} on /v1${path}. (HINT: Perhaps you meant to use a different HTTP method?)`;
    expect([response.status, response.headers.get('allow')]).toEqual([405, allowed]);
    expect(await response.json()).toEqual(errorBody(message));
  });
});

describe('The OpenAI-Beta header', () => {
  const message =
    "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header 'OpenAI-Beta: assistants=v2'.";

  test.each([[undefined], ['assistants=v1'], ['realtime=v1']])('is asked for when it is %j', async (beta) => {
    const { fetch } = openApi();
    for (const path of [
      '/assistants',
      '/assistants/asst_x',
      '/threads/thread_x',
      '/threads/thread_x/messages',
    ]) {
      const response = await fetch(`http://bobbin/v1${path}`, {
        headers: beta ? { 'openai-beta': beta } : {},
      });
      expect([response.status, await response.json()]).toEqual([
        400,
        errorBody(message, null, 'invalid_beta'),
      ]);
    }
  });

  test('may name other betas too', async () => {
    const { fetch } = openApi();
    const headers = { 'openai-beta': 'realtime=v1, assistants=v2' };
    expect((await fetch('http://bobbin/v1/assistants', { headers })).status).toBe(200);
  });

  test('is not needed for files, which are no beta', async () => {
    const { fetch } = openApi();
    expect((await fetch('http://bobbin/v1/files')).status).toBe(200);
  });
});

describe('A key', () => {
  const api = openApi({ apiKeys: ['sk-one', 'sk-two'] });

  test('of the server lets a client in', async () => {
    for (const apiKey of ['sk-one', 'sk-two']) {
      const client = clientOf({ fetch: api.fetch, apiKey });
      expect((await client.beta.assistants.list()).data).toEqual([]);
    }
  });

  test('that is wrong is refused and not repeated', async () => {
    for (const apiKey of ['sk-on', 'sk-one1', 'SK-ONE', 'sk-secret']) {
      const failure = clientOf({ fetch: api.fetch, apiKey }).beta.assistants.list();
      await expect(failure).rejects.toThrow(AuthenticationError);
      await expect(failure).rejects.toMatchObject({
        status: 401,
        code: 'invalid_api_key',
        message: '401 Incorrect API key provided.',
      });
    }
  });

  test.each([[''], ['Bearer'], ['Basic c2stb25l'], ['sk-one']])(
    'is asked for when the header is %j',
    async (header) => {
      const response = await api.fetch('http://bobbin/v1/files', { headers: { authorization: header } });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({
        error: { message: expect.stringContaining("You didn't provide an API key."), code: null },
      });
    },
  );

  test('is needed to learn which addresses there are', async () => {
    expect((await api.fetch('http://bobbin/v1/nothing')).status).toBe(401);
  });
});

describe('A body', () => {
  const cases: [string, unknown, string, string | null, string | null][] = [
    [
      'that is no object',
      [],
      'Invalid type: expected an object, but got an array instead.',
      null,
      'invalid_type',
    ],
    [
      'without what is needed',
      {},
      "Missing required parameter: 'model'.",
      'model',
      'missing_required_parameter',
    ],
    [
      'with an unknown parameter',
      { model: 'm', modle: 'm' },
      "Unknown parameter: 'modle'.",
      'modle',
      'unknown_parameter',
    ],
    [
      'with an unknown parameter deep inside',
      { model: 'm', tools: [{ type: 'code_interpreter', code: 1 }] },
      "Unknown parameter: 'tools[0].code'.",
      'tools[0].code',
      'unknown_parameter',
    ],
    [
      'with a value of the wrong type',
      { model: 7 },
      "Invalid type for 'model': expected a string, but got an integer instead.",
      'model',
      'invalid_type',
    ],
    [
      'with null for what must be there',
      { model: null },
      "Invalid type for 'model': expected a string, but got null instead.",
      'model',
      'invalid_type',
    ],
    [
      'with a number beyond its bounds',
      { model: 'm', temperature: 2.5 },
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
      'temperature',
      'decimal_above_max_value',
    ],
    [
      'with a whole number beyond the bounds of a decimal',
      { model: 'm', top_p: 3 },
      "Invalid 'top_p': decimal above maximum value. Expected a value <= 1, but got 3 instead.",
      'top_p',
      'decimal_above_max_value',
    ],
    [
      'with a text for a decimal',
      { model: 'm', temperature: '0.5' },
      "Invalid type for 'temperature': expected a decimal, but got a string instead.",
      'temperature',
      'invalid_type',
    ],
    [
      'with an empty text',
      { model: '' },
      "Invalid 'model': empty string. Expected a string with minimum length 1, but got an empty string instead.",
      'model',
      'empty_string',
    ],
    [
      'with an object for one of several words',
      { model: 'm', reasoning_effort: {} },
      "Invalid type for 'reasoning_effort': expected one of 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', or 'max', but got an object instead.",
      'reasoning_effort',
      'invalid_type',
    ],
    [
      'with a text that is too long',
      { model: 'm', name: 'x'.repeat(257) },
      "Invalid 'name': string too long. Expected a string with maximum length 256, but got a string with length 257 instead.",
      'name',
      'string_above_max_length',
    ],
    [
      'with too many tools',
      { model: 'm', tools: Array(129).fill({ type: 'code_interpreter' }) },
      "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 129 instead.",
      'tools',
      'array_above_max_length',
    ],
    [
      'with a tool that this server would not run',
      { model: 'm', tools: [{ type: 'file_search' }] },
      "Invalid value: 'file_search'. Supported values are: 'code_interpreter' and 'function'.",
      'tools[0].type',
      'invalid_value',
    ],
    [
      'with a tool without a type',
      { model: 'm', tools: [{}] },
      "Missing required parameter: 'tools[0].type'.",
      'tools[0].type',
      'missing_required_parameter',
    ],
    [
      'with a function name that models refuse',
      { model: 'm', tools: [{ type: 'function', function: { name: 'a b' } }] },
      "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
      'tools[0].function.name',
      'invalid_value',
    ],
    [
      'with a function name that is too long',
      { model: 'm', tools: [{ type: 'function', function: { name: 'f'.repeat(65) } }] },
      "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
      'tools[0].function.name',
      'string_above_max_length',
    ],
    [
      'with a function without a name',
      { model: 'm', tools: [{ type: 'function', function: { name: '' } }] },
      "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, but got an empty string instead.",
      'tools[0].function.name',
      'empty_string',
    ],
    [
      'with one tool that is no list',
      { model: 'm', tools: { type: 'code_interpreter' } },
      "Invalid type for 'tools': expected an array of objects, but got an object instead.",
      'tools',
      'invalid_type',
    ],
    [
      'with one file that is no list',
      { model: 'm', tool_resources: { code_interpreter: { file_ids: 'file-x' } } },
      "Invalid type for 'tool_resources.code_interpreter.file_ids': expected an array of strings, but got a string instead.",
      'tool_resources.code_interpreter.file_ids',
      'invalid_type',
    ],
    [
      'with a file that is none',
      { model: 'm', tool_resources: { code_interpreter: { file_ids: ['data.csv'] } } },
      "Invalid 'tool_resources.code_interpreter.file_ids[0]': 'data.csv'. Expected an ID that begins with 'file'.",
      'tool_resources.code_interpreter.file_ids[0]',
      'invalid_value',
    ],
    [
      'with a response format that does not exist',
      { model: 'm', response_format: 'json' },
      "Invalid value: 'json'. Supported values are: 'auto'.",
      'response_format',
      'invalid_value',
    ],
    [
      'with a mistake inside one of several shapes',
      { model: 'm', response_format: { type: 'json_schema', json_schema: {} } },
      "Missing required parameter: 'response_format.json_schema.name'.",
      'response_format.json_schema.name',
      'missing_required_parameter',
    ],
    [
      'with a type that none of several shapes has',
      { model: 'm', response_format: 3 },
      "Invalid type for 'response_format': expected one of 'auto' or object, but got an integer instead.",
      'response_format',
      'invalid_type',
    ],
    [
      'with metadata that is no text',
      { model: 'm', metadata: { n: 1 } },
      "Invalid type for 'metadata.n': expected a string, but got an integer instead.",
      'metadata.n',
      'invalid_type',
    ],
    [
      'with a metadata value that is too long',
      { model: 'm', metadata: { n: 'x'.repeat(513) } },
      "Invalid 'metadata.n': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
      'metadata.n',
      'string_above_max_length',
    ],
    [
      'with a metadata key that is too long',
      { model: 'm', metadata: { ['x'.repeat(65)]: '' } },
      "Invalid property name in 'metadata': 'xxx...xxx' is too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
      `metadata.${'x'.repeat(65)}`,
      'property_name_above_max_length',
    ],
    [
      'with too much metadata',
      { model: 'm', metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, ''])) },
      "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
      'metadata',
      'object_above_max_properties',
    ],
  ];

  test.each(cases)('%s is refused', async (_, body, message, param, code) => {
    expect(await post(openApi(), '/assistants', body)).toEqual({
      status: 400,
      body: errorBody(message, param, code),
    });
  });

  const messageCases: [string, unknown, string, string][] = [
    ['no content', { role: 'user' }, "Missing required parameter: 'content'.", 'content'],
    ['empty content', { role: 'user', content: '' }, 'Message content must be non-empty.', 'content'],
    ['no parts', { role: 'user', content: [] }, 'Message content must be non-empty.', 'content'],
    [
      'a role of another API',
      { role: 'system', content: 'x' },
      "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
      'role',
    ],
    [
      'content that is a number',
      { role: 'user', content: 5 },
      "Invalid type for 'content': expected one of a string or array of objects, but got an integer instead.",
      'content',
    ],
    [
      'a part of a kind that does not exist',
      { role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'video' }] },
      "Invalid value: 'video'. Supported values are: 'text', 'image_url', and 'image_file'.",
      'content[1].type',
    ],
    [
      'a part that is a text',
      { role: 'user', content: ['a'] },
      "Invalid type for 'content[0]': expected an object, but got a string instead.",
      'content[0]',
    ],
    [
      'an image at an address that no model may fetch',
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] },
      "Invalid 'content[0].image_url.url'. Expected a valid URL, but got a value with an invalid format.",
      'content[0].image_url.url',
    ],
  ];

  test.each(messageCases)('of a message with %s is refused', async (_, body, message, param) => {
    const api = openApi();
    const { id } = await api.client.beta.threads.create();
    const answer = await post(api, `/threads/${id}/messages`, body);
    expect(answer).toMatchObject({ status: 400, body: { error: { message, param } } });
  });

  test.each([['{'], ['{"model": "m",}'], ['\u0000'], ['{"model": \'m\'}'], ['['.repeat(200_000)]])(
    'of malformed JSON is refused: %.20s',
    async (body) => {
      const api = openApi();
      const answer = await post(api, '/assistants', body);
      expect(answer).toMatchObject({
        status: 400,
        body: {
          error: { message: expect.stringMatching(/^We could not parse the JSON body of your request\./) },
        },
      });
      expect(api.errors).toEqual([]);
    },
  );

  test('that is nested without end is refused', async () => {
    const body = `{"model": "m", "metadata": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const answer = await post(openApi(), '/assistants', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { message: expect.stringMatching(/parse|nested/) } });
  });

  test('cannot reach the prototype of anything', async () => {
    const api = openApi();
    const body = '{"model": "m", "metadata": {"__proto__": "x", "constructor": "y"}}';
    const answer = await post(api, '/assistants', body);
    expect(answer).toMatchObject({ status: 200, body: { metadata: { constructor: 'y' } } });
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(await post(api, '/assistants', '{"__proto__": {"model": "m"}}')).toMatchObject({ status: 400 });
  });

  test('is not repeated whole in the error about it', async () => {
    const long = 'x'.repeat(1_000_000);
    const start = `${'x'.repeat(100)}…`;
    expect(await post(openApi(), '/assistants', { model: 'm', [long]: 1 })).toEqual({
      status: 400,
      body: errorBody(`Unknown parameter: '${start}'.`, start, 'unknown_parameter'),
    });
    expect(await post(openApi(), '/assistants', { model: 'm', reasoning_effort: long })).toMatchObject({
      body: {
        error: { message: expect.stringMatching(/^Invalid value: 'x{100}…'\. Supported values are: /) },
      },
    });
  });

  test('may use names that mean something to JSON.stringify', async () => {
    const { client } = openApi();
    const metadata = { toJSON: 'x', base64: 'AAAA', value: ':base64:AAAA' };
    const { id } = await client.beta.assistants.create({ model: ':base64:', metadata });
    expect(await client.beta.assistants.retrieve(id)).toMatchObject({ model: ':base64:', metadata });
  });

  test('of more than 16 MiB is refused, whether or not its length is told', async () => {
    const api = openApi();
    const limit = 16 * 1024 * 1024;
    const tooLarge = { status: 413, body: errorBody(`Maximum content size limit (${limit}) exceeded.`) };
    expect(await post(api, '/assistants', ' '.repeat(limit + 1))).toEqual(tooLarge);
    const announced = await api.fetch('http://bobbin/v1/assistants', {
      method: 'POST',
      headers: { 'openai-beta': 'assistants=v2', 'content-length': String(limit + 1) },
      body: '{}',
    });
    expect([announced.status, await announced.json()]).toEqual([413, tooLarge.body]);
  });

  test('is an error of the right class to the SDK', async () => {
    const { client } = openApi();
    await expect(client.beta.assistants.create({ model: '' })).rejects.toThrow(BadRequestError);
  });
});

describe('An id', () => {
  const headers = { 'openai-beta': 'assistants=v2' };
  const get = async (path: string) => {
    const api = openApi();
    const response = await api.fetch(`http://bobbin/v1${path}`, { headers });
    expect(api.errors).toEqual([]);
    return { status: response.status, body: await response.json() };
  };

  test.each([
    ['/assistants/undefined', 'assistant_id', 'undefined', 'asst'],
    ['/threads/undefined/messages', 'thread_id', 'undefined', 'thread'],
    ['/threads/thread_x/messages/undefined', 'message_id', 'undefined', 'msg'],
    ['/threads/root', 'thread_id', 'root', 'thread'],
    ['/threads/__proto__/messages', 'thread_id', '__proto__', 'thread'],
    ['/threads/a%00b', 'thread_id', 'a\0b', 'thread'],
    ['/threads/..%2f..%2fetc', 'thread_id', '../../etc', 'thread'],
    [`/threads/${'x'.repeat(120)}`, 'thread_id', `${'x'.repeat(100)}…`, 'thread'],
    ['/assistants/%F0%9F%98%80', 'assistant_id', '😀', 'asst'],
  ])('of another kind is refused: %s', async (path, param, shown, prefix) => {
    const message = `Invalid '${param}': '${shown}'. Expected an ID that begins with '${prefix}'.`;
    expect(await get(path)).toEqual({ status: 400, body: errorBody(message, param, 'invalid_value') });
  });

  test.each([['thread_a%00b'], ['thread_..%2f'], ['thread_%F0%9F%98%80'], ['thread_%ff']])(
    'with characters that no id has is refused: %s',
    async (id) => {
      const { status, body } = await get(`/threads/${id}/messages`);
      expect(status).toBe(400);
      expect(body).toMatchObject({
        error: {
          message: expect.stringContaining(
            'Expected an ID that contains letters, numbers, underscores, or dashes, but this value contained additional characters.',
          ),
          param: 'thread_id',
          code: 'invalid_value',
        },
      });
    },
  );

  test('that is longer than any is refused', async () => {
    const id = `thread_${'x'.repeat(60)}`;
    const message =
      "Invalid 'thread_id': string too long. Expected a string with maximum length 64, but got a string with length 67 instead.";
    expect(await get(`/threads/${id}`)).toEqual({
      status: 400,
      body: errorBody(message, 'thread_id', 'string_above_max_length'),
    });
  });

  test.each([['a%00b'], ['%ff'], ['..%2f..%2fetc'], ['x'.repeat(5000)], ['__proto__'], ['root']])(
    'of a file that cannot be one is not found, and as a cursor it is the end: %.20s',
    async (id) => {
      expect((await get(`/files/${id}`)).status).toBe(404);
      expect((await get(`/assistants?after=${id}`)).body).toMatchObject({ data: [], has_more: false });
    },
  );
});

test('an unexpected failure is told to the log and not to the client', async () => {
  const broken = openState(memory);
  const cause = new Error('password=hunter2 is wrong');
  broken.assistants.get = () => Promise.reject(cause);
  const { fetch, errors } = openApi({ state: broken });
  const client = clientOf({ fetch, maxRetries: 2 });
  const failure = client.beta.assistants.retrieve('asst_x');
  await expect(failure).rejects.toThrow(InternalServerError);
  await expect(failure).rejects.toMatchObject({
    type: 'server_error',
    message: '500 The server had an error while processing your request. Sorry about that!',
  });
  await expect(failure).rejects.toBeInstanceOf(APIError);
  expect(errors).toEqual([cause]);
});
