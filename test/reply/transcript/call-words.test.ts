import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compactJson,
  doingOf,
  doneOf,
  isAtWork,
  readableName,
} from '../../../src/reply/transcript/call-words.ts';
import type { FunctionCall, Status, ToolCall } from '../../../src/view.ts';

const called = (more: Partial<FunctionCall> = {}): FunctionCall => ({
  type: 'function',
  index: 0,
  id: 'c',
  name: 'open_ticket',
  arguments: '{}',
  output: null,
  ...more,
});

test.each([
  ['open_ticket', 'open ticket'],
  ['open-ticket', 'open ticket'],
  ['openTicket', 'open ticket'],
  ['OpenTicket', 'open ticket'],
  ['reset_VPN', 'reset VPN'],
  ['getURL', 'get URL'],
  ['list_v2_items', 'list v2 items'],
  ['github__create_issue', 'create issue (github)'],
  ['my_server__listIssues', 'list issues (my server)'],
  ['build-server__jobs__list', 'jobs list (build server)'],
  ['__start', 'start'],
  ['lookup', 'lookup'],
  ['', 'a function'],
  ['___', 'a function'],
  ['[here](https://evil.example) @everyone', '(here)(https:\u200b//evil example) @\u200beveryone'],
])('%j is read as %j', (name, words) => {
  expect(readableName(name)).toBe(words);
});

test('a call says what it does, and what it has done', () => {
  const code: ToolCall = { type: 'code_interpreter', index: 0, id: 'c', input: '1', outputs: [] };
  const search: ToolCall = { type: 'file_search', index: 0, id: 'c', results: [] };
  const asked = called({ doing: 'reading 3 of 10' });
  expect([code, search, called(), asked].map(doingOf)).toEqual([
    'Running Python',
    'Searching the team’s documents',
    'Using open ticket',
    'Using open ticket: reading 3 of 10',
  ]);
  expect([code, search, asked].map((call) => doneOf(call, 'completed'))).toEqual([
    'Ran Python',
    'Searched the team’s documents',
    'Used open ticket',
  ]);
  expect(doneOf(asked, 'cancelled')).toBe('Used open ticket (not finished)');
});

test.each<[string, string]>([
  ['{"error":"It failed: the server is down"}', 'Used open ticket (failed)'],
  ['{"error":"It failed","reason":"why"}', 'Used open ticket (failed)'],
  ['{"error":null,"id":7}', 'Used open ticket'],
  ['{"errors":[]}', 'Used open ticket'],
  ['["error"]', 'Used open ticket'],
  ['error', 'Used open ticket'],
  ['null', 'Used open ticket'],
])('a call that gave %s reads: %s', (output, line) => {
  expect(doneOf(called({ output }), 'completed')).toBe(line);
});

test.each<[ToolCall, Status, boolean]>([
  [called(), 'in_progress', true],
  [called({ output: '' }), 'in_progress', false],
  [called(), 'completed', false],
  [called(), 'failed', false],
])('%j, whose step is %s, is at work: %s', (call, status, expected) => {
  expect(isAtWork({ call, status })).toBe(expected);
});

test.each([
  ['{"title":"VPN is broken","urgent":true}', 'title: VPN is broken, urgent: true'],
  ['{"tags":["a","b"],"who":{"name":"Ann"},"none":null}', 'tags: ("a","b"), who: {"name":"Ann"}, none: null'],
  ['[1,"two"]', '1, two'],
  ['"Done."', 'Done.'],
  ['{}', ''],
  ['not\n\n{json', 'not {json'],
  ['{"a":"', '{"a":"'],
])('%s is shown as %j', (json, line) => {
  expect(compactJson(json, 160)).toBe(line);
});

test('whatever a function is called, says and gives: a short line that is no markup, calls nobody and links nowhere', () => {
  const nasty = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 8 }),
        fc.constantFrom(
          '@everyone',
          '<@U1>',
          '<!channel>',
          '`',
          '**',
          '_',
          '\n- ',
          '](',
          'https://',
          '\x1b[2J',
        ),
      ),
      { maxLength: 30 },
    )
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(nasty, nasty, nasty, (name, doing, output) => {
      const call = called({ name, doing });
      for (const line of [doingOf(call), doneOf(call, 'completed'), compactJson(output, 160)]) {
        expect(line.isWellFormed()).toBe(true);
        expect(line).not.toMatch(/[\p{Cc}\n<>`*[\]\\|]|@(?!\u200b)|:(?=\/\/)/u);
        expect(line.length).toBeLessThan(400);
      }
    }),
  );
});
