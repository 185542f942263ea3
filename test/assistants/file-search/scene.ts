import type OpenAI from 'openai';
import { expect, onTestFinished } from 'vitest';
import type { ChunkingStrategy } from '../../../src/assistants/file-search/chunks/chunk.ts';
import { chunksOf } from '../../../src/assistants/file-search/chunks/chunks-of.ts';
import type { NamedFile } from '../../../src/assistants/file-search/documents/document-reader.ts';
import { parse } from '../../../src/assistants/file-search/documents/parse.ts';
import { SearchEngine } from '../../../src/assistants/file-search/search/search-engine.ts';
import { createAssistants } from '../../../src/assistants/index.ts';
import type { Model } from '../../../src/assistants/models/model.ts';
import type { Locks } from '../../../src/assistants/runs/locks.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { ScriptedModel } from '../../sim/scripted-model.ts';
import { clientOf } from '../client.ts';

/** Reads documents in this process; a test may hold it before it begins. */
export class HeldReader {
  readonly names: string[] = [];
  #held: PromiseWithResolvers<void> | undefined;

  hold(): () => void {
    const held = Promise.withResolvers<void>();
    this.#held = held;
    return () => {
      this.#held = undefined;
      held.resolve();
    };
  }

  async read(file: NamedFile, strategy: ChunkingStrategy, signal: AbortSignal) {
    this.names.push(file.name);
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );
    aborted.catch(() => {});
    await Promise.race([this.#held?.promise, aborted]);
    return { chunks: chunksOf(await parse(file), strategy) };
  }

  async close(): Promise<void> {}
}

export interface SceneOptions {
  /** What holds the index, and all else unless there is a `keyv`; in memory when left out. */
  store?: Store;
  keyv?: Store['keyv'];
  locks?: Locks;
  model?: Model;
  /** Whether it ends with the test, as one that was killed in it can't. */
  closes?: boolean;
}

/** The whole API with vector stores over a store in memory; a second one over the same is its next process. */
export function openScene(options: SceneOptions = {}) {
  const { store = openMemory(), locks, model = new ScriptedModel(), closes = true } = options;
  const { keyv = store.keyv } = options;
  const { searchIndex: index } = store;
  const documents = new HeldReader();
  const errors: unknown[] = [];
  const assistants = createAssistants({
    keyv,
    ...(locks && { locks }),
    model,
    codeInterpreter: new ScriptedInterpreter(),
    fileSearch: { index, documents },
    onError: (error) => errors.push(error),
  });
  onTestFinished(async () => {
    if (closes) await assistants.close();
    expect(errors.splice(0)).toEqual([]);
  });
  const client = clientOf({ fetch: assistants.fetch });
  /** How many passages can be found. */
  const passages = async () => (await index.count()).chunks;
  return { assistants, client, keyv, index, engine: new SearchEngine(index), documents, errors, passages };
}

/** A store that is closed after the test and whoever uses it. */
export function openMemory(): Store {
  const store = memoryStore();
  onTestFinished(() => store.close());
  return store;
}

export const file = (content: string, name = 'notes.md') => new File([content], name);

/** Uploads a file for search; its id. */
export async function uploaded(client: OpenAI, content: string, name?: string): Promise<string> {
  const { id } = await client.files.create({ file: file(content, name), purpose: 'assistants' });
  return id;
}

/** The names of the files in which a search finds something. */
export async function namesFound(client: OpenAI, store: string, query: string): Promise<string[]> {
  const { data } = await client.vectorStores.search(store, { query });
  return data.map(({ filename }) => filename);
}
