import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAssistantFile, readAssistantFile } from '../../src/settings/assistant-file.ts';
import { tempFolder } from '../store/temp-folder.ts';
import { windowsFiles } from './windows-files.ts';

const file = (fields: string, body = 'Help people.') => `---\n${fields}\n---\n${body}\n`;
const MINIMAL = 'name: Ada\nmodel: made-up-1';

const parse = (text: string, model?: string) => parseAssistantFile(text, 'assistant.md', model);
const mistakesIn = (text: string) => parse(text).mistakes;

test('every field arrives where the API takes it', () => {
  const fields = `
name: Ada
description: Counts.
model: made-up-1
tools: [code_interpreter]
temperature: 0.5
top_p: 1
reasoning_effort: low
response_format: { type: json_object }
max_completion_tokens: 1000
max_prompt_tokens: 256
metadata: { team: tools }
greeting: Hello!
prompts:
  - title: Add
    message: What is 1 + 1?`;
  expect(parse(file(fields, '# Ada\n\nHelp.\n')).value).toEqual({
    params: {
      name: 'Ada',
      description: 'Counts.',
      model: 'made-up-1',
      instructions: '# Ada\n\nHelp.',
      tools: [{ type: 'code_interpreter' }],
      temperature: 0.5,
      top_p: 1,
      reasoning_effort: 'low',
      response_format: { type: 'json_object' },
      metadata: { team: 'tools' },
    },
    run: { max_completion_tokens: 1000, max_prompt_tokens: 256 },
    greeting: 'Hello!',
    prompts: [{ title: 'Add', message: 'What is 1 + 1?' }],
  });
});

test('a name, a model and instructions are enough', () => {
  expect(parse(file(MINIMAL)).value).toEqual({
    params: { name: 'Ada', model: 'made-up-1', instructions: 'Help people.', tools: [] },
    prompts: [],
    run: {},
  });
});

test('a tool may be written as the API writes it', () => {
  expect(parse(file(`${MINIMAL}\ntools:\n  - type: code_interpreter`)).value?.params.tools).toEqual([
    { type: 'code_interpreter' },
  ]);
});

test('the model of the environment is used instead of the one in the file, and when there is none', () => {
  expect(parse(file(MINIMAL), 'made-up-2').value?.params.model).toBe('made-up-2');
  expect(parse(file('name: Ada'), 'made-up-2').value?.params.model).toBe('made-up-2');
});

test('a byte order mark and Windows line ends make no difference', () => {
  const text = file(MINIMAL, 'One.\n\nTwo.');
  expect(parse(`\ufeff${text.replaceAll('\n', '\r\n')}`)).toEqual(parse(text));
});

test('a line --- in the instructions belongs to them', () => {
  expect(parse(file(MINIMAL, 'One.\n\n---\n\nTwo.')).value?.params.instructions).toBe('One.\n\n---\n\nTwo.');
});

test('any instructions come through as they were written', () => {
  const body = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((text) => text.trim() !== '' && !text.includes('\r'));
  fc.assert(
    fc.property(body, (text) => {
      expect(parse(file(MINIMAL, text)).value?.params.instructions).toBe(text.trim());
    }),
  );
});

test.each([
  ['an alias of nothing', 'name: *a', /^assistant\.md, the fields cannot be read: Unresolved alias/],
  [
    'aliases that multiply',
    `a: &a [x, x]\nb: &b [${'*a, '.repeat(9)}]\nc: &c [${'*b, '.repeat(9)}]\nd: [${'*c, '.repeat(9)}]`,
    /^assistant\.md, the fields cannot be read: Excessive alias count/,
  ],
])('%s is a mistake', (_, fields, mistake) => {
  expect(mistakesIn(file(fields))).toEqual([expect.stringMatching(mistake)]);
});

test('no text at all makes it throw', () => {
  const hostile = fc.array(
    fc.oneof(fc.constantFrom('---\n', '\n', ': ', '- ', '&a ', '*a', '{', '"', 'name'), fc.string()),
  );
  fc.assert(
    fc.property(hostile, (pieces) => {
      for (const text of [pieces.join(''), file(pieces.join(''))]) {
        const { value, mistakes } = parse(text);
        expect(value === undefined).toBe(mistakes !== undefined && mistakes.length > 0);
      }
    }),
  );
});

