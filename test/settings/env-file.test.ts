import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Problem } from '../../src/problem.ts';
import { loadEnvFile, parseEnvFile } from '../../src/settings/env-file.ts';
import { tempFolder } from '../store/temp-folder.ts';
import { windowsFiles } from './windows-files.ts';

const parse = (text: string) => parseEnvFile(Buffer.from(text));

test('any file means the same in each of the encodings of Windows', () => {
  const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,9}$/);
  const value = fc.string({ unit: fc.constantFrom(...'aZ09 -_é€語😀#=\\') }).map((text) => `"${text}"`);
  const files = fc.array(fc.tuple(name, value), { minLength: 1 });
  fc.assert(
    fc.property(files, (settings) => {
      const text = settings.map(([key, setting]) => `${key}=${setting}\n`).join('');
      for (const bytes of Object.values(windowsFiles(text)))
        expect(parseEnvFile(bytes).value).toEqual({ ...parseEnv(text) });
    }),
  );
});

test('lines that end with carriage returns alone are lines', () => {
  expect(parse('# keys\rA=1\rB=2\r').value).toEqual({ A: '1', B: '2' });
});

test.each(['', '\ufeff', '# nothing yet\n\n', '#A=1'])('a file that sets nothing is fine: %j', (text) => {
  expect(parse(text).value).toEqual({});
});

test.each([
  ['set OPENAI_API_KEY=secret', '"set OPENAI_API_KEY"'],
  ['$env:OPENAI_API_KEY="secret"', '"$env:OPENAI_API_KEY"'],
  ['A=1\n\u200bOPENAI_API_KEY=secret', '"\\u{200b}OPENAI_API_KEY"'],
  ['A=1\n\ufeffOPENAI_API_KEY=secret', '"\\u{feff}OPENAI_API_KEY"'],
  ['OPENAI_API_KEY\u00a0=secret', '"OPENAI_API_KEY\\u{a0}"'],
  ['OPENAI-API-KEY=secret', '"OPENAI-API-KEY"'],
])('a name that is none is told, and no value: %j', (text, name) => {
  const { mistakes } = parse(text);
  expect(mistakes).toEqual([
    `${name} is not a variable's name: write NAME=value, with nothing but letters, digits and _ before the "=".`,
  ]);
});

test('a file in which no line sets anything is told', () => {
  expect(parse('OPENAI_API_KEY: secret\n').mistakes).toEqual([
    expect.stringMatching(/^no line sets anything/),
  ]);
});

test('a file in an encoding that is not known is told', () => {
  const { mistakes } = parseEnvFile(Buffer.from('NAME=Zoë', 'latin1'));
  expect(mistakes).toEqual(['the file is not in UTF-8: save it again in that encoding.']);
});

test('what is set in the environment counts more than the file', async () => {
  const folder = await tempFolder();
  await writeFile(join(folder, '.env'), 'A=file\nB=file\nC=file');
  const env = { A: 'set', B: '' };
  loadEnvFile(folder, env);
  expect(env).toEqual({ A: 'set', B: '', C: 'file' });
});

test('a folder without the file sets nothing; a folder in its place and a hidden .txt are told', async () => {
  const folder = await tempFolder();
  const env = {};
  loadEnvFile(folder, env);
  expect(env).toEqual({});
  await writeFile(join(folder, '.env.txt'), 'A=1');
  expect(() => loadEnvFile(folder, env)).toThrow(/^Bobbin cannot start: the settings are in \.env\.txt/);
  await mkdir(join(folder, '.env'));
  expect(() => loadEnvFile(folder, env)).toThrow(Problem);
  expect(() => loadEnvFile(folder, env)).toThrow(/\.env: it is a folder\. Put a file/);
});
