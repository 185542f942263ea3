import type { Keyv } from 'keyv';
import { createAssistantsApp } from './app.ts';
import { Archive, type ReadPage } from './archive.ts';
import type { ByteQuota } from './byte-quota.ts';
import type { CodeInterpreter } from './code-interpreter/code-interpreter.ts';
import type { Explain } from './failures.ts';
import { type FileSearchOptions, openFileSearch } from './file-search/open-file-search.ts';
import { vectorStoreRoutes } from './file-search/vector-stores/routes.ts';
import { currentRequest, type RequestFacts } from './http/current-request.ts';
import { endable, type Fetch, inProcessFetch } from './in-process-fetch.ts';
import { checkOffered } from './model-routes.ts';
import { Catalogue } from './models/catalogue.ts';
import type { Model } from './models/model.ts';
import { withStandIn } from './models/stand-in.ts';
import { ActiveRuns } from './runs/active-runs.ts';
import { ALONE, type Locks } from './runs/locks.ts';
import { runRoutes } from './runs/routes/run-routes.ts';
import { openState, type RemoteContainers } from './state.ts';

export interface AssistantsOptions {
  /** Where everything is kept: one Keyv for each namespace, which throws when the store fails. */
  keyv: <T>(namespace: string) => Keyv<T>;
  /** Left out, this process has the store to itself. */
  locks?: Locks;
  model: Model;
  /** The model that stands for every one that the provider does not offer. */
  standIn?: string;
  /** Whether assistants and runs may name models that the provider does not offer and for which none stands. */
  unknownModels?: 'taken' | 'refused';
  codeInterpreter: CodeInterpreter;
  /** Where the model's provider runs the threads' code; left out where it does not. */
  containers?: RemoteContainers;
  /** How many bytes of files runs may write; without limits when left out. */
  quotas?: { produced: ByteQuota };
  /** Left out, there are no vector stores. */
  fileSearch?: FileSearchOptions;
  /** The keys of which a client must send one; left out, everybody is let in. */
  apiKeys?: string[];
  /** Gets every failure that nobody foresaw, for the log, with the request that led to it; it may hold secrets. */
  onError: (error: unknown, request: RequestFacts | undefined) => void;
  explain?: Explain;
}

/** An Assistants API (version 2) of one's own, at whatever host it is asked as, under `/v1` or without it. */
export interface Assistants {
  /** For the `openai` SDK in this process: its `fetch` option. */
  fetch: Fetch;
  /** For a server with a socket. */
  handle: (request: Request) => Response | Promise<Response>;
  /** Everything that was ever kept, which `page` reads from the same store. */
  archive(page: ReadPage): Archive;
  /** Takes up what was being indexed when the last process ended; what fails is for the log. */
  resume(): Promise<void>;
  /** Resolves when what was indexed can be found by its meaning, too, or can't be now, which is for the log. */
  learn(): Promise<void>;
  /**
   * Leaves the runs that are going on, and what is being indexed, as they stand to the next process over the store, and takes
   * no more. What there is can still be read: the model, the code interpreter, what reads documents and the store stay open.
   */
  close(): Promise<void>;
  /** Refuses what `fetch` is asked from now on. Once it resolves nothing that was asked before uses the store any more. */
  end(): Promise<void>;
}

export function createAssistants(options: AssistantsOptions): Assistants {
  const { keyv, locks, codeInterpreter, fileSearch, apiKeys, standIn, unknownModels = 'taken' } = options;
  const catalogue = new Catalogue(options.model);
  const standsIn = standIn !== undefined;
  const model = standsIn ? withStandIn(options.model, standIn, catalogue) : options.model;
  const checked = unknownModels === 'refused' && !standsIn && { checkModel: checkOffered(catalogue) };
  const onError = (error: unknown) => options.onError(error, currentRequest());
  const explain = options.explain && { explain: options.explain };
  const { containers, quotas } = options;
  const kept = { ...openState(keyv), ...(containers && { containers }), ...(quotas && { quotas }) };
  const around = { keyv, state: kept, locks: locks ?? ALONE, onError };
  const searched = fileSearch && openFileSearch(fileSearch, around);
  const state = searched?.state ?? kept;
  const shared = locks && { shared: { locks, wishes: keyv<true>('wishes') } };
  const tools = { codeInterpreter, ...(searched && { fileSearch: searched.search }) };
  const runs = new ActiveRuns({ state, model, ...tools, onError, ...explain, ...shared });
  const app = createAssistantsApp({
    state,
    activeRun: (threadId) => runs.ofThread(threadId),
    written: (threadId) => runs.written(threadId)?.messages,
    runRoutes: runRoutes({ state, runs, ...checked }),
    ...(searched && { vectorStoreRoutes: vectorStoreRoutes(searched) }),
    catalogue,
    ...(standsIn && { standIn }),
    ...checked,
    onError,
    ...explain,
    ...(apiKeys && { apiKeys }),
  });
  const handle = (request: Request) => app.fetch(request);
  const inProcess = endable(handle);
  return {
    fetch: inProcessFetch(inProcess.handle),
    handle,
    end: inProcess.end,
    archive: (page) => new Archive(state, (threadId) => runs.ofThread(threadId), page),
    resume: async () => searched?.resume().catch(onError),
    learn: async () => searched?.learn(),
    close: async () => {
      await Promise.all([runs.close(), searched?.close()]);
    },
  };
}
