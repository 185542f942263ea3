import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Problem } from '../../src/problem.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { tempFolder } from '../store/temp-folder.ts';

test("the repository's own assistant.md is valid and can run Python", async () => {
  const path = join(import.meta.dirname, '../..', 'assistant.md');
  const { assistant, model } = await readSettings({ ASSISTANT_FILE: path });
  expect(model.api).toBe('demo');
  expect(assistant.params).toMatchObject({ name: 'Bobbin', tools: [{ type: 'code_interpreter' }] });
});

test('MODEL is used instead of the model in the file', async () => {
  const path = join(await tempFolder(), 'ada.md');
  await writeFile(path, '---\nname: Ada\n---\nHelp.');
  const { assistant } = await readSettings({ ASSISTANT_FILE: path, MODEL: 'made-up-2' });
  expect(assistant.params.model).toBe('made-up-2');
});

test('the mistakes of the environment and of the file are one problem', async () => {
  const path = join(await tempFolder(), 'ada.md');
  await writeFile(path, '---\nname: Ada\n---\nHelp.');
  await expect(readSettings({ ASSISTANT_FILE: path, PORT: 'x' })).rejects.toThrow(
    new Problem(
      `Bobbin cannot start. Put this right:
- PORT is not a port: write a number from 0 to 65535, such as 3000.
- ${path}: model is missing: it must be the name of a model that your provider offers.`,
    ),
  );
});

test('code that is to be hosted needs the Responses API, unless there is no provider yet', async () => {
  const path = join(await tempFolder(), 'ada.md');
  await writeFile(path, '---\nname: Ada\nmodel: made-up-1\ncode_interpreter: hosted\n---\nHelp.');
  const provider = { OPENAI_API_KEY: 'sk-made-up-0123456789', OPENAI_BASE_URL: 'http://localhost:11434/v1' };
  await expect(readSettings({ ASSISTANT_FILE: path, ...provider })).rejects.toThrow(
    `Bobbin cannot start. Put this right:
- ${path}: code_interpreter is hosted, which only the Responses API has, and http://localhost:11434/v1 is asked by Chat Completions: set MODEL_API=responses if it has both, or leave code_interpreter out to run code in Bobbin's own Python.`,
  );
  for (const fine of [
    {},
    { OPENAI_API_KEY: provider.OPENAI_API_KEY },
    { ...provider, MODEL_API: 'responses' },
    { ...provider, ASSISTANTS_BASE_URL: 'http://localhost:3001/v1' },
  ]) {
    const { assistant } = await readSettings({ ASSISTANT_FILE: path, ...fine });
    expect(assistant.hostedCode).toEqual({});
  }
});
