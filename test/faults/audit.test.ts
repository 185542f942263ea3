import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Asked, audit, type History, type SeenConversation, type Violation } from './audit.ts';
import { answerText, type Question } from './questions.ts';

const pace = { words: 1, everyMs: 1 };
const first: Question = { number: 1, words: 130, pace };
const second: Question = { number: 2, words: 5, pace };
const withCode: Question = { number: 3, words: 6, codeAfter: 2, pace };

const answer = (question: Question, from = 1, to = question.words) => answerText(question, from, to);
const ran = '```python\nprint("c3" + "done")\n```\n\n```\nc3done\n```';
const apology = '⚠️ The model failed (500): ask again in a moment.';

function asked(...questions: Question[]): Asked[] {
  return questions.map((question, at) => ({
    question,
    conversation: 'thread',
    delivery: { sent: at, arrived: at },
  }));
}

function thread(...messages: string[]): SeenConversation {
  return { name: 'thread', messages, atWork: [] };
}

function audited(
  questions: readonly Asked[],
  seen: readonly SeenConversation[],
  failedTurns: History['failedTurns'] = [],
): string[] {
  return audit({ asked: questions, failedTurns }, seen).map(
    ({ kind, question }: Violation) => `${kind} ${question ?? ''}`,
  );
}

test('whole answers in their order are clean, in as many messages as they take and together in one', () => {
  expect(
    audited(asked(first, second), [thread(answer(first, 1, 60), `${answer(first, 61)}\n${answer(second)}`)]),
  ).toEqual([]);
  expect(
    audited(asked(withCode), [thread(`${answer(withCode, 1, 2)}\n${ran}\n${answer(withCode, 3)}`)]),
  ).toEqual([]);
});

test('wherever an answer is cut into messages it is clean, and without any of its words it is not', () => {
  const cut = fc.record({ at: fc.integer({ min: 1, max: 129 }), left: fc.integer({ min: 1, max: 129 }) });
  fc.assert(
    fc.property(cut, ({ at, left }) => {
      const whole = thread(answer(first, 1, at), answer(first, at + 1));
      expect(audited(asked(first), [whole])).toEqual([]);
      const gap = [answer(first, 1, left - 1), answer(first, left + 1)].filter((text) => text !== '');
      expect(audited(asked(first), [thread(...gap)])).toEqual(['incomplete 1']);
    }),
  );
});

test.each<[what: string, questions: Asked[], seen: SeenConversation[], found: string[]]>([
  ['a question that nobody answers', asked(first, second), [thread(answer(first))], ['lost 2']],
  ['a conversation of which nothing shows', asked(first), [], ['lost 1']],
  ['an answer without its end', asked(first), [thread(answer(first, 1, 100))], ['incomplete 1']],
  ['Python that never ran', asked(withCode), [thread(answer(withCode))], ['incomplete 3']],
  [
    'Python that ran twice',
    asked(withCode),
    [thread(`${answer(withCode)}\n${ran}\n${ran}`)],
    ['duplicated 3'],
  ],
  [
    'an answer that is given twice',
    asked(second),
    [thread(answer(second), answer(second))],
    ['duplicated 2'],
  ],
  [
    'words that are repeated',
    asked(first),
    [thread(answer(first, 1, 70), answer(first, 60))],
    ['duplicated 1'],
  ],
  [
    'parts in the wrong order',
    asked(first),
    [thread(answer(first, 61), answer(first, 1, 60))],
    ['out of order 1'],
  ],
  [
    'a later question answered first',
    asked(first, second),
    [thread(answer(second), answer(first))],
    ['out of order 2'],
  ],
  [
    'an answer inside another',
    asked(first, second),
    [thread(answer(first, 1, 60), answer(second), answer(first, 61))],
    ['out of order 2'],
  ],
  [
    'an answer in another conversation',
    asked(second),
    [thread(), { ...thread(answer(second)), name: 'elsewhere' }],
    ['lost 2', 'misplaced 2'],
  ],
  ['an answer that nobody asked for', [], [thread(answer(second))], ['misplaced 2']],
  ['words beyond the end', asked(second), [thread(answer({ ...second, words: 6 }))], ['stray 2']],
  ['a message of something else', asked(second), [thread(answer(second), 'Hello.')], ['stray ']],
  ['a reply that was stopped', asked(second), [thread(`${answer(second)}\n\nStopped.`)], ['stray ']],
  [
    'something that says that the bot is at work',
    asked(second),
    [{ ...thread(answer(second)), atWork: ['is thinking…'] }],
    ['stuck '],
  ],
  ['an apology without a failure', asked(second), [thread(answer(second), apology)], ['apology ']],
])('%s is found', (_, questions, seen, found) => {
  expect(audited(questions, seen)).toEqual(found);
});

test('a turn that the model failed for good may break off, with one apology that says what to do', () => {
  const broken = answer(first, 1, 20);
  expect(audited(asked(first), [thread(`${broken}\n\n${apology}`)], [[1]])).toEqual([]);
  expect(audited(asked(first), [thread(answer(first))], [[1]])).toEqual([]);
  expect(audited(asked(first), [thread(broken)], [[1]])).toEqual(['apology ']);
  expect(audited(asked(first), [thread(broken, apology, apology)], [[1]])).toEqual(['apology ']);
  expect(audited(asked(first), [thread(broken, '⚠️ It broke.')], [[1]])).toEqual(['apology ']);
  expect(audited(asked(first, second), [thread(`${broken}\n\n${apology}`)], [[1]])).toEqual(['lost 2']);
});

test.each([
  ['had not brought it', { sent: 0, arrived: 3 }, { sent: 1, arrived: 2 }, []],
  ['may not have brought it', { sent: 0, arrived: 2 }, { sent: 1, arrived: 3 }, []],
  ['had brought it', { sent: 0, arrived: 1 }, { sent: 2, arrived: 3 }, ['out of order 2']],
])(
  'a question may be overtaken by what was sent while the platform %s to the bot',
  (_, one, other, found) => {
    const [before, after] = asked(first, second);
    const late = [
      { ...before, delivery: one },
      { ...after, delivery: other },
    ] as Asked[];
    expect(audited(late, [thread(answer(second), answer(first))])).toEqual(found);
  },
);
