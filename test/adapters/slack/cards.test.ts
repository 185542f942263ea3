import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Card, cardChunk, cardsOf } from '../../../adapters/slack/cards.ts';
import { statusOf } from '../../../adapters/slack/status.ts';
import type { ToolCall } from '../../../src/reply/tool-call.ts';
import type { ToolCallsEntry } from '../../../src/reply/transcript.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { end, python, ScriptedModel, says, usage } from '../../sim/scripted-model.ts';
import { asks, openWorld } from './world.ts';

const python3 = (input: string, logs?: string): ToolCall => ({
  type: 'code_interpreter',
  index: 0,
  id: 'c',
  input,
  outputs: logs === undefined ? [] : [{ index: 0, type: 'logs', logs }],
});
const step = (status: ToolCallsEntry['status'], ...tool_calls: ToolCall[]): ToolCallsEntry => ({
  type: 'tool_calls',
  id: 's1',
  status,
  tool_calls,
});
const search: ToolCall = {
  type: 'file_search',
  index: 1,
  id: 'f',
  results: ['a.pdf', 'b.md', 'a.pdf'].map((file_name) => ({ file_id: file_name, file_name, score: 1 })),
};
const lookup: ToolCall = {
  type: 'function',
  index: 2,
  id: 'x',
  name: 'lookup',
  arguments: '{}',
  output: null,
};

test('each tool call is a card that says what it does and what came of it', () => {
  expect(cardsOf([step('in_progress', python3('1 + 1', '2'), search, lookup)])).toMatchObject([
    { id: 's1-0', title: 'Running Python', status: 'in_progress', details: '1 + 1', output: '' },
    { id: 's1-1', title: 'Searching the files', status: 'in_progress' },
    { id: 's1-2', title: 'Using lookup', status: 'in_progress' },
  ]);
  expect(cardsOf([step('completed', python3('1 + 1', '2\n'), search, lookup)])).toMatchObject([
    { title: 'Ran Python', status: 'complete', output: '2' },
    { title: 'Searched the files', status: 'complete', output: 'a.pdf, b.md' },
    { title: 'Used lookup', status: 'complete' },
  ]);
  expect(cardsOf([step('failed', search)])).toMatchObject([{ status: 'error' }]);
});

test('the status says what the newest step does, and nothing once there is text', () => {
  const view = { parts: [], steps: [], files: [] };
  const part = { opening: '', source: 'text', closing: '', text: 'text' };
  expect(statusOf(view)).toBe('is thinking…');
  expect(statusOf({ ...view, steps: [step('in_progress', python3(''))] })).toBe('is running Python…');
  expect(statusOf({ ...view, steps: [step('in_progress', search)] })).toBe('is searching the files…');
  expect(statusOf({ ...view, steps: [step('in_progress', lookup)] })).toBe('is using lookup…');
  expect(statusOf({ ...view, parts: [part], steps: [step('completed', lookup)] })).toBe('');
  expect(statusOf({ ...view, outcome: { status: 'stopped' } })).toBe('');
});

test('as code grows its card only grows, within Slack’s 256 characters', () => {
  const code = fc.string({ unit: 'grapheme', maxLength: 400 });
  fc.assert(
    fc.property(code, fc.array(fc.nat(400), { maxLength: 5 }), (input, lengths) => {
      let shown: Card | undefined;
      let details = '';
      for (const length of [...lengths.sort((a, b) => a - b), input.length]) {
        const [card] = cardsOf([step('in_progress', python3(input.slice(0, length).toWellFormed()))]);
        const chunk = card && cardChunk(card, shown);
        details += chunk?.details ?? '';
        shown = card;
      }
      expect(details.length).toBeLessThanOrEqual(256);
    }),
  );
  expect(cardChunk({ id: 'a', title: 't', status: 'complete', details: 'd', output: '' }, undefined)).toEqual(
    {
      type: 'task_update',
      id: 'a',
      title: 't',
      status: 'complete',
      details: 'd',
    },
  );
});

test('a text that is too heavy for a stream with cards goes on by edits, whole', async () => {
  const text = '数字は四十二です。'.repeat(700);
  const codeInterpreter = new ScriptedInterpreter({ 'print(42)': { prints: ['42\n'] } });
  const { sim } = await openWorld({
    model: new ScriptedModel([...python('print(42)'), usage, end()], says(text)),
    codeInterpreter,
  });
  const thread = asks(sim);
  await thread.quiet();
  expect(thread.text()).toBe(`\`\`\`python\nprint(42)\n\`\`\`\n\n\`\`\`\n42\n\`\`\`\n\n${text}`);
  expect(sim.counters.total().errors).toEqual({});
});
