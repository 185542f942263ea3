import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { expect, test } from 'vitest';
import { nameOf, toolNamed } from '../../../src/assistants/runs/loop/tool-names.ts';

const TOOLS: Run['tools'] = [
  { type: 'code_interpreter' },
  { type: 'file_search' },
  { type: 'function', function: { name: 'look_up' } },
  { type: 'function', function: { name: 'team.search' } },
];

test.each([
  ['code_interpreter', 'code_interpreter'],
  ['code_interpreter<|channel|>commentary', 'code_interpreter'],
  ['code_interpreter<|channel|>analysis <|constrain|>json', 'code_interpreter'],
  ['functions.code_interpreter', 'code_interpreter'],
  ['functions.code_interpreter:0', 'code_interpreter'],
  ['assistant<|channel|>commentary to=functions.code_interpreter <|constrain|>json', 'code_interpreter'],
  ['default_api:code_interpreter', 'code_interpreter'],
  ['tools/code-interpreter', 'code_interpreter'],
  ['CodeInterpreter', 'code_interpreter'],
  ['python', 'code_interpreter'],
  ['functions.python', 'code_interpreter'],
  ['file_search', 'file_search'],
  ['file_search.msearch', 'file_search'],
  ['functions.fileSearch:1', 'file_search'],
  ['search_files<|channel|>commentary', 'file_search'],
  ['look_up', 'look_up'],
  ['functions.look_up:12', 'look_up'],
  ['look_up<|channel|>commentary', 'look_up'],
  ['lookUp', 'look_up'],
  ['team.search', 'team.search'],
  ['functions.teleport', 'functions.teleport'],
  ['', ''],
])('a call of %j means %j', (written, meant) => {
  expect(toolNamed(written, TOOLS)).toBe(meant);
});

test('a function of the team’s own is meant before the code interpreter, and Python only where there is one', () => {
  const python = { type: 'function' as const, function: { name: 'python' } };
  expect(toolNamed('python', [...TOOLS, python])).toBe('python');
  expect(toolNamed('python', TOOLS.slice(1))).toBe('python');
});

test('a function that is called like one of the server’s own tools keeps its name, and the tool gets another', () => {
  const named = (name: string) => ({ type: 'function' as const, function: { name } });
  const tools = [...TOOLS, named('codeInterpreter'), named('file_search'), named('file-search-2')];
  expect(nameOf('code_interpreter', tools)).toBe('code_interpreter_2');
  expect(nameOf('file_search', tools)).toBe('file_search_3');
  expect(toolNamed('file_search', tools)).toBe('file_search');
  expect(toolNamed('file_search_3', tools)).toBe('file_search_3');
  expect(toolNamed('codeInterpreter', tools)).toBe('codeInterpreter');
});
