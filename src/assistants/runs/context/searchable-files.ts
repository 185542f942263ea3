import type { Message } from 'openai/resources/beta/threads/messages';
import { type KeptFile, placeId } from '../../file-search/vector-stores/kept.ts';
import { searchedFiles } from '../../message.ts';
import type { State } from '../../state.ts';

/** Of an archive so many files that could not be read are named. */
const MAX_NAMED = 3;

/** What became of the documents that a thread's messages attach to be searched. */
export class SearchableFiles {
  readonly #state: State;
  readonly #opening: Promise<unknown>;
  readonly #known = new Map<string, KeptFile>();

  /** `opening` ends when they have been read, or when nobody waits for them any more. */
  constructor(state: State, opening: Promise<unknown>) {
    this.#state = state;
    this.#opening = opening;
  }

  /** Looks up together what the messages attach. */
  async prepare(messages: readonly Message[]): Promise<void> {
    const ids = messages.flatMap((message) => searchedFiles(message).map((id) => [message.thread_id, id]));
    const [threadId] = ids[0] ?? [];
    if (threadId === undefined) return;
    await this.#opening;
    const store = await this.#state.threadStores.get(threadId);
    if (store === undefined) return;
    const files = await this.#state.storeFiles.getMany(ids.map(([, id = '']) => placeId(store, id)));
    for (const file of files) this.#known.set(file.file_id, file);
  }

  /** How the model is told of the file, behind its name; it `canOpen` some in another way, too. */
  told(id: string, canOpen: boolean): string {
    const file = this.#known.get(id);
    if (file?.status === 'failed') return `, whose text can't be searched: ${file.last_error?.message}`;
    if (file?.status === 'in_progress') return ', whose text is still being read: it can be searched later';
    return `, whose text can be searched${canOpen ? ', too' : ''}${leftOut(file)}`;
  }
}

function leftOut({ unread = [] }: Pick<KeptFile, 'unread'> = {}): string {
  if (unread.length === 0) return '';
  const named = unread.slice(0, MAX_NAMED).map(({ path, reason }) => `${path} ${reason}`);
  const more = unread.length - named.length;
  return `, without what could not be read: ${[...named, ...(more > 0 ? [`and ${more} more.`] : [])].join(' ')}`;
}
