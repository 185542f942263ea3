import { Gaps } from '../../src/knowledge/gaps.ts';
import type { RunningBot } from '../../src/running-bot.ts';
import { cites, found, mark, search } from '../reply/sources/citing.ts';
import { text } from '../reply/transcript/run-script.ts';
import type { SearchingRun } from '../sim/searching-server.ts';

const handbook = {
  attributes: {
    title: 'Handbook](https://evil.example) <!channel> @everyone',
    url: 'https://wiki.example/leave',
    date: '2024-03-12',
  },
  headings: ['Leave'],
};
const fees = {
  attributes: { path: 'fees.xlsx' },
  place: { sheet: 'Fees', rows: [4, 9] as const },
  score: 0.5,
};

/** Two places of two documents, one of them twice; their names are hostile. */
export const CITING: SearchingRun = {
  items: [
    { calls: [search(found('handbook.md', handbook), found('fees.xlsx', fees))] },
    {
      content: [
        cites(
          'You have 25 days',
          mark(1, 1, 'handbook.md'),
          '. More cost',
          mark(1, 2, 'fees.xlsx'),
          mark(1, 1, 'handbook.md'),
          '.',
        ),
      ],
    },
  ],
};

export const ANSWER = 'You have 25 days[1]. More cost[2][1].';
export const SOURCES = [
  '**Sources**',
  '- [1] [Handbook)(https:\u200b//evil.example) ‹!channel› @\u200beveryone › Leave](https://wiki.example/leave), 2024-03-12',
  '- [2] fees.xlsx, sheet Fees rows 4–9',
];
export const OLD =
  'The best source, Handbook)(https:\u200b//evil.example) ‹!channel› @\u200beveryone, is from 2024-03-12 and may be out of date.';

/** A search that finds nothing, and an answer that owns up to it. */
export const FINDING_NOTHING: SearchingRun = {
  items: [{ calls: [search()] }, { content: [text('I do not know.')] }],
};

export const KNOWLEDGE = { contact: 'Maria (maria@wiki.example)', staleAfterDays: 365 };

/** The questions without a good answer: what was asked, that nothing was found, and who finds the answer bad. */
export async function gapsOf({ store }: Pick<RunningBot, 'store'>) {
  const all = await new Gaps(store).all();
  const byQuestion = Map.groupBy(all, ({ conversation, message }) => `${conversation} ${message}`);
  return [...byQuestion.values()].map((gaps) => ({
    conversation: gaps[0]?.conversation,
    question: gaps[0]?.question,
    unanswered: gaps.some(({ reason }) => reason === 'not found'),
    bad: gaps.flatMap(({ person }) => person ?? []).toSorted(),
  }));
}
