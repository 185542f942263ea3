import { pino } from 'pino';
import { expect, test } from 'vitest';
import { openCatalogue, runTools } from '../../src/functions/catalogue.ts';
import type { FunctionSource, TeamFunction } from '../../src/functions/team-function.ts';
import type { Logger } from '../../src/log.ts';

function team(name: string, description = name): TeamFunction {
  return {
    name,
    description,
    parameters: { type: 'object' },
    strict: true,
    call: async () => ({ text: description }),
  };
}

function source(name: string, functions: readonly TeamFunction[], renames = false): FunctionSource {
  return { name, functions, renames, close: async () => {} };
}

function loggedBy() {
  const lines: string[] = [];
  const log: Logger = pino(
    { level: 'info' },
    { write: (line: string) => void lines.push(JSON.parse(line).msg) },
  );
  return { log, lines };
}

test('of two functions of one name the first counts, the other is named after its server, and all can be called', async () => {
  const { log, lines } = loggedBy();
  const { functions } = openCatalogue(
    [
      source('functions', [team('search', 'ours'), team('search', 'twin')]),
      source('wiki', [team('search', 'wiki')], true),
      source('wiki', [team('search', 'second wiki'), team('wiki_search', 'third')], true),
      source(
        'a server: ü',
        [team('search', 'odd'), team('s'.repeat(80), 'long'), team('a.b/c', 'dotted')],
        true,
      ),
    ],
    { log },
  );
  expect(functions.map(({ name, description }) => `${name}: ${description}`)).toEqual([
    'search: ours',
    'wiki_search: wiki',
    'wiki_search_2: second wiki',
    'wiki_wiki_search: third',
    'a_server_search: odd',
    `a_server_${'s'.repeat(55)}: long`,
    'a_server_a_b_c: dotted',
  ]);
  expect(lines).toEqual([
    'The function "search" of functions is left out, because there is one of that name in functions: give it another name.',
  ]);
  const context = {} as Parameters<TeamFunction['call']>[1];
  const told = await Promise.all(functions.map(({ call }) => call({}, context)));
  expect(told.map(({ text }) => text)).toEqual(functions.map(({ description }) => description));
});

test('what a source brings later is there for the next run, and what is wrong is logged once', () => {
  const { log, lines } = loggedBy();
  let functions: readonly TeamFunction[] = [];
  const growing = {
    name: 'grows',
    get functions() {
      return functions;
    },
    close: async () => {},
  };
  const catalogue = openCatalogue([growing], { log });
  expect(catalogue.functions).toEqual([]);
  functions = [team('one'), team('bad name')];
  expect(catalogue.functions.map(({ name }) => name)).toEqual(['one']);
  expect(catalogue.functions).toBe(catalogue.functions);
  expect(lines).toHaveLength(1);
});

test('a run has the assistant’s own tools and as many functions as the API takes', () => {
  const own = [
    { type: 'code_interpreter' as const },
    { type: 'function' as const, function: { name: 'f0', description: 'elsewhere' } },
    { type: 'function' as const, function: { name: 'elsewhere' } },
  ];
  const functions = Array.from({ length: 130 }, (_, at) => team(`f${at}`));
  const { tools, leftOut } = runTools(own, functions);
  const names = tools.map((tool) => (tool.type === 'function' ? tool.function.name : tool.type));
  expect(names.slice(0, 3)).toEqual(['code_interpreter', 'elsewhere', 'f0']);
  expect(tools).toHaveLength(128);
  expect(leftOut).toEqual(['f126', 'f127', 'f128', 'f129']);
  expect(tools[2]).toEqual({
    type: 'function',
    function: { name: 'f0', description: 'f0', parameters: { type: 'object' }, strict: true },
  });
});
