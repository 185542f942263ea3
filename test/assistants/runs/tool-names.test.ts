import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { expect, test } from 'vitest';
import { toolNamed } from '../../../src/assistants/runs/loop/tool-names.ts';

const TOOLS: Run['tools'] = [
  { type: 'code_interpreter' },
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
