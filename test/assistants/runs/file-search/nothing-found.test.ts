import { describe, expect, test } from 'vitest';
import { end, ScriptedModel, says, search } from '../../../sim/scripted-model.ts';
import { asking, openWith, outputsIn, searchesOf, stepsOf } from './scene.ts';

describe('a search that finds nothing', () => {
  test.each([
    ['no store', { assistantStore: '' }, 'There are no documents'],
    [
      'nothing good enough',
      { file_search: { ranking_options: { score_threshold: 1 } } },
      'Nothing was found',
    ],
    ['a store that is gone', { assistantStore: 'vs_gone' }, 'Nothing was found'],
  ])('because there is %s, says so to the model', async (_, settings, told) => {
    const model = new ScriptedModel([...search(['overtime']), end()], says('I don’t know.'));
    const api = openWith(model);
    const { threadId, ask } = await asking(api, settings);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(run.status).toBe('completed');
    expect(outputsIn(model.requests[1])).toEqual([expect.stringContaining(told)]);
    const [step] = await stepsOf(api, threadId, run.id);
    expect(step && searchesOf(step)[0]?.file_search.results).toEqual([]);
  });

  test.each([['fails'], ['stores fail']] as const)(
    'because it %s, is told to the model without a secret and goes to the log, and the run goes on',
    async (fault) => {
      const model = new ScriptedModel(
        [...search(['overtime'], 'call_1'), end()],
        [...search(['overtime'], 'call_2'), end()],
        says('150 %.'),
      );
      const api = openWith(model);
      const { threadId, ask } = await asking(api);
      // The stores are asked for when the run begins, and once more by its first search.
      api.fileSearch.faults.push(...(fault === 'fails' ? [fault] : [fault, fault]));
      const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
      expect(run.status).toBe('completed');
      const told = outputsIn(model.requests[2]);
      expect(told).toEqual([expect.stringMatching(/^The search failed/), expect.stringContaining('150 %')]);
      expect(JSON.stringify([model.requests, await stepsOf(api, threadId, run.id)])).not.toContain('/secret');
      expect(api.errors).not.toEqual([]);
    },
  );

  test('because it hangs, ends with the run that is cancelled', async () => {
    const api = openWith(new ScriptedModel([...search(['overtime']), end()]));
    const { threadId, ask } = await asking(api);
    api.fileSearch.faults.push('hangs');
    const { runs } = api.client.beta.threads;
    const { id } = await runs.create(threadId, ask);
    await expect.poll(() => api.fileSearch.requests.length).toBe(1);
    await runs.cancel(id, { thread_id: threadId });
    expect((await runs.poll(id, { thread_id: threadId }, { pollIntervalMs: 1 })).status).toBe('cancelled');
    const [step] = await stepsOf(api, threadId, id);
    expect(step).toMatchObject({ status: 'cancelled', step_details: { tool_calls: [{ file_search: {} }] } });
  });

  test('because the thread’s store has expired fails its run, as in OpenAI’s API, and says what to do', async () => {
    const model = new ScriptedModel(says('Never.'));
    const api = openWith(model);
    const { threadId, ask } = await asking(api, { threadStore: 'vs_old' });
    api.fileSearch.expired.push('vs_old');
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(run).toMatchObject({ status: 'failed', last_error: { code: 'server_error' } });
    expect(run.last_error?.message).toMatch(/vs_old, has expired.*new vector store/);
    expect(model.requests).toEqual([]);
  });

  test('is also what a run without the tool does: the stores are not even asked for', async () => {
    const model = new ScriptedModel([...search(['overtime']), end()], says('Done.'));
    const api = openWith(model);
    const { threadId, ask } = await asking(api, { threadStore: 'vs_old' });
    api.fileSearch.expired.push('vs_old');
    const run = await api.client.beta.threads.runs.stream(threadId, { ...ask, tools: [] }).finalRun();
    expect(run.status).toBe('completed');
    expect(outputsIn(model.requests[1])).toEqual([expect.stringContaining('There is no function')]);
  });
});
