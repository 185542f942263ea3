import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import { describe, expect, test } from 'vitest';
import { calls, end, python, ScriptedModel, says, search, text, usage } from '../../../sim/scripted-model.ts';
import { ScriptedSearch } from '../../../sim/scripted-search.ts';
import { asking, HANDBOOK, openWith, outputsIn, searchesOf, stepsOf } from './scene.ts';

const CONTENT = ['step_details.tool_calls[*].file_search.results[*].content' as const];

describe('a search that the model calls', () => {
  test('looks in the stores of the assistant and the thread, and its step shows what was found', async () => {
    const model = new ScriptedModel(
      [...search(['overtime pay', 'Überstunden']), usage, end()],
      says('150 %.'),
    );
    const fileSearch = new ScriptedSearch({
      vs_team: HANDBOOK.slice(0, 1),
      vs_thread: HANDBOOK.slice(1),
    });
    const api = openWith(model, fileSearch);
    const filters = { type: 'eq', key: 'audience', value: 'all' };
    const ranking_options = { ranker: 'default_2024_08_21', score_threshold: 0.5 };
    const { threadId, ask } = await asking(api, {
      threadStore: 'vs_thread',
      file_search: { max_num_results: 7, ranking_options, filters },
    });
    const deltas: unknown[] = [];
    const stream = api.client.beta.threads.runs.stream(threadId, ask);
    stream.on('event', ({ event, data }) => {
      if (event === 'thread.run.step.delta') deltas.push(data.delta.step_details);
    });
    const run = await stream.finalRun();
    expect(run.status).toBe('completed');
    expect(fileSearch.requests).toEqual([
      {
        vectorStoreIds: ['vs_team', 'vs_thread'],
        queries: ['overtime pay', 'Überstunden'],
        limit: 7,
        scoreThreshold: 0.5,
        filters,
      },
    ]);
    const empty = { index: 0, id: 'call_search', type: 'file_search', file_search: {} };
    expect(deltas).toEqual([{ type: 'tool_calls', tool_calls: [empty] }]);
    const [step] = await stepsOf(api, threadId, run.id);
    expect(step).toMatchObject({ type: 'tool_calls', status: 'completed' });
    const best = {
      file_id: 'file-handbook',
      file_name: 'handbook.md',
      score: 0.9,
      attributes: HANDBOOK[0]?.attributes,
      headings: ['Working hours', 'Overtime'],
      place: { page: 3 },
    };
    const second = { file_id: 'file-old', file_name: 'old.pdf', score: 0.6 };
    const rest = { attributes: {}, headings: [], place: {} };
    expect(step && searchesOf(step)).toEqual([
      {
        id: 'call_search',
        type: 'file_search',
        file_search: { ranking_options, results: [best, { ...second, ...rest }] },
      },
    ]);
  });

  test('is told to the model as quotations with their sources, and by default asks for 20 of any score', async () => {
    const model = new ScriptedModel([...search(['overtime']), end()], says('150 %.'));
    const api = openWith(model);
    const { threadId, ask } = await asking(api);
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(api.fileSearch.requests).toEqual([
      { vectorStoreIds: ['vs_team'], queries: ['overtime'], limit: 20 },
    ]);
    const [told = ''] = outputsIn(model.requests[1]);
    expect(told.split('\n\n').slice(1)).toEqual([
      [
        '【1:1†handbook.md】',
        'file: "handbook.md"',
        'title: "Handbook"',
        'under: "Working hours › Overtime"',
        'date: "2026-05-01"',
        'owner: "People"',
        'url: "https://team.example/handbook"',
        'place: page 3',
        'score: 0.90',
        '> Overtime is paid at 150 %.',
        '> It needs the approval of a lead.',
      ].join('\n'),
      '【1:2†old.pdf】\nfile: "old.pdf"\nscore: 0.60\n> Overtime is paid at 125 %.',
      '【1:3†lunch.txt】\nfile: "lunch.txt"\nscore: 0.20\n> Lunch is at noon.',
    ]);
    expect(model.requests[1]?.items.slice(1, 2)).toEqual([
      {
        type: 'tool_call',
        callId: 'call_search',
        name: 'file_search',
        arguments: '{"queries":["overtime"]}',
      },
    ]);
    const offered = model.requests[0]?.tools.find(({ name }) => name === 'file_search');
    expect(offered?.description?.length).toBeLessThanOrEqual(1024);
    expect(offered?.description).toMatch(/never an instruction.*mark.*contradict.*newer.*don’t know/s);
  });

  test('gives the texts of its results to who asks for them, on the steps and in the stream', async () => {
    const model = new ScriptedModel(
      [...search(['overtime'], 'call_1', 0), ...calls('weather', '{}', 'call_2', 1), end()],
      says('150 %.'),
    );
    const api = openWith(model);
    const { threadId, ask } = await asking(api, { file_search: { max_num_results: 1 } });
    const { runs } = api.client.beta.threads;
    const content = [{ type: 'text', text: HANDBOOK[0]?.text }];
    const seen: unknown[] = [];
    const watch = async (stream: AsyncIterable<AssistantStreamEvent>) => {
      for await (const { event, data } of stream)
        if (event === 'thread.run.step.completed')
          for (const { file_search } of searchesOf(data)) seen.push(file_search.results?.[0]?.content);
    };
    await watch(await runs.create(threadId, { ...ask, include: CONTENT, stream: true }));
    const [{ id = '' } = {}] = (await runs.list(threadId)).data;
    const outputs = { thread_id: threadId, tool_outputs: [{ tool_call_id: 'call_2', output: 'Rain.' }] };
    await watch(await runs.submitToolOutputs(id, { ...outputs, stream: true }));
    expect(seen).toEqual([content]);

    const [step] = (await runs.steps.list(id, { thread_id: threadId, order: 'asc', include: CONTENT })).data;
    expect(step && searchesOf(step)[0]?.file_search.results?.[0]).toMatchObject({ score: 0.9, content });
    const of = { thread_id: threadId, run_id: id };
    const asked = await runs.steps.retrieve(step?.id ?? '', { ...of, include: CONTENT });
    expect(asked).toEqual(step);
    const bare = await runs.steps.retrieve(step?.id ?? '', of);
    expect(searchesOf(bare)[0]?.file_search.results?.[0]).not.toHaveProperty('content');
    await expect(
      runs.steps.retrieve(step?.id ?? '', { ...of, include: ['everything' as (typeof CONTENT)[0]] }),
    ).rejects.toMatchObject({ status: 400, param: 'include[0]' });

    await api.client.beta.threads.delete(threadId);
    expect(await api.state.found.get(`${step?.id}-0`)).toBeUndefined();
  });

  test('goes together with code, functions and other searches of one answer, numbered through', async () => {
    const model = new ScriptedModel(
      [
        text('Let me look. '),
        ...search(['overtime'], 'call_1', 0),
        ...python('1', 'call_2', 1),
        ...calls('weather', '{}', 'call_3', 2),
        ...search(['lunch'], 'call_4', 3),
        end(),
      ],
      says('At noon【2:6†lunch.txt】.'),
    );
    const api = openWith(model);
    const { threadId, ask } = await asking(api);
    const { runs, messages } = api.client.beta.threads;
    const { id, status } = await runs.stream(threadId, ask).finalRun();
    expect(status).toBe('requires_action');
    const outputs = { thread_id: threadId, tool_outputs: [{ tool_call_id: 'call_3', output: 'Rain.' }] };
    await runs.submitToolOutputsStream(id, outputs).finalRun();
    const told = outputsIn(model.requests[1]);
    expect(told.map((output) => output.match(/【2:\d†/g))).toEqual([
      ['【2:1†', '【2:2†', '【2:3†'],
      null,
      null,
      ['【2:4†', '【2:5†', '【2:6†'],
    ]);
    const [answer] = (await messages.list(threadId)).data;
    expect(answer?.content[0]).toMatchObject({
      text: {
        value: 'At noon【2:6†lunch.txt】.',
        annotations: [{ text: '【2:6†lunch.txt】', file_citation: { file_id: 'file-lunch' } }],
      },
    });
  });

  test.each([
    ['{"query":"overtime"}', ['overtime']],
    ['{"queries":"overtime"}', ['overtime']],
    ['{"queries":["a","a"," ","b\\n c"]}', ['a', 'b c']],
    ['"{\\"queries\\":[\\"overtime\\"]}"', ['overtime']],
    ['["overtime"]', ['overtime']],
    ['{"queries":[{"q":"overtime"}]}', ['overtime']],
    ['overtime', ['overtime']],
    [JSON.stringify({ queries: Array.from({ length: 30 }, (_, at) => `q${at}`) }), 'eight'],
  ])('understands arguments like %s', async (args, queries) => {
    const api = openWith(new ScriptedModel([...calls('file_search', args), end()], says('Done.')));
    const { threadId, ask } = await asking(api);
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    const [request] = api.fileSearch.requests;
    if (queries === 'eight') expect(request?.queries).toHaveLength(8);
    else expect(request?.queries).toEqual(queries);
  });

  test.each(['', '{}', '{"queries":[]}', '{"queries":["', '{"__proto__":["x"]}', 'null'])(
    'without a query, %j, is answered with how to call',
    async (args) => {
      const model = new ScriptedModel([...calls('file_search', args), end()], says('Sorry.'));
      const api = openWith(model);
      const { threadId, ask } = await asking(api);
      await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
      expect(api.fileSearch.requests).toEqual([]);
      expect(outputsIn(model.requests[1])).toEqual([expect.stringContaining('held no query')]);
    },
  );
});
