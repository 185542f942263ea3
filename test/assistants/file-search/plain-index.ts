import type { FoundChunk, Index } from '../../../src/assistants/file-search/vector-stores/index-port.ts';

type Entry = Parameters<Index['put']>[0];

/** An index in memory that finds a chunk by the share of a query's words that it has. */
export class PlainIndex implements Index {
  readonly entries = new Map<string, Entry>();
  readonly puts: string[] = [];

  async put(entry: Entry): Promise<void> {
    this.puts.push(entry.file);
    this.entries.set(`${entry.store} ${entry.file}`, entry);
  }

  async setAttributes(store: string, file: string, attributes: Entry['attributes']): Promise<boolean> {
    const entry = this.entries.get(`${store} ${file}`);
    if (entry) this.entries.set(`${store} ${file}`, { ...entry, attributes });
    return entry !== undefined;
  }

  async remove(store: string, file?: string): Promise<void> {
    for (const [key, entry] of this.entries)
      if (entry.store === store && (file === undefined || entry.file === file)) this.entries.delete(key);
  }

  async chunks(store: string, file: string) {
    return this.entries.get(`${store} ${file}`)?.chunks ?? [];
  }

  async search({ stores, queries, filter, limit }: Parameters<Index['search']>[0]): Promise<FoundChunk[]> {
    const words = [...new Set(queries.join(' ').toLowerCase().split(/\W+/))];
    return [...this.entries.values()]
      .filter(({ store }) => stores.includes(store))
      .filter(({ attributes }) => !filter || !('value' in filter) || attributes[filter.key] === filter.value)
      .flatMap(({ store, file, attributes, chunks }) =>
        chunks.map((chunk) => ({ ...chunk, store, file, attributes, score: share(words, chunk.text) })),
      )
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
  }
}

function share(words: string[], text: string): number {
  const has = new Set(text.toLowerCase().split(/\W+/));
  return words.filter((word) => has.has(word)).length / words.length;
}
