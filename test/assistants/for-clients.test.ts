import { describe, expect, test } from 'vitest';
import { createAssistants } from '../../src/assistants/index.ts';
import type { Model } from '../../src/assistants/models/model.ts';
import { memoryStore } from '../../src/store/sqlite/store.ts';
import { hurryClock } from '../sim/hurried-clock.ts';
import type { RawReply } from '../sim/model-server.ts';
import { ScriptedInterpreter } from '../sim/scripted-interpreter.ts';
import { ScriptedModel, says } from '../sim/scripted-model.ts';
import { all, clientOf } from './client.ts';
import { chat, responses } from './models/servers.ts';

/** What no client may read: where the provider is, whose key is used, and which of our settings would help. */
const SECRET =
  /127\.0\.0\.1|localhost|internal|\b10\.\d|https?:|OPENAI|MODEL|assistant\.md|sk-|org-|quota|billing/;

function open(model: Model) {
  const store = memoryStore();
  const log: { error: unknown; id: string | undefined }[] = [];
  const { fetch } = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    model,
    codeInterpreter: new ScriptedInterpreter(),
    onError: (error, request) => void log.push({ error, id: request?.id }),
  });
  return { client: clientOf({ fetch }), store, log };
}

/** How a run that failed is told: by polling, by its stream, and on its steps. */
async function failedRun(client: ReturnType<typeof clientOf>) {
  const { id: assistant_id } = await client.beta.assistants.create({ model: 'sim-small' });
  const { id } = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
  const { runs } = client.beta.threads;
  const { data, response } = await runs.create(id, { assistant_id, stream: true }).withResponse();
  const events = await all(data);
  const ended = events.findLast(({ event }) => event === 'thread.run.failed');
  const [run] = await all(runs.list(id));
  expect(ended?.data).toEqual(run);
  const steps = run ? await all(runs.steps.list(run.id, { thread_id: id })) : [];
  for (const { last_error } of steps) expect(last_error?.message).toBe(run?.last_error?.message);
  return { message: run?.last_error?.message ?? '', requestId: response.headers.get('x-request-id') ?? '' };
}

const refused = (status: number, message: string, code?: string): RawReply => ({
  status,
  headers: { 'x-should-retry': 'false' },
  body: { error: { message, type: 'invalid_request_error', param: null, code: code ?? null } },
});

const OPERATORS: [string, RawReply, RegExp][] = [
  [
    'a key that is wrong',
    refused(401, 'Incorrect API key provided: sk-abcdefgh.'),
    /^The model cannot be used/,
  ],
  [
    'a key without rights',
    refused(403, 'Project proj_abcdefghi has no access.'),
    /^The model cannot be used/,
  ],
  ['an address without the API', refused(404, 'Not Found'), /^The model cannot be used/],
  ['an account without money', refused(402, 'Add money: billing.'), /^The model cannot be used/],
  ['a quota that is used up', refused(429, 'No.', 'insufficient_quota'), /^The model cannot be used/],
  [
    'a limit of the account',
    refused(429, 'Rate limit reached in organization org-abcdefghi.', 'rate_limit_exceeded'),
    /^The model is limiting how much it answers: try again in a minute\./,
  ],
  [
    'a web page',
    { status: 200, body: '<!doctype html><title>internal</title>' },
    /^The model cannot be used/,
  ],
  [
    'a proxy that fails',
    refused(502, 'connect ECONNREFUSED 10.0.0.7:8000 (http://vllm.internal/v1)'),
    /^The model failed\. Try again in a moment\./,
  ],
  [
    'a refusal of the request, which names machines',
    refused(400, 'Bad schema at http://vllm.internal:8000/v1, see localhost:4000 or [::1]:80.'),
    /^The model refused the request \(400\)\. It says: Bad schema at \[address], see \[address] or \[address]\./,
  ],
  [
    'a refusal of the request, which names hosts and files',
    refused(
      400,
      'At /messages/0/content: getaddrinfo ENOTFOUND internal-db, pg.internal, db:5432, /srv/models/m.gguf.',
    ),
    /says: At \/messages\/0\/content: getaddrinfo ENOTFOUND \[address], \[address], \[address], \[path]\./,
  ],
];

describe.each([
  ['Chat Completions', chat],
  ['Responses', responses],
] as const)('what only the operator can mend (%s)', (_, provider) => {
  test.each(OPERATORS)(
    'is for the log, and for clients a sentence and its id: %s',
    async (_, reply, says) => {
      const { server, model } = await provider();
      server.next(reply);
      const { client, log } = open(model);
      const { message, requestId } = await failedRun(client);
      expect(message).toMatch(says);
      expect(message).not.toMatch(SECRET);
      expect(message).toContain(requestId);
      expect(log).toMatchObject([{ id: requestId, error: { message: expect.stringContaining(server.url) } }]);
    },
  );

  test('is so for a server that is not there, too', async () => {
    const { server, model } = await provider();
    await server.close();
    const { client, log } = open(model);
    const { message, requestId } = await failedRun(client);
    expect(message).toBe(
      `The model cannot be reached at the moment. Try again later. Those who run this server find the reason in its log, under ${requestId}.`,
    );
    expect(log).toMatchObject([{ error: { message: expect.stringContaining('OPENAI_BASE_URL') } }]);
  });

  test('is so for a model that went away after the assistant was made', async () => {
    const { model } = await provider({ models: ['other'] });
    const { message } = await failedRun(open(model).client);
    expect(message).toMatch(/^The requested model 'sim-small' does not exist\. These do: other\. Those who/);
    expect(message).not.toMatch(SECRET);
  });
});

test('what clients can mend is told as it is, and is no matter for the log', async () => {
  const { server, model } = await chat();
  const words = 'maximum context length is 10 tokens.';
  server.next(...Array.from({ length: 7 }, () => refused(400, words, 'context_length_exceeded')));
  const { client, log } = open(model);
  expect((await failedRun(client)).message).toMatch(/^The conversation does not fit/);
  expect(log).toEqual([]);
});

test('a failure of the store is the log’s, for requests and for runs, which name where to look', async () => {
  const { client, store, log } = open(new ScriptedModel(says('Hello.')));
  const { id: assistant_id } = await client.beta.assistants.create({ model: 'scripted' });
  const { id } = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
  const { data, response } = await client.beta.threads.runs
    .create(id, { assistant_id, stream: true })
    .withResponse();
  await store.close();
  hurryClock(50);
  const requestId = response.headers.get('x-request-id') ?? '';
  await expect(all(data)).rejects.toThrow(new RegExp(`could not save the run\\. .* under ${requestId}\\.$`));
  const failure = await client.beta.threads.create().catch((error: unknown) => error);
  expect(failure).toMatchObject({ status: 500, requestID: log.at(-1)?.id });
  expect(log.map(({ id }) => id)).toContain(requestId);
});
