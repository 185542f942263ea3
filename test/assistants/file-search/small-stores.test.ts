import { describe, expect, test } from 'vitest';
import { chunksOf } from '../../../src/assistants/file-search/chunks/chunks-of.ts';
import { parseMarkdown } from '../../../src/assistants/file-search/documents/parsers/markdown.ts';
import { SearchEngine } from '../../../src/assistants/file-search/search/search-engine.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';

/** What answers a question has more, and what only shares a word with it has less; as the reply's own bound. */
const ENOUGH = 0.2;

const FILLER = `Kelpie is described here for those who run Kelpie. Kelpie keeps a log, and Kelpie reads its settings
once, when Kelpie starts. Whoever changes them starts Kelpie again.`;

/** A product's guide in which its name stands everywhere, and words of headings stand elsewhere, too. */
const GUIDE = `# Kelpie

Kelpie moves parcels between depots. ${FILLER}

## Connect a scanner

Connect a scanner by its cable, and Kelpie connects to it. To connect it to a gate, connect the gate first.
Kelpie can connect to a scanner over Teams calls, too. ${FILLER}

## Teams

Make an app in the admin centre, copy its secret into \`TEAMS_SECRET\`, and start Kelpie, which connects. ${FILLER}

## Run several depots

Give each depot the same \`LEDGER_URL\`. Kelpie runs in each, and they share the work. ${FILLER}

## Backup

Copy the ledger file at night while Kelpie runs. ${FILLER}

## Update

Stop Kelpie, unpack the new release and start Kelpie again. ${FILLER}
`;

const HANDBOOK = `# Handbook

## Holidays

Everybody has 30 days a year, to be asked for two weeks before.

## Overtime

Overtime is paid at 150 %, and a lead approves it.

## Travel expenses

Hand in receipts within a month. Trains are second class.
`;

let names = 0;

async function storeOf(documents: Record<string, string>) {
  const engine = new SearchEngine(memoryStore().searchIndex);
  const store = `vs_${names++}`;
  for (const [file, text] of Object.entries(documents)) {
    const document = parseMarkdown(text);
    const chunks = chunksOf(document);
    await engine.put({ store, file, title: document.title ?? file, attributes: {}, chunks });
  }
  return async (question: string) => {
    const hits = await engine.search({ stores: [store], queries: [question], limit: 10 });
    return hits.map(({ headings, text, score }) => ({ heading: headings.at(-1), text, score }));
  };
}

const TEAM = { 'guide.md': GUIDE, 'handbook.md': HANDBOOK };

describe.each([
  ['one document', { 'guide.md': GUIDE }],
  ['two documents', TEAM],
  [
    'twenty documents',
    Object.fromEntries([
      ...Object.entries(TEAM),
      ...Array.from({ length: 18 }, (_, at) => [
        `note-${at}.md`,
        `# Note ${at}\n\n${FILLER}\n\nWe met on day ${at} and connected ${at} scanners.`,
      ]),
    ]),
  ],
])('in a store of %s', (_, documents) => {
  test.each([
    ['How do I connect it to Teams?', 'Teams'],
    ['How do I run several depots?', 'Run several depots'],
    ['How do I connect a scanner to Kelpie?', 'Connect a scanner'],
    ['How does Kelpie make a backup?', 'Backup'],
    ['updating Kelpie', 'Update'],
    ['Where does TEAMS_SECRET go?', 'Teams'],
  ])('%j finds %j first, with a score to trust', async (question, heading) => {
    const [best] = await (await storeOf(documents))(question);
    expect(best).toMatchObject({ heading });
    expect(best?.score).toBeGreaterThan(ENOUGH);
  });

  test.each([
    'What does a unicorn cost in Kelpie?',
    'Who won the football match?',
    'How do I bake sourdough bread for Kelpie?',
    'Which insurance covers broken windscreens?',
  ])('%j, which nothing answers, finds nothing of a score to trust', async (question) => {
    for (const { score } of await (await storeOf(documents))(question)) expect(score).toBeLessThan(ENOUGH);
  });
});

test('a store of one chunk is found by its words, and by those of its heading', async () => {
  const search = await storeOf({
    'overtime.md': '# Overtime\n\nIt is paid at 150 %, and a lead approves it.',
  });
  for (const question of ['Who approves overtime?', 'How is overtime paid?', 'Overtime?']) {
    const [best] = await search(question);
    expect([question, (best?.score ?? 0) > ENOUGH]).toEqual([question, true]);
  }
  expect(await search('Who won the football match?')).toEqual([]);
});

test('a word that stands in every chunk still says which has most of it', async () => {
  const search = await storeOf({
    'a.md': 'Coffee is on the third floor.',
    'b.md': 'Coffee, coffee, coffee: all of this is on coffee.',
  });
  const [best, next] = await search('coffee');
  expect(best?.text).toContain('Coffee, coffee');
  expect(next?.score).toBeGreaterThan(ENOUGH);
  expect(best?.score).toBeGreaterThan(next?.score ?? 1);
});

test('a score means the same among few chunks and among many', async () => {
  const many = Array.from({ length: 300 }, (_, at) => [
    `n${at}.md`,
    `# Note ${at}\n\nParcel ${at} left the depot.`,
  ]);
  const question = 'Who approves overtime?';
  const [few] = await (await storeOf({ 'handbook.md': HANDBOOK }))(question);
  const [among] = await (await storeOf({ 'handbook.md': HANDBOOK, ...Object.fromEntries(many) }))(question);
  expect(among).toMatchObject({ heading: 'Overtime' });
  expect(Math.abs((few?.score ?? 0) - (among?.score ?? 0))).toBeLessThan(0.15);
});
