import { describe, expect, it } from 'vitest';
import { collect, requestOf } from './collect.ts';
import { chat, responses } from './servers.ts';

const SSE = { 'content-type': 'text/event-stream' };
const unknown = /^The model `sim-small` is not offered by .*It offers: sim-large\. Set/;
const noTools = /^The model `sim-small` can't call tools, and this assistant has some/;
const loading =
  /^The model `sim-small` is not loaded at .* yet: load it there, or ask again in a minute\. It says: /;
const json = (body: object) => JSON.stringify(body);

/** What servers say, and what it means. None of it is about an API that is not there. */
const SAID: [who: string, status: number, body: string | object, means: RegExp][] = [
  [
    'Gemini, in a list',
    404,
    [
      {
        error: {
          code: 404,
          message: 'models/sim-small is not found for API version v1main',
          status: 'NOT_FOUND',
        },
      },
    ],
    unknown,
  ],
  [
    'Gemini, in a list',
    400,
    [{ error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }],
    /refused the request \(400\)\. It says: API key not valid\.$/,
  ],
  [
    'Gemini, in a list',
    429,
    [{ error: { code: 429, message: 'Quota exceeded', status: 'RESOURCE_EXHAUSTED' } }],
    /is limiting how much it answers.* It says: Quota exceeded\.$/,
  ],
  [
    'a list with status 200',
    200,
    [{ error: { code: 404, message: 'models/sim-small is not found' } }],
    unknown,
  ],
  ['Ollama, with status 200', 200, { error: "model 'sim-small' not found" }, unknown],
  [
    'vLLM, with status 200',
    200,
    { object: 'error', message: 'CUDA out of memory', code: 500 },
    /failed \(500\): ask again in a moment\. It says: CUDA out of memory\.$/,
  ],
  [
    'a gateway, with status 200',
    200,
    { code: 1301, msg: 'The key is out of money' },
    /It says: The key is out of money\.$/,
  ],
  ['FastAPI, with status 200', 200, { detail: 'Something is wrong' }, /It says: Something is wrong\.$/],
  [
    'OpenRouter, with empty choices',
    200,
    { choices: [], error: { code: 502, message: 'Bad gateway' } },
    /failed \(502\).*It says: Bad gateway\.$/,
  ],
  ['DeepSeek', 400, { error: { message: 'Model Not Exist' } }, unknown],
  ['OpenRouter', 400, { error: { message: 'sim-small is not a valid model ID', code: 400 } }, unknown],
  ['OpenRouter', 404, { error: { message: 'No endpoints found for sim-small.', code: 404 } }, unknown],
  [
    'Azure',
    404,
    {
      error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' },
    },
    unknown,
  ],
  [
    'OpenRouter',
    404,
    {
      error: { message: 'No endpoints found that support tool use. To learn more, see the docs.', code: 404 },
    },
    noTools,
  ],
  [
    'vLLM',
    400,
    {
      error: {
        message: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
      },
    },
    noTools,
  ],
  ['llama.cpp', 500, { error: { message: 'tools param requires --jinja flag', code: 500 } }, noTools],
  ['Groq', 400, { error: { message: '`tools` is not supported with this model' } }, noTools],
  ['Hugging Face', 503, { error: 'Model sim-small is currently loading', estimated_time: 20 }, loading],
  ['a proxy', 404, { error: { message: 'Model is loading' } }, loading],
  ['a server that sends a bare string', 503, json('Model is loading' as unknown as object), loading],
  [
    'LM Studio',
    404,
    { error: { message: 'No models loaded. Please load a model in the developer page.' } },
    loading,
  ],
  ['llama.cpp', 503, { error: { message: 'Loading model', code: 503 } }, loading],
  [
    'OpenRouter',
    404,
    { error: { message: 'No endpoints found matching your data policy.', code: 404 } },
    /refused the request \(404\)\. It says: No endpoints found matching your data policy\.$/,
  ],
  [
    'OpenAI',
    404,
    {
      error: {
        message: 'This is not a chat model and thus not supported in the v1/chat/completions endpoint.',
      },
    },
    /refused the request \(404\)\. It says: This is not a chat model/,
  ],
];

describe.each([
  ['chat completions', chat],
  ['responses', responses],
] as const)('a %s model', (_, start) => {
  it.each(SAID)('knows what %s means (%i %j)', async (_, status, body, means) => {
    const { server, model } = await start({ models: ['sim-small', 'sim-large'] });
    const headers = { 'content-type': 'application/json' };
    const reply = { status, headers, body };
    server.next(reply, reply, reply);
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(means);
  });

  it.each([
    ['as a list', 'data: [{"error":{"message":"CUDA out of memory","code":500}}]\n\n'],
    ['in the form of vLLM', 'data: {"object":"error","message":"CUDA out of memory","code":500}\n\n'],
    ['as a string', 'data: {"error":"CUDA out of memory"}\n\n'],
  ])('tells an error that comes in a stream %s', async (_, body) => {
    const { server, model } = await start();
    const reply = { status: 200, headers: SSE, body };
    server.next(reply, reply, reply);
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(/failed.*It says: CUDA out of memory\.$/);
  });

  it('waits for a model that is loading', async () => {
    const { server, model } = await start();
    server.next({ status: 404, body: { error: { message: 'Model is loading' } } });
    expect((await collect(model, requestOf('Hi'))).at(-1)).toEqual({ type: 'end', reason: 'stop' });
  });

  it('tells what the provider behind OpenRouter says', async () => {
    const { server, model } = await start();
    const metadata = { raw: '{"message":"temperature is too hot"}', provider_name: 'Else' };
    server.next({
      status: 400,
      body: { error: { message: 'Provider returned error', code: 400, metadata } },
    });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow('temperature is too hot');
  });
});
