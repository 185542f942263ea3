import type { FileSearchTool } from 'openai/resources/beta/assistants';
import type { FileSearchToolCall } from 'openai/resources/beta/threads/runs/steps';
import type { FileSearch, Searched, SearchResult } from '../../file-search/file-search.ts';
import type { Filter } from '../../file-search/filter.ts';
import type { Found, FoundResult } from '../search/found.ts';
import { markOf } from '../search/marks.ts';
import { toldPassages } from '../search/passages.ts';
import { queriesIn } from '../search/queries.ts';
import type { SearchCall } from './calls.ts';

/** OpenAI's own number for models of today's size; how much of it there is room for is the context's to say. */
const DEFAULT_RESULTS = 20;

/** More than the slowest search takes, a provider's embedding of the query included; a person waits for it. */
const SEARCH_MS = 30_000;

const NO_QUERY =
  'The call held no query. Call the search again with what to search for as the argument "queries", a list of texts.';

const NO_STORE =
  'There are no documents to search: neither this assistant nor this conversation has any. Tell the user so if the answer depends on them.';

const NOTHING =
  'Nothing was found. Search once more with other words if there are any; otherwise say that you don’t know, rather than answer without a source.';

const FAILED =
  'The search failed, and nothing could be looked up. Say so where the answer depends on it; it may work again in a moment.';

/** The tool's settings, and this server's own beside them: more stores, and which files are searched, by their attributes. */
export interface SearchSettings extends FileSearchTool.FileSearch {
  vector_store_ids?: readonly string[];
  filters?: Filter;
}

export interface SearchContext {
  fileSearch?: FileSearch;
  /** The stores of the run, as soon as they can be searched. */
  stores: () => Promise<Searched>;
  settings: SearchSettings;
  /** The number of the run step, and of the results that its earlier searches gave. */
  step: number;
  resultsBefore: number;
  /** How much the model may be told. */
  tokens: number;
  /** Hears why a search failed; the model does not. */
  onError: (error: unknown) => void;
}

/** Carries out a search. It may fail, which the model is told: the run goes on. Rejects when `signal` aborts. */
export async function runSearch(
  call: SearchCall,
  context: SearchContext,
  signal: AbortSignal,
): Promise<Found> {
  const found = { id: call.writer.foundId, ranking: rankingOf(context.settings), results: [] };
  const queries = queriesIn(call.arguments);
  if (queries.length === 0) return { ...found, output: NO_QUERY };
  try {
    const { vectorStoreIds } = await orAborted(context.stores(), signal);
    if (!context.fileSearch || vectorStoreIds.length === 0) return { ...found, output: NO_STORE };
    const searching = context.fileSearch.search(requestOf(context.settings, vectorStoreIds, queries));
    const results = await orAborted(searching, AbortSignal.any([signal, AbortSignal.timeout(SEARCH_MS)]));
    if (results.length === 0) return { ...found, output: NOTHING };
    return { ...found, ...told(results, context) };
  } catch (error) {
    signal.throwIfAborted();
    context.onError(error);
    return { ...found, output: FAILED };
  }
}

function requestOf(settings: SearchSettings, vectorStoreIds: readonly string[], queries: string[]) {
  const threshold = settings.ranking_options?.score_threshold;
  return {
    vectorStoreIds,
    queries,
    limit: settings.max_num_results ?? DEFAULT_RESULTS,
    ...(settings.filters && { filters: settings.filters }),
    ...(threshold !== undefined && { scoreThreshold: threshold }),
  };
}

/** The model is told of as many results as there is room for; those are the results of the step. */
function told(
  results: readonly SearchResult[],
  { step, resultsBefore, tokens }: SearchContext,
): Pick<Found, 'output' | 'results'> {
  const passages = results.map((result, at) => ({
    mark: markOf(step, resultsBefore + at + 1, result.filename),
    result: stepResult(result),
    text: result.text,
  }));
  const { output, given } = toldPassages(passages, tokens);
  return { output, results: passages.slice(0, given).map(({ result }) => result) };
}

function stepResult({ fileId, filename, score, text, ...rest }: SearchResult): FoundResult {
  const { attributes, headings, place } = rest;
  const content: FoundResult['content'] = [{ type: 'text', text }];
  return { file_id: fileId, file_name: filename, score, content, attributes, headings, place };
}

function rankingOf(settings: SearchSettings): FileSearchToolCall.FileSearch.RankingOptions {
  const { ranker = 'auto', score_threshold } = settings.ranking_options ?? { score_threshold: 0 };
  return { ranker, score_threshold };
}

/** What comes of the work, unless the signal is faster: then its reason is thrown. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
