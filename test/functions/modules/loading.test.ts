import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { loadWhole } from '../../../src/functions/modules/load-folder.ts';
import type { CallContext } from '../../../src/functions/team-function.ts';
import { folderOf, moduleOf } from './folder.ts';

/** A process that would stand still for ever is killed then; it takes two seconds of a processor. */
const PATIENCE_MS = 60_000;

async function load(files: Readonly<Record<string, string>>, timeoutMs = 5_000) {
  const folder = folderOf(files);
  const { functions, mistakes } = await loadWhole(folder, {
    isRequired: true,
    timeoutMs,
  });
  return { functions, mistakes, names: functions.map(({ team, file }) => `${team.name} (${file})`) };
}

test('what modules export is loaded, one by one, in lists, with helpers beside them, in any folder', async () => {
  const { functions, mistakes, names } = await load({
    'a.ts': `
      import { defineFunction, type FunctionResult } from 'bobbin/functions';
      import { z } from 'zod';
      import { greet } from './_greet.ts';
      import words from './texts/words.json' with { type: 'json' };
      export const parameters = z.object({ who: z.string() });
      export const hello = defineFunction({
        name: 'hello',
        description: 'Greets.',
        parameters,
        handler: ({ who }): FunctionResult => ({ text: greet(words.hello, who) }),
      });
      export default hello;
    `,
    '_greet.ts': "export const greet = (hello: string, who: string) => [hello, who].join(', ') + '!';",
    'texts/words.json': '{ "hello": "Hello" }',
    'b.mjs': "export const tools = ['x', 'y'].map((name) => ({ name, description: 'It.', handler() {} }));",
    'c.cjs': "module.exports = { name: 'z', description: 'It.', handler() {} };",
    'a.test.ts': 'throw new Error();',
    'types.d.ts': 'throw new Error();',
    'README.md': 'throw new Error();',
    '.hidden.ts': 'throw new Error();',
    'sub/d.ts': 'throw new Error();',
  });
  expect(mistakes).toEqual([]);
  expect(names).toEqual([
    'hello (functions/a.ts)',
    'x (functions/b.mjs)',
    'y (functions/b.mjs)',
    'z (functions/c.cjs)',
  ]);
  expect(await functions[0]?.team.call({ who: 'Ann' }, {} as CallContext)).toMatchObject({
    text: 'Hello, Ann!',
  });
});

