import { SearchEngine } from '../../src/assistants/file-search/search/search-engine.ts';
import { LatentSource } from '../../src/assistants/file-search/semantics/latent/latent-source.ts';
import { Semantics } from '../../src/assistants/file-search/semantics/semantics.ts';
import type { Store } from '../../src/store/store.ts';

/** Search by words and by what is learnt from the documents, as an installation without a provider's embeddings has it. */
export function searchOver(store: Store): { engine: SearchEngine; semantics: Semantics } {
  const index = store.searchIndex;
  const semantics = new Semantics({
    index,
    source: new LatentSource(index, store.keyv('semantics')),
    failed(error) {
      throw error;
    },
  });
  return { engine: new SearchEngine(index, semantics), semantics };
}
