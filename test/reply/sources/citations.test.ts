import fc from 'fast-check';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { MessageDeltaEvent } from 'openai/resources/beta/threads/messages';
import { describe, expect, it, test } from 'vitest';
import { citationsOf } from '../../../src/reply/sources/citations.ts';
import { isUnanswered } from '../../../src/reply/sources/unanswered.ts';
import { render } from '../../../src/reply/transcript/render.ts';
import { emptyTranscript, fold } from '../../../src/reply/transcript/transcript.ts';
import type { SearchResult } from '../../../src/view.ts';
import { eventsOf, isDelta, polledEventsOf, sizes, text } from '../transcript/run-script.ts';
import { type Cited, cites, found, mark, search, transcriptOf } from './citing.ts';

const shownOf = (events: AssistantStreamEvent[]) => render(transcriptOf(events)).markdown;

/** Some of these are the same place twice. */
const results: SearchResult[] = [
  found('a.md', { headings: ['Leave'] }),
  found('a.md', { headings: ['Leave'] }),
  found('a.md', { headings: ['Pay'] }),
  found('b.pdf', { place: { page: 3 } }),
  found('b.pdf', { place: { page: 4 } }),
];
const marks = results.map(({ file_name }, at) => mark(1, at + 1, file_name));
/** As Assistants servers mark that tell nothing of what they found. */
const foreignMarks = ['【4:0†source】', '【4:1†source】', '【9†b.pdf】'].map((mark, at) => ({
  mark,
  file: `file_${at}`,
}));
const noise = fc.constantFrom(
  'Leave is 25 days',
  '. ',
  ' (or',
  '(',
  '[',
  ':',
  '\n',
  '【重要】',
  '【',
  '【3',
  '👩‍👧',
  '`',
  '| a',
);

/** The events with each annotation in the delta that ends its mark, as Bobbin's own server sends them. */
function annotatedAtOnce(events: AssistantStreamEvent[]): AssistantStreamEvent[] {
  const all = events.flatMap((event) =>
    event.event === 'thread.message.delta' ? annotationsIn(event.data) : [],
  );
  let length = 0;
  return events.flatMap((event): AssistantStreamEvent[] => {
    if (event.event !== 'thread.message.delta') return [event];
    const value = valueIn(event.data);
    if (value === '') return [];
    const [before, after] = [length, length + value.length];
    length = after;
    const annotations = all.filter(({ end_index: end = 0 }) => end > before && end <= after);
    const content = [{ type: 'text' as const, index: 0, text: { value, annotations } }];
    return [{ ...event, data: { ...event.data, delta: { content } } }];
  });
}

const textIn = ({ delta: { content = [] } }: MessageDeltaEvent) =>
  content.flatMap((piece) => (piece.type === 'text' && piece.text ? [piece.text] : []));
const annotationsIn = (data: MessageDeltaEvent) =>
  textIn(data).flatMap(({ annotations = [] }) => annotations);
const valueIn = (data: MessageDeltaEvent) =>
  textIn(data)
    .map(({ value = '' }) => value)
    .join('');

/** The numbers that should stand in a text: one for each place, in order of their first mark, neighbours once. */
function numbersFor(pieces: (string | Cited)[], keyOf: (cited: Cited) => string): number[] {
  const known: string[] = [];
  const numbers: number[] = [];
  let last: string | number = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      last = piece;
      continue;
    }
    const key = keyOf(piece);
    if (!known.includes(key)) known.push(key);
    const number = known.indexOf(key) + 1;
    if (number !== last) numbers.push(number);
    last = number;
  }
  return numbers;
}

const placeOf = (cited: Cited) => {
  const { file_id, headings, place } = results[marks.indexOf(cited)] ?? {};
  return JSON.stringify([file_id, headings, place]);
};

