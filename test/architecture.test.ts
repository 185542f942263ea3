import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const IMPORT =
  /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

const imports: Import[] = globSync('{src,adapters}/**/*.{ts,js}', { cwd: root }).flatMap((from) =>
  [...readFileSync(join(root, from), 'utf8').matchAll(IMPORT)].map((match) => {
    const name = match[2] ?? match[3] ?? match[4] ?? '';
    const to = name.startsWith('.') ? normalize(join(dirname(from), name)) : name;
    return { from, to, typeOnly: match[1] !== undefined };
  }),
);

function breaking(rule: (edge: Import) => boolean): string[] {
  return imports.filter(rule).map(({ from, to }) => `${from} -> ${to}`);
}

const isLocal = (path: string) => path.startsWith('src/') || path.startsWith('adapters/');

test('the imports are found at all', () => {
  expect(imports).toContainEqual({ from: 'src/start.js', to: 'src/main.ts', typeOnly: false });
  expect(imports.length).toBeGreaterThan(100);
});

test('the Assistants API imports nothing of the bot', () => {
  const inside = (path: string) => path.startsWith('src/assistants/');
  expect(breaking(({ from, to }) => inside(from) && isLocal(to) && !inside(to))).toEqual([]);
});

test('the bot reaches the Assistants API only where src/bot.ts puts the two together', () => {
  const outside = ({ from, to }: Import) =>
    !from.startsWith('src/assistants/') && to.startsWith('src/assistants/');
  expect(breaking((edge) => outside(edge) && edge.from !== 'src/bot.ts')).toEqual([]);
});

test('a store over one database knows nothing of the other one', () => {
  const of = (path: string) => /^src\/store\/(sqlite|postgres)\//.exec(path)?.[1];
  const isShared = ({ from }: Import) => from.startsWith('src/store/') && of(from) === undefined;
  expect(
    breaking(({ from, to }) => of(from) !== undefined && of(to) !== undefined && of(from) !== of(to)),
  ).toEqual([]);
  expect(
    breaking(
      (edge) => isShared(edge) && of(edge.to) !== undefined && edge.from !== 'src/store/open-store.ts',
    ),
  ).toEqual([]);
});

/** The port, and what of replies and allowances goes through it. */
const PORT: ReadonlySet<string> = new Set(['src/platform.ts', 'src/view.ts', 'src/budget.ts']);

/** What replies are made with: adapters use these beside the port, which stands by itself. */
const FOR_ADAPTERS: ReadonlySet<string> = new Set([
  ...PORT,
  'src/problem.ts',
  'src/keyed-queue.ts',
  'src/look-up-each.ts',
  'src/persist.ts',
  'src/reply/layout/part.ts',
  'src/reply/links/linkless.ts',
  'src/reply/questions.ts',
  'src/reply/publisher/rate-budget.ts',
  'src/reply/publisher/rate-budgets.ts',
  'src/reply/transcript/call-words.ts',
]);

test('the port stands by itself', () => {
  expect(breaking(({ from, to }) => PORT.has(from) && isLocal(to) && !PORT.has(to))).toEqual([]);
  expect(breaking(({ from, to }) => PORT.has(from) && to === 'src/platform.ts')).toEqual([]);
});

test('an adapter imports the port, what replies are made with and types, and no other adapter', () => {
  const own = (path: string) => path.split('/').slice(0, 2).join('/');
  const foreign = ({ from, to, typeOnly }: Import) =>
    isLocal(to) && own(from) !== own(to) && !FOR_ADAPTERS.has(to) && !(typeOnly && to.startsWith('src/'));
  expect(breaking((edge) => edge.from.startsWith('adapters/') && foreign(edge))).toEqual([]);
});

test('only the command line knows the adapters', () => {
  const reached = ({ from, to }: Import) => from.startsWith('src/') && to.startsWith('adapters/');
  expect(breaking((edge) => reached(edge) && !edge.from.startsWith('src/commands/'))).toEqual([]);
});
