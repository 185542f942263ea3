import { describe, expect, it } from 'vitest';
import { chatCompletionsModel } from '../../../src/assistants/models/chat-completions.ts';
import { type Model, ModelError, type ModelEvent } from '../../../src/assistants/models/model.ts';
import { STALL_TIMEOUT_MS } from '../../../src/assistants/models/remote/stall.ts';
import { timeLeaps } from '../../sim/time-leap.ts';
import { collect, failureOf, requestOf, textOf } from './collect.ts';
import { chat, responses } from './servers.ts';

const KEY = 'sk-test-0123456789';
const OVERLOADED = { status: 503, body: { error: { message: 'Overloaded.', type: 'server_error' } } };
const LIMITED = { error: { message: 'Rate limit reached.', type: 'requests', code: 'rate_limit_exceeded' } };

/** What comes before an answer fails, and how it fails. */
async function untilItFails(model: Model): Promise<{ events: ModelEvent[]; error: Error }> {
  const events: ModelEvent[] = [];
  const reading = async () => {
    for await (const event of model.respond(requestOf('Hi'), new AbortController().signal))
      events.push(event);
  };
  return { events, error: (await failureOf(reading())) as Error };
}

/** Both ways to reach a model meet the same troubles. */
describe.each([
  ['chat completions', chat, 1],
  ['responses', responses, 4],
] as const)('a %s model', (_, start, firstWord) => {
  it('says which variable to look at when the key is wrong, and does not show the key', async () => {
    const { model } = await start({ apiKey: 'sk-another' });
    const error = await failureOf(collect(model, requestOf('Hi')));
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /refused the API key: check OPENAI_API_KEY\. It says: Incorrect API key provided: \[redacted]\.$/,
      ),
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(KEY);
  });

  it('names the models that there are when one is unknown, the nearest first', async () => {
    const models = ['whisper', ...Array.from({ length: 20 }, (_, i) => `other-${i}`), 'sim-smile'];
    const { server, model } = await start({ models });
    await expect(collect(model, requestOf('Hi'))).rejects.toMatchObject({
      code: 'invalid_prompt',
      message: expect.stringMatching(
        new RegExp(
          `^The model \`sim-small\` is not offered by ${server.url}\\. It offers: sim-smile, .* and 14 more\\. Set`,
        ),
      ),
    });
  });

  it('tells a retired model from an unknown one', async () => {
    const { server, model } = await start();
    server.next({
      status: 404,
      body: { error: { message: 'The model `sim-small` has been deprecated.', code: 'model_not_found' } },
    });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(
      /is no longer offered by .* It says: The model `sim-small` has been deprecated\. It offers: sim-large\. Set/,
    );
  });

  it('says to check the base URL when there is no such API', async () => {
    const { server, model } = await start();
    server.next({ status: 404, body: '<html><body>Not here</body></html>' });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(/check OPENAI_BASE_URL/);
    server.next({ status: 404, body: { detail: 'Not Found' } });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(
      /does not have the .* API: check OPENAI_BASE_URL .* It says: Not Found\.$/,
    );
  });

  it('says to check the base URL when a web page comes with status 200', async () => {
    const { server, model } = await start();
    server.next({ status: 200, body: '<!doctype html><title>Welcome</title>' });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(
      /answered with a web page instead of a model's answer/,
    );
  });

  it('passes on why access is denied', async () => {
    const { server, model } = await start();
    server.next({
      status: 403,
      body: { error: { message: 'Country not supported', code: 'unsupported_country' } },
    });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(
      /may use the model `sim-small`\. It says: Country not supported\.$/,
    );
  });

  it('waits as long as Retry-After says and tries again', async () => {
    const { server, model } = await start();
    server.next(
      { status: 429, headers: { 'retry-after': '0.02' }, body: LIMITED },
      { status: 429, body: LIMITED },
    );
    expect(textOf(await collect(model, requestOf('Hi')))).toBe('You said: Hi');
    expect(server.requests.length).toBe(3);
  });

  it('gives up after three tries', async () => {
    const { server, model } = await start();
    server.next(OVERLOADED, OVERLOADED, OVERLOADED, { text: 'never' });
    await expect(collect(model, requestOf('Hi'))).rejects.toMatchObject({
      code: 'server_error',
      message: expect.stringMatching(/failed \(503\): ask again .* It says: Overloaded\.$/),
    });
    expect(server.requests.length).toBe(3);
  });

  it('does not keep a person waiting for a long Retry-After', async () => {
    const { server, model } = await start();
    server.next({ status: 429, headers: { 'retry-after': '3600' }, body: LIMITED });
    await expect(collect(model, requestOf('Hi'))).rejects.toMatchObject({
      code: 'rate_limit_exceeded',
      message: expect.stringContaining('ask again in 60 minutes'),
    });
    expect(server.requests.length).toBe(1);
  });

  it('does not try again when the quota is used up', async () => {
    const { server, model } = await start();
    server.next({
      status: 429,
      body: { error: { message: 'You exceeded your current quota.', code: 'insufficient_quota' } },
    });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(
      /has no quota left: check its plan and billing/,
    );
    expect(server.requests.length).toBe(1);
  });

  it('asks whether the server is running when it cannot be reached', async () => {
    const { server, model } = await start();
    await server.close();
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(
      `Could not reach ${server.url} (ECONNREFUSED): is the server running`,
    );
    expect(await model.offered(new AbortController().signal)).toEqual([]);
  });

  it.each([
    ['before the headers', { status: 200, body: undefined }],
    ['between two events', { text: 'One two three', trouble: { stallAt: 3 } }],
  ])('gives up when nothing comes %s', async (_, reply) => {
    const leap = timeLeaps();
    const { server, model } = await start();
    server.next(reply);
    const answer = untilItFails(model);
    await expect.poll(() => server.requests.length).toBe(1);
    // What came before it may still be on its way.
    const giveUp = setInterval(() => leap(STALL_TIMEOUT_MS), 1);
    const { error } = await answer;
    clearInterval(giveUp);
    expect(error.message).toContain(`${server.url} sent nothing for 60 seconds`);
    expect(server.requests.length).toBe(1);
  });

  it.each(['cutAt', 'endAt'] as const)('never takes a cut answer for a whole one (%s)', async (how) => {
    const { server, model } = await start();
    server.next({ text: ['One ', 'two ', 'three'], trouble: { [how]: firstWord + 2 } }, { text: 'never' });
    const { events, error } = await untilItFails(model);
    expect(textOf(events)).toBe('One two ');
    expect(error.message).toBe(
      `The connection to ${server.url} broke off before the answer was complete. Ask again.`,
    );
    expect(server.requests.length).toBe(1);
  });

  it('tries again when the answer is cut before its first word', async () => {
    const { server, model } = await start();
    server.next({ text: 'lost', trouble: { cutAt: 1 } });
    expect(textOf(await collect(model, requestOf('Hi')))).toBe('You said: Hi');
    expect(server.requests.length).toBe(2);
  });

  it('says that a frame is no JSON, and keeps what came before it', async () => {
    const { server, model } = await start();
    const insertAt = { frame: firstWord + 1, raw: 'data: {"choices": [{"del\n\n' };
    server.next({ text: ['One ', 'two'], trouble: { insertAt } });
    const { events, error } = await untilItFails(model);
    expect(textOf(events)).toBe('One ');
    expect(error.message).toContain('not valid JSON');
    expect(server.requests.length).toBe(1);
  });

  it('says that the APIs do not fit when nothing it knows comes', async () => {
    const { server, model } = await start();
    const body = 'data: {"type":"message_start"}\n\ndata: {"type":"ping"}\n\n';
    server.next({ status: 200, headers: { 'content-type': 'text/event-stream' }, body });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(
      /check that OPENAI_BASE_URL and MODEL_API fit together/,
    );
  });

  it('tells an error that comes inside the stream', async () => {
    const { server, model } = await start();
    const body = 'data: {"error":{"message":"CUDA out of memory","code":400}}\n\n';
    server.next({ status: 200, headers: { 'content-type': 'text/event-stream' }, body });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(/CUDA out of memory/);
  });

  it('tells an error that comes with status 200', async () => {
    const { server, model } = await start();
    server.next({ status: 200, body: { error: { message: 'Insufficient Balance', code: 'billing' } } });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(/no quota left.*Insufficient Balance/);
  });

  it.each([
    ['OpenAI', 400, { error: { message: 'Your input is too big.', code: 'context_length_exceeded' } }],
    [
      'vLLM',
      400,
      {
        object: 'error',
        message: "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
        code: 400,
      },
    ],
    [
      'llama.cpp',
      400,
      {
        error: {
          code: 400,
          message:
            'request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it',
          type: 'exceed_context_size_error',
        },
      },
    ],
    [
      'LM Studio',
      500,
      { error: { code: 500, message: 'Context size has been exceeded.', type: 'server_error' } },
    ],
  ])('recognises a conversation that is too long in the words of %s', async (_, status, body) => {
    const { server, model } = await start();
    server.next({ status, body });
    await expect(collect(model, requestOf('Hi'))).rejects.toMatchObject({
      contextExceeded: true,
      code: 'invalid_prompt',
    });
    expect(server.requests.length).toBe(1);
  });

  it.each([
    ['a pending read', { text: 'One two three', trouble: { stallAt: 4 } }],
    ['pending headers', { status: 200, body: undefined }],
    ['a retry', { status: 429, headers: { 'retry-after': '20' }, body: LIMITED }],
  ])('stops at once when it is aborted during %s', async (_, reply) => {
    const { server, model } = await start();
    server.next(reply);
    const controller = new AbortController();
    const reason = new Error('Enough.');
    const answer = failureOf(collect(model, requestOf('Hi'), controller.signal));
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 30));
    controller.abort(reason);
    expect(await answer).toBe(reason);
    while (server.open() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('closes the connection when nobody listens any more', async () => {
    const { server, model } = await start();
    server.next({ text: 'One two three', trouble: { stallAt: firstWord + 1 } });
    for await (const event of model.respond(requestOf('Hi'), new AbortController().signal)) {
      expect(event.type).toBe('text');
      break;
    }
    while (server.open() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

describe('a model that cannot call tools', () => {
  it('says so in words that help', async () => {
    const { server, model } = await chat();
    server.next({
      status: 400,
      body: { error: { message: 'gemma3:4b does not support tools', type: 'api_error' } },
    });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(
      /can't call tools, and this assistant has some/,
    );
  });
});

describe('a password in the address', () => {
  it('is shown to nobody', async () => {
    const model = chatCompletionsModel({
      baseURL: 'http://ada:secret-word@127.0.0.1:9/v1',
      apiKey: KEY,
      retryDelayMs: 1,
    });
    const error = await failureOf(collect(model, requestOf('Hi')));
    expect(error).toMatchObject({
      message: expect.stringContaining('Could not reach http://[redacted]@127.0.0.1:9/v1'),
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret-word');
  });
});

describe('an empty answer', () => {
  it('is tried again', async () => {
    const { server, model } = await chat();
    server.next({ status: 204, body: '' });
    expect(textOf(await collect(model, requestOf('Hi')))).toBe('You said: Hi');
  });
});

describe('an address that cannot be one', () => {
  it('is told with what is wrong with it', async () => {
    const model = chatCompletionsModel({ baseURL: 'localhost:11434/v1', apiKey: KEY, retryDelayMs: 1 });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(
      /^Could not reach localhost:11434\/v1 \(.+\): is the server running, and is OPENAI_BASE_URL right\?$/,
    );
  });
});

describe('an address that does not exist', () => {
  /** A label may have 63 characters, so no name server is asked for this one. */
  const NO_HOST = 'x'.repeat(64);

  it('is told with its name', async () => {
    const model = chatCompletionsModel({
      baseURL: `http://${NO_HOST}/v1`,
      apiKey: KEY,
      retryDelayMs: 1,
    });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow(
      new RegExp(`^Could not reach http://${NO_HOST}/v1 \\(E\\w+\\)`),
    );
  });
});
