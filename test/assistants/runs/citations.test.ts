import fc from 'fast-check';
import type { Message, TextContentBlock } from 'openai/resources/beta/threads/messages';
import { describe, expect, test } from 'vitest';
import type { ModelEvent } from '../../../src/assistants/models/model.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { end, hangsAfter, python, ScriptedModel, says, search, text } from '../../sim/scripted-model.ts';
import { makeStores, ScriptedSearch } from '../../sim/scripted-search.ts';
import { openApi, type TestApi } from './assistants-api.ts';

const STORE = {
  vs_team: [
    { text: 'A', fileId: 'file-handbook', filename: 'handbook.md', score: 0.9, headings: ['Holidays'] },
    { text: 'B', fileId: 'file-prices', filename: 'Preise [2026]†"neu".xlsx', score: 0.8 },
    { text: 'C', fileId: 'file-handbook', filename: 'handbook.md', score: 0.7 },
  ],
};

const HANDBOOK = '【1:1†handbook.md】';
const PRICES = '【1:2†Preise _2026___neu_.xlsx】';

async function asking({ client, state }: Pick<TestApi, 'client' | 'state'>) {
  await makeStores(state, 'vs_team');
  const assistant = await client.beta.assistants.create({
    model: 'scripted',
    tools: [{ type: 'file_search' }, { type: 'code_interpreter' }],
    tool_resources: { file_search: { vector_store_ids: ['vs_team'] } },
  });
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Well?' }] });
  return { threadId: thread.id, ask: { assistant_id: assistant.id } };
}

/** The text of the message that a run ends with, after it searched once. */
async function answered(...pieces: string[]): Promise<TextContentBlock['text']> {
  const model = new ScriptedModel([...search(['all']), end()], says(...pieces));
  const api = openApi(model, { fileSearch: new ScriptedSearch(STORE) });
  const { threadId, ask } = await asking(api);
  await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
  const [message] = (await api.client.beta.threads.messages.list(threadId)).data;
  return textOf(message);
}

function textOf(message: Message | undefined): TextContentBlock['text'] {
  const [part] = message?.content ?? [];
  return part?.type === 'text' ? part.text : { value: '', annotations: [] };
}

/** The annotations as `mark -> file`, checked to stand exactly at their marks. */
function citations({ value, annotations }: TextContentBlock['text']): string[] {
  return annotations.map((annotation) => {
    const { text: mark, start_index, end_index } = annotation;
    expect(value.slice(start_index, end_index)).toBe(mark);
    const file =
      annotation.type === 'file_citation'
        ? annotation.file_citation.file_id
        : annotation.file_path.file_id.slice(0, 4);
    return `${mark} -> ${file}`;
  });
}

