import fc from 'fast-check';
import { marked } from 'marked';
import { expect, test } from 'vitest';
import { withApprovals } from '../../../src/reply/transcript/approvals.ts';
import { readableArguments } from '../../../src/reply/transcript/arguments.ts';
import { render } from '../../../src/reply/transcript/render.ts';
import { emptyTranscript, type Transcript } from '../../../src/reply/transcript/transcript.ts';
import type { ApprovalState, FunctionCall } from '../../../src/view.ts';

const AT = Date.UTC(2026, 10, 26, 14, 3);

function transcriptOf(calls: readonly Pick<FunctionCall, 'name' | 'arguments'>[]): Transcript {
  const tool_calls = calls.map((call, index) => ({
    type: 'function' as const,
    index,
    id: `call_${index}`,
    output: null,
    ...call,
  }));
  return {
    ...emptyTranscript,
    status: 'requires_action',
    entries: [{ type: 'tool_calls', id: 'step', status: 'in_progress', tool_calls }],
  };
}

const shown = (transcript: Transcript, states: Record<string, Omit<ApprovalState, 'id'>>) =>
  render(
    withApprovals(
      transcript,
      new Map(Object.entries(states).map(([call, state]) => [call, { id: call, ...state }])),
      [],
    ),
  ).markdown;

test('a question shows what is about to be done, and what came of it stands under it', () => {
  const transcript = transcriptOf([{ name: 'reset_vpn', arguments: '{"user":"ann","hard":true}' }]);
  const question =
    '**May I use `reset_vpn` with this?**\n\n```json\n{\n  "user": "ann",\n  "hard": true\n}\n```\n\nThis needs the word of Ann, who asked.';
  const of = 'Ann, who asked';
  expect(shown(transcript, { call_0: { of } })).toBe(question);
  const decision = { isApproved: true, at: AT, by: { id: 'U1', name: 'Ann' } };
  expect(shown(transcript, { call_0: { of, decision } })).toBe(
    `${question}\n\n✅ Approved by Ann, 2026-11-26 14:03 UTC.`,
  );
  const refusal = { ...decision, isApproved: false, reason: 'not <!channel> *now*\nplease' };
  expect(shown(transcript, { call_0: { of, decision: refusal } })).toBe(
    `${question}\n\n🚫 Refused by Ann, 2026-11-26 14:03 UTC: “not ‹!channel› ∗now∗ please”`,
  );
  expect(shown(transcript, { call_0: { of, decision: { isApproved: false, at: AT } } })).toBe(
    `${question}\n\nNobody said so in time, so it was not done.`,
  );
});

test.each([
  ['github__create_issue', '`github__create_issue`'],
  ['every__get-sum', '`every__get-sum`'],
  ['a`b @here', '`aˋb @\u200bhere`'],
])('a question names the function %s as it is called', (name, called) => {
  const markdown = shown(transcriptOf([{ name, arguments: '{}' }]), { call_0: { of: 'Ann' } });
  expect(markdown).toContain(`May I use ${called}?`);
});

test('of several that are asked at the same time each has a number, and whoever writes meanwhile is told', () => {
  const transcript = transcriptOf([
    { name: 'one', arguments: '' },
    { name: 'free', arguments: '{}' },
    { name: 'two', arguments: '{}' },
  ]);
  const of = 'somebody here';
  const decision = { isApproved: true, at: AT, by: { id: 'U1', name: 'Ann' } };
  expect(shown(transcript, { call_0: { of, holdsSince: AT - 1 }, call_2: { of, decision } })).toBe(
    '**1: May I use `one`?**\n\nThis needs the word of somebody here.\n\n**2: May I use `two`?**\n\nThis needs the word of somebody here.\n\nWhat you write meanwhile waits for this.\n\n2: ✅ Approved by Ann, 2026-11-26 14:03 UTC.',
  );
});

