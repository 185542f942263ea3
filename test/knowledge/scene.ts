import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { Knowledge } from '../../src/knowledge/knowledge.ts';
import type { KnowledgeEntry } from '../../src/settings/knowledge-fields.ts';
import type { Store } from '../../src/store/store.ts';
import { clientOf } from '../assistants/client.ts';
import {
  HeldReader,
  openScene as openApi,
  openMemory,
  type SceneOptions,
} from '../assistants/file-search/scene.ts';
import { tempFolder } from '../store/temp-folder.ts';

/** What a request is answered with instead, or who holds it up. */
type Fault = (request: { method: string; path: string }) => Response | Promise<void> | undefined;

export const PATIENCE = { firstPauseMs: 1, longestPauseMs: 4, giveUpMs: 60_000 };

export interface KnowledgeScene extends ReturnType<typeof openApi> {
  root: string;
  knowledge: Knowledge;
  /** Every request, as `POST /files`. */
  requests: string[];
  /** Is asked before each request. */
  faults: { next?: Fault };
  write(files: Record<string, string | null>): void;
  /** The paths of the documents in which something is found. */
  found(query: string): Promise<string[]>;
  /** What a server has, in files and in stores. */
  count(): Promise<{ files: number; stored: number }>;
  /** The same over the same store, as another process has it. */
  again(): Knowledge;
}

/** A team's folder, and the whole API that its knowledge is kept in. */
export async function knowledgeScene(
  files: Record<string, string>,
  entries: (string | KnowledgeEntry)[] = ['docs'],
  options: SceneOptions & { locks?: Store['locks']; server?: string } = {},
): Promise<KnowledgeScene> {
  const root = await tempFolder();
  const store = options.store ?? openMemory();
  const api = openApi({ ...options, store });
  const requests: string[] = [];
  const faults: { next?: Fault } = {};
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const path = new URL(String(input)).pathname.replace('/v1', '');
    const method = init?.method?.toUpperCase() ?? 'GET';
    requests.push(`${method} ${path}`);
    const answer = await faults.next?.({ method, path });
    return answer instanceof Response ? answer : api.assistants.fetch(input, init);
  };
  const client = clientOf({ fetch });
  const open = () =>
    new Knowledge({
      settings: {
        root,
        entries: entries.map((entry) => (typeof entry === 'string' ? { path: entry } : entry)),
      },
      tools: [{ type: 'file_search' }],
      client,
      server: 'embedded',
      store: options.locks ? { ...store, locks: options.locks } : store,
      log: pino({ level: 'silent' }),
      patience: PATIENCE,
    });
  const write = (changed: Record<string, string | null>) => {
    for (const [path, content] of Object.entries(changed)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      if (content === null) rmSync(join(root, path), { recursive: true });
      else writeFileSync(join(root, path), content);
    }
  };
  write(files);
  const knowledge = open();
  return {
    ...api,
    client,
    root,
    knowledge,
    requests,
    faults,
    write,
    found: async (query) => [...new Set((await knowledge.search(query, 50)).map(({ path }) => path))].sort(),
    count: async () => {
      const all = await Array.fromAsync(client.files.list({ limit: 100 }));
      const { stored } = await knowledge.sync.compare();
      return { files: all.length, stored: stored.length };
    },
    again: open,
  };
}

export const refused = (status: number, code = 'busy') =>
  Response.json({ error: { message: `It is ${code}.`, code, type: code } }, { status });

/** What `createAssistants` takes for a search over a store; documents are read in this process. */
export function fileSearchOver(store: Store) {
  return { index: store.searchIndex, documents: new HeldReader() };
}
