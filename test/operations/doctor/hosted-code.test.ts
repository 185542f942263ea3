import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openParts } from '../../../src/bot.ts';
import { well } from '../../../src/operations/doctor/finding.ts';
import { examineHostedCode } from '../../../src/operations/doctor/hosted-code.ts';
import { notHosted } from '../../../src/settings/hosted-code.ts';
import { readSettings } from '../../../src/settings/settings.ts';
import { type ResponsesOptions, startResponses } from '../../sim/responses.ts';
import { tempFolder } from '../../store/temp-folder.ts';
import { told } from './told.ts';

const KEY = 'sim-0123456789-abcdef';

async function settingsOf(env: Record<string, string>) {
  const path = join(await tempFolder(), 'ada.md');
  await writeFile(path, '---\nname: Ada\nmodel: sim-small\ncode_interpreter: hosted\n---\nHelp.');
  return readSettings({ ASSISTANT_FILE: path, ...env });
}

async function examined(options: ResponsesOptions, fault?: number) {
  const server = await startResponses({ apiKey: KEY, ...options });
  onTestFinished(() => server.close());
  if (fault)
    server.containers.fail('GET /containers', { status: fault, body: { error: { message: 'No.' } } });
  const settings = await settingsOf({
    OPENAI_BASE_URL: server.url,
    OPENAI_API_KEY: KEY,
    MODEL_API: 'responses',
  });
  const { examineContainers = () => Promise.reject(new Error('It is not examined.')) } = openParts(settings);
  async function* own() {
    yield well('Python starts.');
  }
  const lines = await told(() => examineHostedCode(examineContainers, own));
  for (const line of lines) expect(line).not.toContain(KEY);
  return { lines, server };
}

test('a provider with containers makes none for it, since they cost', async () => {
  const { lines, server } = await examined({});
  expect(lines).toEqual(['✓ Code runs in containers at the provider, which the key may use.']);
  expect(server.containers.all).toEqual([]);
});

test.each([
  ['a server without containers', { hostsCode: false as const }, undefined],
  ['a key without the right to them', {}, 403],
])('%s has our own Python run the code', async (_, options, fault) => {
  const { lines } = await examined(options, fault);
  expect(lines).toEqual([
    expect.stringMatching(
      /^! http:\S+ lets nobody make a container for code \(40[34]\)\. .*Bobbin's own Python runs the code: use a provider that has containers and a key that may use them, or leave code_interpreter out of assistant\.md\.$/,
    ),
    '✓ Python starts.',
  ]);
});

test('a provider that lets nobody in, or is not there, is told', async () => {
  expect((await examined({ apiKey: 'another-key-than-ours' })).lines).toEqual([
    expect.stringMatching(/^✗ http:\S+ refused the API key: check OPENAI_API_KEY\./),
  ]);
  const settings = await settingsOf({
    OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
    OPENAI_API_KEY: KEY,
    MODEL_API: 'responses',
  });
  const { examineContainers } = openParts(settings);
  await expect(examineContainers?.(new AbortController().signal)).rejects.toThrow(/^Could not reach http/);
});

test('where code is hosted all the same, or can’t be, is told in a sentence', async () => {
  expect(notHosted(await settingsOf({}))).toMatch(
    /because no provider is set: Bobbin's own Python runs the code\.$/,
  );
  expect(notHosted(await settingsOf({ ASSISTANTS_BASE_URL: 'http://127.0.0.1:1/v1' }))).toMatch(
    /ASSISTANTS_BASE_URL runs the code\.$/,
  );
  expect(notHosted(await settingsOf({ OPENAI_API_KEY: KEY }))).toBeUndefined();
  expect(openParts(await settingsOf({})).examineContainers).toBeUndefined();
});