describe('the marks in an answer', () => {
  test('become citations of the files that they name, behind any characters', async () => {
    const said = await answered(`🧵 Ünder ${HANDBOOK} and ${PRICES}${HANDBOOK}.`);
    expect(said.value).toBe(`🧵 Ünder ${HANDBOOK} and ${PRICES}${HANDBOOK}.`);
    expect(citations(said)).toEqual([
      `${HANDBOOK} -> file-handbook`,
      `${PRICES} -> file-prices`,
      `${HANDBOOK} -> file-handbook`,
    ]);
    expect(said.annotations[0]).not.toHaveProperty('file_citation.quote');
  });

  test.each([
    ['[1:1†handbook.md]', HANDBOOK],
    ['【 1 : 1 † handbook.md 】', HANDBOOK],
    ['【1:1†Handbook】', HANDBOOK],
    ['【1:1†Holidays】', HANDBOOK],
    ['【1:1†source】', HANDBOOK],
    ['【1:1】', HANDBOOK],
    ['【1:1†handbook.md†L3-L9】', HANDBOOK],
    ['【2†source】', PRICES],
    ['【2†L3-L9】', PRICES],
    ['【7:3†handbook.md】', '【1:3†handbook.md】'],
  ])('are put right where it is clear what %s means', async (sloppy, mark) => {
    const said = await answered(`Yes ${sloppy}!`);
    expect(said.value).toBe(`Yes ${mark}!`);
    expect(citations(said)).toHaveLength(1);
  });

  test.each(['【9:9†secret.md】', '【1:1†prices.xlsx】', '【7†source】', '[4:2†x]', '【1:2†handbook.md】'])(
    'that name nothing that was found, such as %s, are left out: they would be believed',
    async (mark) => {
      expect(await answered(`Yes${mark}.`)).toEqual({ value: 'Yes.', annotations: [] });
    },
  );

  test.each([
    'See [1], list[0], [1:2] and [a link](https://a.example).',
    '営業時間は【10:30】から【12】まで、【重要】です。',
    'An unfinished [12',
    '- [ ] a task\n- [x] done [^1]',
    'if (a[1:2] || b[3]) †',
  ])('are no words like others: %j stays as it is', async (words) => {
    expect(await answered(...words.split(/(?=.)/su))).toEqual({ value: words, annotations: [] });
  });

  test('are words like others in a run that does not search', async () => {
    const api = openApi(new ScriptedModel(says(`Yes ${HANDBOOK}.`)));
    const { threadId, ask } = await asking(api);
    await api.client.beta.threads.runs.stream(threadId, { ...ask, tools: [] }).finalRun();
    const [message] = (await api.client.beta.threads.messages.list(threadId)).data;
    expect(textOf(message)).toEqual({ value: `Yes ${HANDBOOK}.`, annotations: [] });
  });

  test('stand beside the links to files that the code wrote', async () => {
    const link = '[a.csv](sandbox:/mnt/data/a.csv)';
    const model = new ScriptedModel(
      [...search(['all']), ...python('1', 'call_code', 1), end()],
      says(`See ${HANDBOOK} and ${link}, ${PRICES}`),
    );
    const interpreter = new ScriptedInterpreter({
      '1': { files: [{ name: 'a.csv', bytes: new Uint8Array([1]) }] },
    });
    const api = openApi(model, { fileSearch: new ScriptedSearch(STORE), interpreter });
    const { threadId, ask } = await asking(api);
    const stream = api.client.beta.threads.runs.stream(threadId, ask);
    const said = textOf((await stream.finalMessages()).at(-1));
    expect(citations(said)).toEqual([
      `${HANDBOOK} -> file-handbook`,
      `${PRICES} -> file-prices`,
      'sandbox:/mnt/data/a.csv -> file',
    ]);
  });

  test('of an earlier answer that are repeated keep their files, and the model reads them again', async () => {
    const model = new ScriptedModel(
      [...search(['all']), end()],
      says(`First ${PRICES}.`),
      says(`As I said ${PRICES}, not ${HANDBOOK}.`),
    );
    const api = openApi(model, { fileSearch: new ScriptedSearch(STORE) });
    const { threadId, ask } = await asking(api);
    const { runs, messages } = api.client.beta.threads;
    await runs.stream(threadId, ask).finalRun();
    await messages.create(threadId, { role: 'user', content: `Sure? I read ${HANDBOOK}.` });
    await runs.stream(threadId, ask).finalRun();
    const [message] = (await messages.list(threadId)).data;
    // What a person writes is no source.
    expect(textOf(message).value).toBe(`As I said ${PRICES}, not .`);
    expect(citations(textOf(message))).toEqual([`${PRICES} -> file-prices`]);
    expect(model.requests[2]?.items.map(({ type }) => type)).toEqual(['message', 'message', 'message']);
    expect(JSON.stringify(model.requests[2]?.items[1])).toContain('First 【1:2†');
  });

  test('that are half written when the run is stopped are not shown', async () => {
    const model = new ScriptedModel([...search(['all']), end()], hangsAfter(text('Yes【1:1†hand')));
    const api = openApi(model, { fileSearch: new ScriptedSearch(STORE) });
    const { threadId, ask } = await asking(api);
    const { runs, messages } = api.client.beta.threads;
    const { id } = await runs.create(threadId, ask);
    await expect.poll(() => model.requests.length).toBe(2);
    const written = async () => textOf((await messages.list(threadId)).data[0]).value;
    await expect.poll(written).toBe('Yes');
    await runs.cancel(id, { thread_id: threadId });
    await runs.poll(id, { thread_id: threadId }, { pollIntervalMs: 1 });
    expect(await written()).toBe('Yes');
  });

  test('in thoughts that the model takes back go with them', async () => {
    const model = new ScriptedModel(
      [...search(['all']), end()],
      [text(`Hm ${HANDBOOK} 【1:`), { type: 'withdraw' } satisfies ModelEvent, ...says(`So ${PRICES}`)],
    );
    const api = openApi(model, { fileSearch: new ScriptedSearch(STORE) });
    const { threadId, ask } = await asking(api);
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    const [message] = (await api.client.beta.threads.messages.list(threadId)).data;
    expect(textOf(message).value).toBe(`So ${PRICES}`);
    expect(citations(textOf(message))).toEqual([`${PRICES} -> file-prices`]);
  });
});

const piece = fc.constantFrom(
  ...[
    'Yes ',
    '🧵',
    HANDBOOK,
    PRICES,
    '【2†source】',
    '[1:3†handbook.md]',
    '【9:9†x】',
    '[1]',
    '【',
    '[',
    '†',
    '】',
    '1:1',
  ],
);

test('however an answer is cut into deltas, its stream shows no half mark and ends as the message does', async () => {
  const whole = new Map<string, TextContentBlock['text']>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
      async (pieces, sizes) => {
        const answer = pieces.join('');
        const deltas: string[] = [];
        for (let at = 0, turn = 0; at < answer.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          deltas.push(answer.slice(at, at + size));
          at += size;
        }
        const model = new ScriptedModel([...search(['all']), end()], says(...deltas));
        const api = openApi(model, { fileSearch: new ScriptedSearch(STORE) });
        const { threadId, ask } = await asking(api);
        const stream = api.client.beta.threads.runs.stream(threadId, ask);
        const shown = { value: '', annotations: [] as TextContentBlock['text']['annotations'] };
        stream.on('textDelta', ({ value = '', annotations = [] }) => {
          if (value.length > 1) expect(value).not.toMatch(/【\d+:\d+†[^】]*$/);
          shown.value += value;
          for (const { index, ...annotation } of annotations) {
            expect(index).toBe(shown.annotations.length);
            shown.annotations.push(annotation as (typeof shown.annotations)[0]);
          }
        });
        const said = textOf((await stream.finalMessages()).at(-1));
        expect(shown).toEqual(said);
        citations(said);
        if (!whole.has(answer)) whole.set(answer, await answered(answer));
        expect(said).toEqual(whole.get(answer));
      },
    ),
    { numRuns: 30 },
  );
});
