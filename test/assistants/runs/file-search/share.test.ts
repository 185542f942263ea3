import { describe, expect, test } from 'vitest';
import { itemsTokens, textTokens } from '../../../../src/assistants/runs/context/tokens.ts';
import { end, ScriptedModel, says, search } from '../../../sim/scripted-model.ts';
import { ScriptedSearch } from '../../../sim/scripted-search.ts';
import { asking, openWith, outputsIn, searchesOf, stepsOf } from './scene.ts';

describe('what is found takes a share of the context', () => {
  const long = (at: number) => ({
    text: `Passage ${at}. ${'words and words '.repeat(200)}`,
    score: 1 - at / 100,
    filename: `file${at}.md`,
  });
  const fileSearch = () => new ScriptedSearch({ vs_team: Array.from({ length: 50 }, (_, at) => long(at)) });

  test('a quarter of the room, from the best passage down; the step shows no more than the model was given', async () => {
    const model = new ScriptedModel([...search(['words']), end()], says('Done.'));
    const api = openWith(model, fileSearch());
    const { threadId, ask } = await asking(api, { file_search: { max_num_results: 50 } });
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    const [told = ''] = outputsIn(model.requests[1]);
    expect(textTokens(told)).toBeLessThanOrEqual(16_000);
    expect(textTokens(told)).toBeGreaterThan(13_000);
    expect(told).toContain('> Passage 0.');
    expect(told).not.toContain('> Passage 49.');
    expect(told).toMatch(/left out: there was no room/);
    const [step] = await stepsOf(api, threadId, run.id);
    const results = step ? (searchesOf(step)[0]?.file_search.results ?? []) : [];
    expect(results).toHaveLength(told.match(/^【/gm)?.length ?? 0);
  });

  test('of several searches together: the newest keeps its passages, older ones their best', async () => {
    const model = new ScriptedModel(
      [...search(['one'], 'call_1'), end()],
      [...search(['two'], 'call_2'), end()],
      says('Done.'),
    );
    const api = openWith(model, fileSearch());
    const { threadId, ask } = await asking(api, { file_search: { max_num_results: 12 } });
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    const [first = '', second = ''] = outputsIn(model.requests[2]);
    expect(textTokens(first) + textTokens(second)).toBeLessThanOrEqual(16_000);
    expect(second.match(/^【/gm)).toHaveLength(12);
    expect(first.match(/^【/gm)?.length).toBeLessThan(12);
    expect(first).toContain('> Passage 0.');
  });

  test('of a small context a small one, and of one passage that is too long its beginning', async () => {
    const model = new ScriptedModel([...search(['words']), end()], says('Done.'));
    const api = openWith(
      model,
      new ScriptedSearch({ vs_team: [{ text: `Begin. ${'line\n'.repeat(9000)}` }] }),
    );
    const { threadId, ask } = await asking(api);
    const stream = api.client.beta.threads.runs.stream(threadId, { ...ask, max_prompt_tokens: 4_000 });
    await stream.finalRun();
    const [told = ''] = outputsIn(model.requests[1]);
    expect(told).toContain('> Begin.');
    expect(textTokens(told)).toBeLessThan(1_200);
    expect(itemsTokens(model.requests[1]?.items ?? [])).toBeLessThan(4_000);
    const quoted = told.split('\n').filter((line) => /line/.test(line));
    expect(quoted.every((line) => line.startsWith('>'))).toBe(true);
  });
});
