import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAI } from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { openParts } from '../../../src/bot.ts';
import { examineAssistantsServer } from '../../../src/operations/doctor/assistants-server.ts';
import { examineModel } from '../../../src/operations/doctor/model.ts';
import { readSettings, type Settings } from '../../../src/settings/settings.ts';
import { serveApi } from '../../assistants/served.ts';
import { startChatCompletions } from '../../sim/chat-completions.ts';
import type { ServerOptions } from '../../sim/model-server.ts';
import { told } from './told.ts';

const KEY = 'sim-0123456789-abcdef';

async function provider(options: ServerOptions = {}) {
  const server = await startChatCompletions({ models: ['sim-small'], ...options });
  onTestFinished(() => server.close());
  return server;
}

async function model(url: string, name = 'sim-small', ask = false): Promise<string[]> {
  const settings = await readSettings({ OPENAI_BASE_URL: url, OPENAI_API_KEY: KEY, MODEL: name });
  const lines = await told(() => examineModel(openParts(settings), name, ask));
  for (const line of lines) expect(line).not.toContain(KEY);
  return lines;
}

const UNASKED = expect.stringMatching(/^\? Whether it answers is seen by a question.*--ask\.$/);

test('a provider with the model costs nothing until it is asked', async () => {
  const server = await provider();
  expect(await model(server.url)).toEqual([
    '✓ The provider answers, and offers the model sim-small.',
    UNASKED,
  ]);
  expect(server.requests).toEqual([]);
  expect((await model(server.url, 'sim-small', true))[1]).toBe('✓ The model sim-small answers.');
  expect(server.requests.map(({ body }) => body.max_tokens)).toEqual([16]);
});

test('a provider that answers and has another model, or no list', async () => {
  const { url } = await provider({ models: ['sim-small', 'sim-large'] });
  expect((await model(url, 'sim-smal'))[0]).toMatch(
    /^✗ .* does not list the model sim-smal: .* to one of these: sim-small, sim-large\.$/,
  );
  const unlisted = await provider({ listed: null });
  expect((await model(unlisted.url))[0]).toMatch(/^\? The provider answers, but has no list/);
  expect(await model(unlisted.url, 'gpt-x', true)).toEqual([
    expect.stringMatching(/^\? /),
    expect.stringMatching(/^✗ The model `gpt-x` is not offered by http/),
  ]);
});

test('a provider that does not answer, or not to this key', async () => {
  expect((await model('http://127.0.0.1:1/v1'))[0]).toMatch(/^✗ Could not reach http:\/\/127\.0\.0\.1:1\/v1/);
  const { url } = await provider({ apiKey: 'another-key-than-ours' });
  expect(await model(url, 'sim-small', true)).toEqual([
    expect.stringMatching(/^✗ .* refused the API key: check OPENAI_API_KEY\./),
    expect.stringMatching(/^✗ .* refused the API key: check OPENAI_API_KEY\./),
  ]);
});

test('the demo needs no provider', async () => {
  const parts = openParts(await readSettings({}));
  expect(await told(() => examineModel(parts, 'any', true))).toEqual([
    '✓ No provider is set: the built-in offline demo answers.',
  ]);
});

/** A server that has the same web page for everything. */
async function webPage(): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><h1>Welcome</h1>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

test('a web page is no provider and no Assistants server', async () => {
  const url = await webPage();
  expect((await model(url))[0]).toMatch(/^✗ .* check .*OPENAI_BASE_URL/);
  expect(await told(() => examineAssistantsServer(url, {}))).toEqual([
    `✗ ASSISTANTS_BASE_URL, ${url}, answers, but not as an Assistants server. Check it and ASSISTANTS_API_KEY.`,
  ]);
});

test('another Assistants server lets Bobbin in or not, and has the assistant that is named or not', async () => {
  const { origin } = await serveApi({ apiKeys: ['the-key-of-the-server'] });
  const baseURL = `${origin}/v1`;
  const access = { apiKey: 'the-key-of-the-server' };
  const examined = (settings: Settings['assistants'], url = baseURL) =>
    told(() => examineAssistantsServer(url, settings));
  const { beta } = new OpenAI({ baseURL, ...access });
  const { id: assistantId } = await beta.assistants.create({ model: 'm' });
  expect(await examined({ ...access, assistantId })).toEqual([
    `✓ ${baseURL} lets Bobbin in.`,
    `✓ It has the assistant ${assistantId}.`,
  ]);
  expect((await examined({ ...access, assistantId: 'asst_none' }))[1]).toMatch(
    /^✗ ASSISTANT_ID names asst_none/,
  );
  expect(await examined({ apiKey: 'another' })).toEqual([
    expect.stringMatching(/^✗ ASSISTANTS_BASE_URL, .* answered: 401 .* Check it and ASSISTANTS_API_KEY\.$/),
  ]);
  expect(await examined({}, 'http://127.0.0.1:1/v1')).toEqual([
    '✗ ASSISTANTS_BASE_URL, http://127.0.0.1:1/v1, could not be reached. Check it and ASSISTANTS_API_KEY.',
  ]);
});
