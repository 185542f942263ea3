import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Card,
  cardChunk,
  cardOf,
  cardsBeside,
  chunksTo,
} from '../../../../../adapters/slack/reply/content/cards.ts';
import { statusOf } from '../../../../../adapters/slack/reply/status/status.ts';
import type { FunctionCall, PlacedCall, ToolCall } from '../../../../../src/view.ts';
import { ScriptedInterpreter } from '../../../../sim/scripted-interpreter.ts';
import { end, python, ScriptedModel, says, text, usage } from '../../../../sim/scripted-model.ts';
import { append, markdownOf, newStream, parseChunks, STREAM_LIMITS } from '../../../../sim/slack/streams.ts';
import { Pen } from '../../pen.ts';
import { asksDirectly, openWorld } from '../../world.ts';

const python3 = (input: string, logs?: string): ToolCall => ({
  type: 'code_interpreter',
  index: 0,
  id: 'c',
  input,
  outputs: logs === undefined ? [] : [{ index: 0, type: 'logs', logs }],
});
const placed = (call: ToolCall, status: PlacedCall['status']): PlacedCall => ({
  id: 's1-0',
  call,
  status,
  at: 0,
});
const search: ToolCall = {
  type: 'file_search',
  index: 1,
  id: 'f',
  results: ['a.pdf', 'b.md', 'a.pdf'].map((file_name) => ({ file_id: file_name, file_name, score: 1 })),
};
const lookup: FunctionCall = {
  type: 'function',
  index: 2,
  id: 'x',
  name: 'lookup',
  arguments: '{}',
  output: null,
};

test('each tool call is a card that says what it does and what came of it', () => {
  const cards = (status: PlacedCall['status'], ...calls: ToolCall[]) =>
    calls.map((call) => cardOf(placed(call, status)));
  expect(cards('in_progress', python3('1 + 1', '2'), search, lookup)).toMatchObject([
    { title: 'Running Python', status: 'in_progress', details: '', output: '', isInText: true },
    { title: 'Searching the team’s documents', status: 'in_progress' },
    { title: 'Using lookup', status: 'in_progress' },
  ]);
  expect(cards('completed', python3('1 + 1', '2\n'), search, lookup)).toMatchObject([
    { title: 'Ran Python', status: 'complete', details: '', output: '', isInText: true },
    { title: 'Searched the team’s documents', status: 'complete', output: 'a.pdf, b.md' },
    { title: 'Used lookup', status: 'complete' },
  ]);
  expect(cards('failed', search)).toMatchObject([{ status: 'error' }]);
  const ticket: FunctionCall = { ...lookup, name: 'open_ticket', arguments: '{"title":"VPN"}' };
  const cardFor = (more: Partial<FunctionCall>, status: PlacedCall['status'] = 'in_progress') =>
    cardOf(placed({ ...ticket, ...more }, status));
  expect(cardFor({ arguments: '{"title":"V' })).toMatchObject({ title: 'Using open ticket', details: '' });
  expect(cardFor({ doing: 'asking Ann' })).toMatchObject({
    title: 'Using open ticket: asking Ann',
    details: 'title: VPN',
    output: '',
  });
  expect(cardFor({ output: '{"id":"T-1"}' }, 'completed')).toMatchObject({
    title: 'Used open ticket',
    details: 'title: VPN',
    output: 'id: T-1',
  });
  expect(cardFor({ arguments: '{"title":"V' }, 'failed')).toMatchObject({
    status: 'error',
    details: '{"title":"V',
  });
});

test('an edited message has cards of what is over, and of code only where it is folded', () => {
  const places = [python3('1'), search, lookup].flatMap((call) =>
    (['in_progress', 'completed', 'failed'] as const).map((status) => placed(call, status)),
  );
  const folded = { ...placed(python3('1'), 'completed'), isFolded: true as const };
  const cards = [...places, folded].map((place) => ({ ...cardOf(place), at: 0 }));
  expect(cardsBeside(cards).map(({ title, status }) => `${title} ${status}`)).toEqual([
    'Searched the team’s documents complete',
    'Searched the team’s documents error',
    'Used lookup complete',
    'Used lookup error',
    'Ran Python complete',
  ]);
});

test('the status says what the newest step does, and nothing once there is text', () => {
  const view = { parts: [], calls: [], files: [] };
  const part = { opening: '', source: 'text', closing: '', text: 'text' };
  expect(statusOf(view)).toBe('is thinking…');
  expect(statusOf({ ...view, calls: [placed(python3(''), 'in_progress')] })).toBe('is running Python…');
  expect(statusOf({ ...view, calls: [placed(search, 'in_progress')] })).toBe(
    'is searching the team’s documents…',
  );
  expect(statusOf({ ...view, calls: [placed(lookup, 'in_progress')] })).toBe('is using lookup…');
  const says = (doing: string, name = 'open_ticket') =>
    statusOf({ ...view, parts: [part], calls: [placed({ ...lookup, name, doing }, 'in_progress')] });
  expect(says('asking Ann')).toBe('is using open ticket: asking Ann…');
  expect(says('reading page 3 of 10', 'search_the_wiki_of_the_team')).toBe(
    'is at work: reading page 3 of 10…',
  );
  expect(says('x'.repeat(99))).toHaveLength(50);
  const two = [placed({ ...lookup, doing: 'asking Ann' }, 'in_progress'), placed(lookup, 'in_progress')];
  expect(statusOf({ ...view, calls: two })).toBe('is using lookup: asking Ann…');
  const longest = { ...lookup, name: 'x'.repeat(64) };
  expect(statusOf({ ...view, calls: [placed(longest, 'in_progress')] })).toHaveLength(50);
  expect(statusOf({ ...view, parts: [part], calls: [placed(lookup, 'completed')] })).toBe('');
  expect(statusOf({ ...view, outcome: { status: 'stopped' } })).toBe('');
});