test('whatever comes in whichever order, the Markdown only grows at its end', () => {
  const step = fc.record({
    call: fc.nat(3),
    what: fc.constantFrom('yes', 'no', 'late', 'holds'),
    ms: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.boolean(), (steps, isTold) => {
      const calls = Array.from({ length: 4 }, (_, i) => ({ name: `f${i}`, arguments: `{"n":${i}}` }));
      const told = transcriptOf(calls);
      const asked = calls.map((call, i) => ({ id: `call_${i}`, ...call }));
      const transcript = isTold ? told : emptyTranscript;
      const states = new Map<string, ApprovalState>(asked.map(({ id }) => [id, { id, of: 'somebody here' }]));
      let at = AT;
      let before = render(withApprovals(transcript, states, asked)).markdown;
      for (const { call, what, ms } of steps) {
        const id = `call_${call}`;
        const state = states.get(id);
        if (!state || state.decision) continue;
        at += ms + 1;
        if (what === 'holds') {
          if ([...states.values()].every(({ holdsSince }) => holdsSince === undefined))
            states.set(id, { ...state, holdsSince: at });
        } else
          states.set(id, {
            ...state,
            decision: {
              isApproved: what === 'yes',
              at,
              ...(what !== 'late' && { by: { id: 'U', name: 'Ann' } }),
            },
          });
        const { markdown } = render(withApprovals(transcript, states, asked));
        expect(markdown.slice(0, before.length)).toBe(before);
        before = markdown;
      }
    }),
  );
});

test('arguments are shown whole, in their fence, and nothing in them is hidden', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('`', '~', '\n', ' ', '"', '<@U1>', '\u202e', '\u200b', '@everyone') }),
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ maxLength: 20 }), fc.oneof(value, fc.jsonValue()), { maxKeys: 5 }),
      (args) => {
        const json = JSON.stringify(args);
        const markdown = shown(transcriptOf([{ name: 'f', arguments: json }]), { call_0: { of: 'x' } });
        const fences = marked.lexer(markdown).filter(({ type }) => type === 'code');
        expect(fences).toHaveLength(Object.keys(args).length === 0 ? 0 : 1);
        expect(readableArguments(json)).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u);
        if (json.length < 500) expect(JSON.parse(readableArguments(json) || '{}')).toEqual(JSON.parse(json));
      },
    ),
  );
});

test.each([
  ['', ''],
  ['{}', ''],
  ['"{\\"a\\":1}"', '{\n  "a": 1\n}'],
  ['rm -rf /', 'rm -rf /'],
  ['{"half": ', '{"half": '],
])('%j reads %j', (json, text) => {
  expect(readableArguments(json)).toBe(text);
});

test('what is very long is cut in its middle, and says how much is left out', () => {
  const long = JSON.stringify({ script: `begin ${'x'.repeat(50_000)} end`, force: true });
  const text = readableArguments(long);
  expect(text.length).toBeLessThan(1_200);
  expect(text).toMatch(/begin x+ \[…49,2\d\d more characters…\] x+ end/);
  expect(text).toContain('"force": true');
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`key${i}`, i])));
  expect(readableArguments(many).length).toBeLessThan(4_100);
  expect(readableArguments(many)).toMatch(/"key0": 0,[\s\S]*more characters[\s\S]*"key999": 999/);
});

test('what people see is what will be called, whatever the run has told of it', () => {
  const told = transcriptOf([{ name: 'harmless', arguments: '{"user":"nobody"}' }]);
  const states = new Map([['call_0', { id: 'q1', of: 'somebody here' }]]);
  const wanted = [{ id: 'call_0', name: 'reset_vpn', arguments: '{"user":"ann"}' }];
  const { markdown } = render(withApprovals(told, states, wanted));
  expect(markdown).toContain('May I use `reset_vpn`');
  expect(markdown).toContain('"user": "ann"');
  expect(markdown).not.toMatch(/harmless|nobody/);
});
