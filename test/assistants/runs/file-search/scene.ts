import type { FileSearchToolCall, RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { ModelRequest } from '../../../../src/assistants/models/model.ts';
import type { ScriptedModel } from '../../../sim/scripted-model.ts';
import { makeStores, ScriptedSearch } from '../../../sim/scripted-search.ts';
import { openApi, type TestApi } from '../assistants-api.ts';

/** What the team’s documents have on overtime, from the best passage down. */
export const HANDBOOK = [
  {
    text: 'Overtime is paid at 150 %.\nIt needs the approval of a lead.',
    score: 0.9,
    attributes: {
      title: 'Handbook',
      date: '2026-05-01',
      owner: 'People',
      url: 'https://team.example/handbook',
    },
    headings: ['Working hours', 'Overtime'],
    place: { page: 3 },
  },
  { text: 'Overtime is paid at 125 %.', score: 0.6, fileId: 'file-old', filename: 'old.pdf' },
  { text: 'Lunch is at noon.', score: 0.2, fileId: 'file-lunch', filename: 'lunch.txt' },
];

/** A thread with a question to an assistant that searches. */
export async function asking(
  { client, state }: Pick<TestApi, 'client' | 'state'>,
  settings: { file_search?: object; assistantStore?: string; threadStore?: string } = {},
) {
  const { file_search, assistantStore = 'vs_team', threadStore } = settings;
  const of = (id: string | undefined) =>
    id === undefined ? {} : { tool_resources: { file_search: { vector_store_ids: [id] } } };
  await makeStores(state, 'vs_team', 'vs_thread', 'vs_old', 'vs_gone');
  const assistant = await client.beta.assistants.create({
    model: 'scripted',
    tools: [
      { type: 'file_search', ...(file_search && { file_search }) },
      { type: 'code_interpreter' },
      { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } },
    ],
    ...of(assistantStore === '' ? undefined : assistantStore),
  });
  const thread = await client.beta.threads.create({
    messages: [{ role: 'user', content: 'What is overtime paid?' }],
    ...of(threadStore),
  });
  return { threadId: thread.id, ask: { assistant_id: assistant.id } };
}

/** The API with this model over the handbook, or over other documents. */
export function openWith(model: ScriptedModel, fileSearch = new ScriptedSearch({ vs_team: HANDBOOK })) {
  return { ...openApi(model, { fileSearch }), fileSearch };
}

export function searchesOf({ step_details: details }: RunStep): FileSearchToolCall[] {
  const all = details.type === 'tool_calls' ? details.tool_calls : [];
  return all.filter((call) => call.type === 'file_search');
}

export async function stepsOf({ client }: Pick<TestApi, 'client'>, threadId: string, runId: string) {
  return Array.fromAsync(client.beta.threads.runs.steps.list(runId, { thread_id: threadId, order: 'asc' }));
}

/** What the model was told of its tool calls. */
export function outputsIn(request: ModelRequest | undefined): string[] {
  return (request?.items ?? []).flatMap((item) => (item.type === 'tool_output' ? [item.output] : []));
}
