import type {
  FileSearch,
  FileSearchRequest,
  HasStores,
  Searched,
  SearchResult,
} from '../../src/assistants/file-search/file-search.ts';
import type { State } from '../../src/assistants/state.ts';

/** A passage as a script writes it: what it leaves out is of no interest. */
export type ScriptedPassage = Partial<SearchResult> & Pick<SearchResult, 'text'>;

/** What goes wrong, once each: the store of the documents fails, or never answers. */
export type SearchFault = 'fails' | 'hangs' | 'stores fail';

/** Lets the API know vector stores of these ids, so that assistants and threads may have them. */
export async function makeStores({ vectorStores }: State, ...ids: string[]): Promise<void> {
  const store = { created_at: 0, name: null, description: null, metadata: {}, last_active_at: 0 };
  for (const id of ids) await vectorStores.put({ id, expires_after: null, ...store });
}

/** Vector stores that hold what they were told, as strict about a request as the real ones; it keeps the requests. */
export class ScriptedSearch implements FileSearch {
  readonly requests: FileSearchRequest[] = [];
  readonly faults: SearchFault[] = [];
  readonly expired: string[] = [];
  readonly #stores: ReadonlyMap<string, readonly SearchResult[]>;

  constructor(stores: Record<string, readonly ScriptedPassage[]> = {}) {
    this.#stores = new Map(
      Object.entries(stores).map(([id, passages]) => [id, passages.map((each) => passage(id, each))]),
    );
  }

  async search(request: FileSearchRequest): Promise<SearchResult[]> {
    if (request.limit < 1 || request.limit > 50) throw new TypeError(`A limit of ${request.limit}.`);
    if (request.queries.length === 0 || request.queries.some((query) => query.trim() === '')) {
      throw new TypeError('A search without a query.');
    }
    this.requests.push(structuredClone(request));
    if (this.#happens('fails')) throw new Error('The index at /secret/index.db is broken.');
    if (this.#happens('hangs')) return new Promise(() => {});
    return request.vectorStoreIds
      .flatMap((id) => this.#stores.get(id) ?? [])
      .filter(({ score }) => score >= (request.scoreThreshold ?? 0))
      .sort((one, other) => other.score - one.score)
      .slice(0, request.limit);
  }

  async storesOf(...owners: [HasStores, HasStores]): Promise<Searched> {
    if (this.#happens('stores fail')) throw new Error('The database at /secret/store.db is locked.');
    const ids = owners.flatMap((owner) => owner.tool_resources?.file_search?.vector_store_ids ?? []);
    const isExpired = (id: string) => this.expired.includes(id);
    return { vectorStoreIds: ids.filter((id) => !isExpired(id)), expired: ids.filter(isExpired) };
  }

  #happens(fault: SearchFault): boolean {
    const at = this.faults.indexOf(fault);
    if (at !== -1) this.faults.splice(at, 1);
    return at !== -1;
  }
}

function passage(vectorStoreId: string, given: ScriptedPassage): SearchResult {
  const tokens = Math.ceil(given.text.length / 4);
  const rest = { attributes: {}, headings: [], place: {}, tokens };
  return { vectorStoreId, fileId: 'file-handbook', filename: 'handbook.md', score: 0.8, ...rest, ...given };
}