test('as a call goes on its card only grows, within Slack’s 256 characters', () => {
  const argument = fc.record({ title: fc.string({ unit: 'grapheme', maxLength: 400 }) });
  fc.assert(
    fc.property(argument, fc.array(fc.nat(400), { maxLength: 5 }), fc.string(), (args, lengths, output) => {
      const json = JSON.stringify(args);
      let shown: Card | undefined;
      let details = '';
      const states = lengths
        .sort((a, b) => a - b)
        .map((length) => ({ ...lookup, arguments: json.slice(0, length) }));
      for (const call of [
        ...states,
        { ...lookup, arguments: json },
        { ...lookup, arguments: json, output },
      ]) {
        const card = cardOf(placed(call, call.output === null ? 'in_progress' : 'completed'));
        details += cardChunk(card, shown)?.details ?? '';
        shown = card;
      }
      expect(details).toBe(shown?.details);
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

const opens = '◐ Running Python (in_progress)';
const ran = '✔ Ran Python (complete)';

test('a card stands where its code does, with whole texts before and after it', async () => {
  const pen = new Pen();
  const model = new ScriptedModel(
    pen.answer,
    [text('Once more.'), ...python('print(2)'), usage, end()],
    says('It is 2.'),
  );
  const codeInterpreter = new ScriptedInterpreter({
    'print(1)': { prints: ['1\n'] },
    'print(2)': { prints: ['2\n'] },
  });
  const { sim } = await openWorld({ model, codeInterpreter });
  const thread = asksDirectly(sim);
  pen.says('I count');
  await sim.until(() => thread.view().includes('I count ▌'));
  pen.says(' to two.');
  pen.does(...python('print(1)'));
  await sim.until(() => thread.view().includes(opens) || thread.view().includes('Ran Python'));
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe(
    [
      'I count to two.',
      ran,
      '\n\n```python\nprint(1)\n```\n\n```\n1\n```\n\nOnce more.',
      ran,
      '\n\n```python\nprint(2)\n```\n\n```\n2\n```\n\nIt is 2.',
    ].join('\n'),
  );
});

test('however a text grows, each card comes exactly where it belongs', () => {
  const length = 40;
  const places = fc.array(fc.nat(length), { maxLength: 4 }).map((all) => all.toSorted((a, b) => a - b));
  const growth = fc
    .array(fc.nat(length), { maxLength: 5 })
    .map((all) => [...all.toSorted((a, b) => a - b), length]);
  const text = Array.from({ length }, (_, index) => index % 10).join('');
  fc.assert(
    fc.property(places, growth, (ats, ends) => {
      const cards = ats.map((at, index) => ({
        ...cardOf(placed(python3(`${index}`), 'completed')),
        id: `${index}`,
        at,
      }));
      let stream = newStream('timeline');
      let shown = { text: '', cards: new Map<string, Card>() };
      for (const end of ends) {
        const due = cards.filter(({ at }) => at <= end);
        const chunks = chunksTo(text.slice(0, end), due, shown);
        stream = append(stream, parseChunks(undefined, chunks, STREAM_LIMITS), STREAM_LIMITS);
        shown = { text: text.slice(0, end), cards: new Map(due.map((card) => [card.id, card])) };
      }
      let before = 0;
      const found = stream.parts.flatMap((part) => {
        if (part.type === 'markdown') before += part.text.length;
        return part.type === 'task' ? [{ id: part.id, at: before }] : [];
      });
      expect(markdownOf(stream)).toBe(text);
      expect(found).toEqual(cards.map(({ id, at }) => ({ id, at })));
    }),
  );
});

test('a text that is too heavy for a stream with cards goes on by edits, whole', async () => {
  const text = '数字は四十二です。'.repeat(700);
  const codeInterpreter = new ScriptedInterpreter({ 'print(42)': { prints: ['42\n'] } });
  const { sim } = await openWorld({
    model: new ScriptedModel([...python('print(42)'), usage, end()], says(text)),
    codeInterpreter,
  });
  const thread = asksDirectly(sim);
  await thread.quiet();
  expect(thread.text()).toBe(`\`\`\`python\nprint(42)\n\`\`\`\n\n\`\`\`\n42\n\`\`\`\n\n${text}`);
  expect(sim.counters.total().errors).toEqual({});
});