test.each([
  [
    'throws',
    "throw new Error('no gateway');",
    /^functions\/m\.ts can't be loaded \(line 1\), because of Error: no gateway\. Its functions are left out\.$/,
  ],
  ['throws no error', "throw 'up';", /^functions\/m\.ts can't be loaded, because of up\. /],
  ['is no TypeScript', '\n\nconst x = ;', /^functions\/m\.ts can't be loaded.*, because of SyntaxError: /],
  ['imports what is not there', "import './none.ts';", /^functions\/m\.ts can't be loaded.*none\.ts/],
  [
    'waits for ever',
    'await new Promise(() => {}); export {};',
    /^functions\/m\.ts is not loaded after 0\.3 seconds, and is given up: /,
  ],
  [
    'exports nothing',
    'export const x = { y: 1 };',
    /^functions\/m\.ts exports no function: write "export default defineFunction/,
  ],
])('a module that %s is named with the reason, and the others work', async (_, module, mistake) => {
  const { names, mistakes } = await load(
    { 'a.ts': moduleOf('one'), 'm.ts': module, 'z.ts': moduleOf('two') },
    300,
  );
  expect(names).toEqual(['one (functions/a.ts)', 'two (functions/z.ts)']);
  expect(mistakes).toEqual([expect.stringMatching(mistake)]);
});

test('a module that computes without end is ended and named, and the others work', async () => {
  const folder = folderOf({ 'a.ts': moduleOf('one'), 'm.ts': 'for (;;) {}', 'z.ts': moduleOf('two') });
  const loader = join(import.meta.dirname, '../../../src/functions/modules/load-folder.ts');
  // In a process of its own, which stands still meanwhile.
  const script = join(folder, '_load.mjs');
  writeFileSync(
    script,
    `import { loadWhole } from ${JSON.stringify(loader)};
    const options = { isRequired: true, timeoutMs: 1_000 };
    const { functions, mistakes } = await loadWhole(import.meta.dirname, options);
    console.log(JSON.stringify({ names: functions.map(({ team }) => team.name), mistakes }));`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: PATIENCE_MS });
  expect(JSON.parse(stdout)).toEqual({
    names: ['one', 'two'],
    mistakes: [expect.stringMatching(/^functions\/m\.ts is not loaded after 1 seconds, and is given up: /)],
  });
});

test('of two of one name the first counts, and both files are named', async () => {
  const twins = "export default ['p', 'p'].map((name) => ({ name, description: 'It.', handler() {} }));";
  const { names, mistakes } = await load({ 'a.ts': moduleOf('one'), 'b.ts': moduleOf('one'), 'c.js': twins });
  expect(names).toEqual(['one (functions/a.ts)', 'p (functions/c.js)']);
  expect(mistakes).toEqual([
    'functions/b.ts: the function "one" is left out, because functions/a.ts has one of that name: rename one of them.',
    'functions/c.js: the function "p" is left out, because there are two of that name in it: rename one of them.',
  ]);
});

test('all mistakes of a definition are told at once, each with what is right', async () => {
  const { names, mistakes } = await load({
    'a.ts': `
      import { z } from 'zod';
      export const right = { name: 'right', description: 'It.', handler() {} };
      export const wrong = {
        name: 'not a name',
        aprove: 'asker',
        repeatable: 'yes',
        timeoutMs: 0,
        parameters: { user: 'string' },
        handler: 'none',
      };
      export const unclear = {
        name: 'unclear',
        description: 'It.',
        approve: 'everybody',
        parameters: z.object({}),
        handler() {},
      };
      export const unsayable = {
        name: 'unsayable',
        description: 'It.',
        parameters: z.object({ due: z.date(), tags: z.array(z.object({ seen: z.set(z.string()) })), cost: z.bigint() }),
        handler() {},
      };
      export const choice = {
        name: 'choice',
        description: 'It.',
        parameters: z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
        handler() {},
      };
    `,
  });
  expect(names).toEqual(['right (functions/a.ts)']);
  const of = (name: string) =>
    mistakes
      .filter((mistake) => mistake.startsWith(`functions/a.ts: the function "${name}": `))
      .map((mistake) => mistake.split('": ')[1]);
  expect(of('not a name')).toEqual([
    'its name must be 1 to 64 letters, digits, _ and -.',
    'its description is missing: it must be a text of 1 to 1024 characters that tells the model when to call it.',
    'its parameters must be a schema of zod 4, such as z.object({ user: z.string() }).',
    'its repeatable must be true or false.',
    'its timeoutMs must be a number of milliseconds from 1 to 540000.',
    'its handler must be a function.',
    'aprove is not a field of a function. Did you mean approve?',
  ]);
  expect(of('unclear')).toEqual([
    expect.stringMatching(
      /^its approve must be "asker", "channel", or a list of .* such as slack:C\w+, .*\.$/,
    ),
  ]);
  expect(of('unsayable')).toEqual([
    'parameters.due is a z.date, which JSON does not have: use z.coerce.date(), or z.iso.datetime() for a text.',
    'parameters.tags[].seen is a z.set, which JSON does not have: use z.array.',
    'parameters.cost is a z.bigint, which JSON does not have: use z.coerce.bigint(), or z.int().',
  ]);
  expect(of('choice')).toEqual(['the parameters must be a z.object, with a field for each of them.']);
});

test('a folder that has to be there and is not, or is none, is told, and one that need not be there is empty', async () => {
  const folder = folderOf({ 'a.ts': moduleOf('one') });
  const at = (path: string, isRequired: boolean) => loadWhole(path, { isRequired });
  expect((await at(join(folder, 'none'), true)).mistakes).toEqual([
    expect.stringMatching(
      /^FUNCTIONS_DIR, .*none, does not exist: set it to the folder of your functions\.$/,
    ),
  ]);
  expect((await at(join(folder, 'a.ts'), true)).mistakes).toEqual([
    expect.stringMatching(/^FUNCTIONS_DIR, .*a\.ts, is not a folder: /),
  ]);
  expect(await at(join(folder, 'none'), false)).toEqual({ functions: [], mistakes: [] });
});

test('what is loaded anew is as it is now, with its helpers wherever they lie', async () => {
  const folder = folderOf({
    'a.ts': `
      import { x } from './parts/x.ts';
      export default { name: 'one', description: 'It.', handler: () => x };
    `,
    'parts/x.ts': `export { y as x } from '../_y.ts';`,
    '_y.ts': `export const y = 'before';`,
  });
  const told = async () => {
    const { functions } = await loadWhole(folder, { isRequired: true });
    return (await functions[0]?.team.call({}, {} as CallContext))?.text;
  };
  expect(await told()).toBe('before');
  writeFileSync(join(folder, '_y.ts'), `export const y = 'after';`);
  expect(await told()).toBe('after');
});