describe('a mistake is told with its line and what to write', () => {
  test.each([
    ['name:', 'line 2: name must be a text of 1 to 256 characters.'],
    ['name: 7', 'line 2: name must be a text of 1 to 256 characters.'],
    [`name: ${'x'.repeat(257)}`, 'line 2: name must be a text of 1 to 256 characters.'],
  ])('%s', (line, mistake) => {
    expect(mistakesIn(file(`${line}\nmodel: made-up-1`))).toEqual([`assistant.md, ${mistake}`]);
  });

  test.each([
    [`description: ${'x'.repeat(513)}`, 'line 4: description must be a text of at most 512 characters.'],
    ['temperature: 2.1', 'line 4: temperature must be a number from 0 to 2.'],
    ['temperature: warm', 'line 4: temperature must be a number from 0 to 2.'],
    ['temperature: .nan', 'line 4: temperature must be a number from 0 to 2.'],
    ['top_p: -1', 'line 4: top_p must be a number from 0 to 1.'],
    [
      'reasoning_effort: huge',
      'line 4: reasoning_effort must be one of none, minimal, low, medium, high, xhigh and max.',
    ],
    [
      'response_format: json',
      'line 4: response_format must be auto, or a map with the type text, json_object or json_schema.',
    ],
    ['max_prompt_tokens: 255', 'line 4: max_prompt_tokens must be a whole number from 256.'],
    ['max_completion_tokens: 0', 'line 4: max_completion_tokens must be a whole number from 1.'],
    [
      'metadata: { team: 5 }',
      'line 4: metadata must be at most 16 texts of up to 512 characters, under names of up to 64; put numbers in quotes.',
    ],
    [
      'tools: code_interpreter',
      'line 4: tools must be a list of tools; the known ones are: code_interpreter, file_search.',
    ],
    [
      'tools:\n  - code_interpreter\n  - web_search',
      'line 6: tools must be a list of tools; the known ones are: code_interpreter, file_search.',
    ],
    ['temprature: 1', 'line 4: temprature is not a field. Did you mean temperature?'],
    [
      'maxTokens: 1',
      'line 4: maxTokens is not a field. The fields are: name, description, model, tools, temperature, top_p, reasoning_effort, response_format, max_completion_tokens, max_prompt_tokens, metadata, greeting, prompts, knowledge, contact, stale_after, mcp.',
    ],
    ['name: Eve', 'line 4: Map keys must be unique.'],
    ['a: b: c', 'line 4: Nested mappings are not allowed in compact mappings.'],
  ])('%s', (line, mistake) => {
    expect(mistakesIn(file(`${MINIMAL}\n${line}`))).toEqual([`assistant.md, ${mistake}`]);
  });

  test.each([
    ['', "assistant.md is empty: write the assistant's fields and instructions into it."],
    [' \n\n', "assistant.md is empty: write the assistant's fields and instructions into it."],
    [
      'Just text.',
      'assistant.md, line 1: the fields are missing: begin the file with a line "---", the fields and a line "---".',
    ],
    ['---\nname: Ada\n', 'assistant.md, line 1: the fields have no end: close them with a line "---".'],
    [
      '---\njust text\n---\nHelp.',
      'assistant.md, line 2: the fields must be written as "name: value", each on a line of its own.',
    ],
    [
      file(MINIMAL, ' \n'),
      'assistant.md: the instructions are missing: write them below the second line "---".',
    ],
    [
      file(MINIMAL, 'x'.repeat(256_001)),
      'assistant.md: the instructions are 256001 characters long: shorten them to 256000.',
    ],
  ])('%.40s', (text, mistake) => {
    expect(mistakesIn(text)).toEqual([mistake]);
  });

  test('all of them together', () => {
    expect(mistakesIn('---\ntop_p: 3\ncolour: red\n---\n')).toEqual([
      'assistant.md: name is missing: it must be a text of 1 to 256 characters.',
      'assistant.md: model is missing: it must be the name of a model that your provider offers.',
      'assistant.md, line 2: top_p must be a number from 0 to 1.',
      expect.stringMatching(/^assistant\.md, line 3: colour is not a field\. The fields are: name,/),
      'assistant.md: the instructions are missing: write them below the second line "---".',
    ]);
  });
});