describe('numbers of sources', () => {
  const ways = [
    { name: 'where the server tells what it found', given: marks, keyOf: placeOf, found: results },
    { name: 'where it does not', given: foreignMarks, keyOf: ({ mark }: Cited) => mark, found: [] },
  ];
  it.each(ways)(
    'stand in place of the marks and never change, however the text comes, $name',
    ({ given, keyOf, found }) => {
      const pieces = fc.array(fc.oneof(noise, fc.constantFrom(...given)), { maxLength: 25 });
      fc.assert(
        fc.property(pieces, sizes, fc.boolean(), (pieces, sizes, isAtOnce) => {
          const script = [{ calls: [search(...found)] }, { content: [cites('It says: ', ...pieces)] }];
          const late = eventsOf(script, sizes);
          let transcript = emptyTranscript;
          let before = '';
          for (const event of isAtOnce ? annotatedAtOnce(late) : late) {
            transcript = fold(transcript, event);
            const { markdown } = render(transcript);
            expect(markdown.slice(0, before.length)).toBe(before);
            expect(markdown).not.toContain('†');
            before = markdown;
          }
          expect([...before.matchAll(/\[(\d+)\]/g)].map(([, number]) => Number(number))).toEqual(
            numbersFor(pieces, keyOf),
          );
          expect(before).toBe(shownOf(polledEventsOf(script)));
          expect(citationsOf(transcript)).toEqual(render(transcript).citations);
        }),
      );
    },
  );

  it('stand exactly where the marks stood, and all else stays', () => {
    const script = [
      { calls: [search(...results)] },
      {
        content: [
          cites(
            '🏖️ Leave',
            mark(1, 1, 'a.md'),
            mark(1, 2, 'a.md'),
            ' is 25',
            mark(1, 4, 'b.pdf'),
            mark(1, 1, 'a.md'),
            '.',
          ),
        ],
      },
    ];
    expect(shownOf(eventsOf(script, [3]))).toBe('🏖️ Leave[1] is 25[2][1].');
  });

  it('are numbered through over several messages', () => {
    const script = [
      { calls: [search(...results)] },
      { content: [cites('One', mark(1, 4, 'b.pdf'))] },
      { calls: [search(found('c.md'))] },
      { content: [cites('Two', mark(3, 1, 'c.md'), mark(1, 4, 'b.pdf'))] },
    ];
    expect(shownOf(eventsOf(script, [3]))).toBe('One[1]\n\nTwo[2][1]');
  });

  test.each([
    ['a link', 'See', '(https://evil.example)', 'See[1]\u200b(https://evil.example)'],
    ['a link by name', 'See', '[x]', 'See[1]\u200b[x]'],
    ['an address for the number', '', ': https://evil.example', '[1]\u200b: https://evil.example'],
    [
      'an address for it elsewhere',
      'See',
      '.\n\n[1]: https://evil.example',
      'See[1].\n\n[1]\u200b: https://evil.example',
    ],
  ])('are never read as %s', (_what, before, after, shown) => {
    const script = [{ calls: [search(...results)] }, { content: [cites(before, mark(1, 1, 'a.md'), after)] }];
    expect(shownOf(eventsOf(script, [1]))).toBe(shown);
  });

  test.each<[string, Parameters<typeof cites>, string]>([
    ['a mark of a result that there is not', ['A', mark(1, 9, 'x.md').mark, '.'], 'A.'],
    ['a mark that breaks off', ['A', '【1:1†a.m'], 'A'],
    ['brackets that are none', ['A【重要】【3 items】 is here【'], 'A【重要】【3 items】 is here【'],
  ])('are not given for %s', (_what, pieces, shown) => {
    const script = [{ calls: [search(...results)] }, { content: [cites(...pieces)] }];
    expect(shownOf(eventsOf(script, [2]))).toBe(shown);
  });

  it('are right where annotations have wrong indexes, or come with the whole message alone', () => {
    const content = cites('A', mark(1, 1, 'a.md'), ' and B', mark(1, 4, 'b.pdf'));
    for (const annotation of content.text.annotations) annotation.start_index += 2;
    const events = eventsOf([{ calls: [search(...results)] }, { content: [content] }], [4]);
    expect(shownOf(events)).toBe('A[1] and B[2]');
    expect(shownOf(events.filter((event) => !isDelta(event)))).toBe('A[1] and B[2]');
  });

  it('stand for other marks, too, whose annotations tell what they are', () => {
    const script = [{ content: [cites('A', { mark: '(source: a)', file: 'file_a' }, '.')] }];
    const transcript = transcriptOf(eventsOf(script, [50]));
    expect(render(transcript).markdown).toBe('A[1].');
    expect(citationsOf(transcript)).toEqual([{ number: 1, fileId: 'file_a', result: undefined }]);
  });
});

test.each([
  ['nothing was found', [], 'I don’t know.', true],
  ['all that was found is far from it', [found('a.md', { score: 0.01 })], 'I don’t know.', true],
  ['something good was found', [found('a.md')], 'It is so.', false],
  ['the answer cites what was found', [found('a.md', { score: 0.01 })], 'It is so【1:1†a.md】.', false],
])('a question is unanswered or not where %s', (_when, results, says, expected) => {
  const script = [{ calls: [search(...results)] }, { content: [text(says)] }];
  expect(isUnanswered(transcriptOf(eventsOf(script, [5])))).toBe(expected);
});

test('an answer without a search, or one that has not come to its end, is no gap', () => {
  const script = [{ calls: [search()] }, { content: [text('I don’t know.')] }];
  expect(isUnanswered(transcriptOf(eventsOf(script, [5]).slice(0, -1)))).toBe(false);
  expect(isUnanswered(transcriptOf(eventsOf(script.slice(1), [5])))).toBe(false);
});
