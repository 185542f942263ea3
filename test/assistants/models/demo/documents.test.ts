import { describe, expect, test } from 'vitest';
import { demoModel } from '../../../../src/assistants/models/demo.ts';
import { makeStores, type ScriptedPassage, ScriptedSearch } from '../../../sim/scripted-search.ts';
import { openApi } from '../../runs/assistants-api.ts';

const OVERTIME: ScriptedPassage = {
  text: 'Overtime is paid at 150 %.\nA lead approves it.',
  score: 0.9,
  attributes: { title: 'The *Handbook*', date: '2026-05-01' },
  headings: ['The *Handbook*', 'Overtime'],
};

/** What the demo says to messages of one thread, one after the other, and what it searched for. */
async function asked(passages: ScriptedPassage[], ...questions: string[]) {
  const fileSearch = new ScriptedSearch({ vs_team: passages });
  const api = openApi(demoModel({ wordDelayMs: 0 }), { fileSearch });
  await makeStores(api.state, 'vs_team', 'vs_none');
  const { assistants, threads } = api.client.beta;
  const store = passages.length > 0 ? { file_search: { vector_store_ids: ['vs_team'] } } : {};
  const { id } = await assistants.create({
    model: 'demo',
    tools: [{ type: 'file_search' }, { type: 'code_interpreter' }],
    tool_resources: store,
  });
  const thread = await threads.create();
  const said: string[] = [];
  for (const content of questions) {
    await threads.messages.create(thread.id, { role: 'user', content });
    const run = await threads.runs.stream(thread.id, { assistant_id: id }).finalRun();
    expect(run.status).toBe('completed');
    const [message] = (await threads.messages.list(thread.id)).data;
    const [part] = message?.content ?? [];
    if (part?.type !== 'text') throw new Error('The demo said nothing.');
    for (const { text, start_index, end_index } of part.text.annotations)
      expect(part.text.value.slice(start_index, end_index)).toBe(text);
    said.push(`${part.text.value} [${part.text.annotations.length}]`);
  }
  return { said, fileSearch };
}

describe('the demo model, asked what documents may answer', () => {
  test('searches for the question and quotes the best passage with its source', async () => {
    const { said, fileSearch } = await asked(
      [OVERTIME],
      'What is\n overtime paid?',
      'And who approves overtime?',
    );
    expect(fileSearch.requests.map(({ queries }) => queries)).toEqual([
      ['What is overtime paid?'],
      ['And who approves overtime?'],
    ]);
    const quoted =
      'From **The Handbook › Overtime** (2026-05-01):\n\n> Overtime is paid at 150 %.\n> A lead approves it. 【1:1†handbook.md】 [1]';
    expect(said).toEqual([quoted, quoted]);
  });

  test('quotes two that fit alike, without a title by their file, and no more', async () => {
    const plain = (filename: string): ScriptedPassage => ({
      text: `${filename}: invoices go to Mia.`,
      filename,
    });
    const { said } = await asked(
      [plain('a.md'), plain('b.md'), plain('c.md')],
      'Where do I send an invoice?',
    );
    expect(said[0]).toBe(
      'From **a.md**:\n\n> a.md: invoices go to Mia. 【1:1†a.md】\n\nFrom **b.md**:\n\n> b.md: invoices go to Mia. 【1:2†b.md】 [2]',
    );
  });

  test.each([
    ['Wie viel Urlaub habe ich?', 'Der Jahresurlaub beträgt 30 Tage.'],
    ['残業の承認は誰がしますか？', '残業は上司の承認が必要です。'],
    ['How do I rotate the API keys', 'API keys: rotate them once a year with `keys rotate`.'],
  ])('finds the words of %j', async (question, text) => {
    expect((await asked([{ text }], question)).said[0]).toContain(`> ${text}`);
  });

  test('keeps a table and a fence whole, with the mark behind, and cuts what is long at a sentence', async () => {
    const table = '| price | value |\n| - | - |\n| small | 5 |';
    const { said } = await asked([{ text: table }], 'What is the price?');
    expect(said[0]).toContain('> | small | 5 |\n> \n> 【1:1†handbook.md】');
    const long =
      (await asked([{ text: 'The price is five. '.repeat(100) }], 'What is the price?')).said[0] ?? '';
    expect(long.length).toBeLessThan(900);
    expect(long).toMatch(/price is five\. … 【1:1†handbook\.md】 \[1\]$/);
  });

  test('quotes of a long passage the lines that hold the words, under the head of their table', async () => {
    const rows = Array.from({ length: 60 }, (_, at) => `| town ${at} | price ${at * 7} in euros |`);
    const table = ['The prices.', '', '| place | costs |', '| --- | --- |', ...rows].join('\n');
    const { said } = await asked([{ text: table }], 'What is the price in town 41?');
    expect(said[0]).toContain('> | place | costs |\n> | --- | --- |\n> | town ');
    expect(said[0]).toContain('> | town 41 | price 287 in euros |');
    expect(said[0]).not.toContain('| town 1 |');
  });

  test('quotes a part of a block of code without its fence, so that the mark stays outside', async () => {
    const code = `\`\`\`sh\n${'echo nothing\n'.repeat(80)}deploy now\n\`\`\``;
    const { said } = await asked([{ text: code }], 'How do I deploy now?');
    expect(said[0]).toMatch(/> deploy now.*【1:1†handbook\.md】 \[1\]$/s);
    expect(said[0]).not.toContain('```');
  });

  test('quotes what the search found best, from the beginning of the section whose heading is asked for', async () => {
    const steps = ['Make an app from the manifest.', 'Install it.', 'Copy its token.'];
    const later = Array.from(
      { length: 30 },
      (_, at) => `Connect, and Kelpie of Teams says so in line ${at}.`,
    );
    const { said } = await asked(
      [
        { text: [...steps, ...later].join('\n'), score: 0.8, headings: ['Kelpie', 'Connect Teams'] },
        { text: 'Kelpie can connect a model, also from Teams.', score: 0.6, headings: ['Kelpie', 'Models'] },
      ],
      'How do I connect Kelpie to Teams?',
    );
    expect(said[0]).toMatch(
      /^From \*\*.*Connect Teams\*\*:\n\n> Make an app from the manifest\.\n> Install it\./,
    );
    expect(said[0]).not.toContain('Models');
  });

  test.each([
    ['the best score is low', [{ ...OVERTIME, score: 0.01 }]],
    ['the words are others', [{ text: 'Lunch is at noon.', score: 0.9 }]],
  ])('says that it does not know when %s', async (_, passages) => {
    const { said } = await asked(passages, 'What is overtime paid?');
    expect(said[0]).toMatch(/^I don't know.*offline demo.*\[0\]$/s);
  });

  test.each([
    'Solve 2x + 1 = 5?',
    'Hello?',
    'Can you help me, please?',
    'Thanks!',
    'How many messages did I send?',
  ])('does not search for %j', async (message) => {
    const { fileSearch } = await asked([OVERTIME], message);
    expect(fileSearch.requests).toEqual([]);
  });

  test('says what it can do where there is nothing to search', async () => {
    const { said } = await asked([], 'What is overtime paid?');
    expect(said[0]).toContain("I'm Bobbin's built-in offline demo");
  });
});