describe('the file itself', () => {
  test('is named when it does not exist', async () => {
    const path = join(await tempFolder(), 'assistant.md');
    expect((await readAssistantFile(path)).mistakes).toEqual([
      `${path} does not exist: write the assistant there, or set ASSISTANT_FILE to where it is.`,
    ]);
  });

  test('is named when a folder is in its place', async () => {
    const path = join(await tempFolder(), 'assistant.md');
    await mkdir(path);
    expect((await readAssistantFile(path)).mistakes).toEqual([
      `${path} is a folder: set ASSISTANT_FILE to the file in which the assistant is.`,
    ]);
  });

  test('is named when a file is where its folder should be', async () => {
    const path = join(await tempFolder(), 'file');
    await writeFile(path, '');
    expect((await readAssistantFile(join(path, 'assistant.md'))).mistakes).toEqual([
      expect.stringContaining('cannot be read: ENOTDIR'),
    ]);
  });

  test.each(Object.entries(windowsFiles('---\nname: Zoë\nmodel: made-up-1\n---\nHelp.\n')))(
    'is read as Windows saves it: %s',
    async (_, bytes) => {
      const path = join(await tempFolder(), 'assistant.md');
      await writeFile(path, bytes);
      expect((await readAssistantFile(path)).value?.params).toMatchObject({
        name: 'Zoë',
        instructions: 'Help.',
      });
    },
  );

  test.each([
    ['Latin-1', Buffer.from(file('name: Zoë\nmodel: made-up-1'), 'latin1')],
    ['half of UTF-16', Buffer.from(`\ufeff${file(MINIMAL)}`, 'utf16le').subarray(0, -1)],
    [
      'UTF-32',
      Buffer.from(
        [...'\ufeff---'].flatMap((letter) => [letter.charCodeAt(0) & 255, letter.charCodeAt(0) >> 8, 0, 0]),
      ),
    ],
  ])('is named when it is in %s', async (_, bytes) => {
    const path = join(await tempFolder(), 'assistant.md');
    await writeFile(path, bytes);
    expect((await readAssistantFile(path)).mistakes).toEqual([
      `${path} is not in UTF-8: save it again in that encoding.`,
    ]);
  });
});

describe('knowledge', () => {
  const knowledgeOf = (fields: string) => parse(file(`${MINIMAL}\n${fields}`));

  test('names files, folders and globs from where assistant.md is, and brings the tool that searches them', () => {
    const fields = `contact: Ada, ada@example.com
stale_after: 6 months
tools: [code_interpreter]
knowledge:
  - docs
  - { path: hr/**/*.md, owner: HR, audience: [slack:U0AB, 'slack:#HR', 'slack:#hr', "discord:123456789012345678"] }
  - path: ../board
    audience: slack:C0123`;
    const { value } = knowledgeOf(fields);
    expect(value?.params.tools).toEqual([{ type: 'code_interpreter' }, { type: 'file_search' }]);
    expect(value?.params).not.toHaveProperty('knowledge');
    expect(value?.knowledge).toEqual({
      root: process.cwd(),
      entries: [
        { path: 'docs' },
        {
          path: 'hr/**/*.md',
          owner: 'HR',
          audience: ['discord:123456789012345678', 'slack:#hr', 'slack:U0AB'],
        },
        { path: '../board', audience: ['slack:C0123'] },
      ],
      contact: 'Ada, ada@example.com',
      staleAfterDays: 180,
    });
    const twice = knowledgeOf('tools: [file_search]\nknowledge: [docs]').value;
    expect(twice?.params.tools).toEqual([{ type: 'file_search' }]);
    expect(knowledgeOf('knowledge: []').value?.params.tools).toEqual([]);
  });

  test.each([
    ['90', 90],
    ['"2 weeks"', 14],
    ['1 Year', 365],
    ['1 day', 1],
  ])('stale_after: %s is %i days', (written, days) => {
    expect(knowledgeOf(`stale_after: ${written}`).value?.knowledge?.staleAfterDays).toBe(days);
  });

  const named = /audience must be a list of channels, people and groups, such as slack:C0123ABCD/;
  test.each([
    ['stale_after: soon', /line 4: stale_after must be a number of days from 1/],
    ['stale_after: 0', /line 4: stale_after must be/],
    ['contact: ""', /line 4: contact must be a text/],
    ['contacts: Ada', /line 4: contacts is not a field. Did you mean contact\?/],
    ['knowledge: docs', /line 4: knowledge must be a list of files/],
    ['knowledge:\n  - docs\n  - 7', /line 6: knowledge must be/],
    ['knowledge:\n  - docs\n  - " "', /line 6: knowledge must be/],
    ['knowledge:\n  - audience: slack:C0123', /line 5: knowledge must be/],
    [
      'knowledge:\n  - path: hr\n    audiences: slack:C0123',
      /line 6: audiences is not a field .*Did you mean audience\?/,
    ],
    ['knowledge:\n  - path: hr\n    audience: []', named],
    ['knowledge:\n  - path: hr\n    audience:\n      - slack:C0123\n      - everyone', named],
    ['knowledge:\n  - path: hr\n    audience: "slack:ada"', named],
    ['knowledge:\n  - path: hr\n    audience: "discord:#hr"', named],
  ])('%j is a mistake', (fields, mistake) => {
    expect(knowledgeOf(fields).mistakes).toEqual([expect.stringMatching(mistake)]);
  });
});
