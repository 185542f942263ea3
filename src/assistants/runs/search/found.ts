import type { FileSearchToolCall, RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { Place } from '../../file-search/documents/document.ts';
import type { Attributes } from '../../file-search/file-search.ts';

/** A result as a run step shows it: the API's fields, and beside them where the passage stands and what its file carries. */
export interface StepResult extends FileSearchToolCall.FileSearch.Result {
  attributes: Attributes;
  headings: readonly string[];
  place: Place;
}

/** A result with its text. */
export interface FoundResult extends StepResult {
  content: [{ type: 'text'; text: string }];
}

/**
 * What a search that came to its end found. It is kept beside its step: texts are long, only who asks gets them, and
 * whoever reads a thread's runs reads all of their steps.
 */
export interface Found {
  id: string;
  /** What the model is told. */
  output: string;
  ranking: FileSearchToolCall.FileSearch.RankingOptions;
  results: FoundResult[];
}

/** The id under which is kept what the step's call of that index found. */
export function foundId(stepId: string, index: number): string {
  return `${stepId}-${index}`;
}

/** The ids of what the step's searches found. */
export function foundIds({ id, step_details: details }: RunStep): string[] {
  if (details.type !== 'tool_calls') return [];
  return details.tool_calls.flatMap(({ type }, at) => (type === 'file_search' ? foundId(id, at) : []));
}

export function withoutContent({ content: _, ...result }: FoundResult): StepResult {
  return result;
}

/** The step with the texts of its results. */
export function withContent(step: RunStep, found: ReadonlyMap<string, Found>): RunStep {
  const details = step.step_details;
  if (details.type !== 'tool_calls') return step;
  const calls = details.tool_calls.map((call, at) => {
    const results = found.get(foundId(step.id, at))?.results;
    if (call.type !== 'file_search' || !call.file_search.results || !results) return call;
    return { ...call, file_search: { ...call.file_search, results } };
  });
  return { ...step, step_details: { ...details, tool_calls: calls } };
}
