import { setTimeout as sleep, setImmediate as turnOver } from 'node:timers/promises';
import type { Thread } from 'openai/resources/beta/threads/threads';
import type { FileObject } from 'openai/resources/files';
import { deleteThread } from './deletion.ts';
import { isExpired, removeFile } from './file.ts';
import { isOwned, noteOwner } from './file-owners.ts';
import { ROOT, type State } from './state.ts';
import type { ActiveRun } from './thread.ts';

/** Gives the first `limit` entries of a namespace whose keys come after `after`, in the order of the keys. */
export type ReadPage = <T>(
  namespace: string,
  after: string,
  limit: number,
) => Promise<[key: string, value: T][]>;

/** So many threads or files are looked at together: some milliseconds of work. */
const PAGE = 50;

/** Between two pages, in ms: a hundred thousand threads take ten minutes, and a fiftieth of the processor meanwhile. */
const PAUSE_MS = 250;

export interface DeleteOptions {
  /** Threads that stay, however old they are. */
  spares?: (thread: Thread) => boolean;
  signal: AbortSignal;
}

/** How many there were. */
export interface Deleted {
  threads: number;
  files: number;
}

/** All that an Assistants API ever took, which is more than can be listed by its calls or read at once. */
export class Archive {
  readonly #state: State;
  readonly #activeRun: ActiveRun;
  readonly #page: ReadPage;

  constructor(state: State, activeRun: ActiveRun, page: ReadPage) {
    this.#state = state;
    this.#activeRun = activeRun;
    this.#page = page;
  }

  /** Every thread, in no order that means anything. */
  async *threads(): AsyncGenerator<Thread> {
    for await (const page of this.#pages<Thread>('threads')) yield* page;
  }

  /**
   * Deletes threads in which nothing was said or run since then (Unix time in seconds), and older files that no thread,
   * assistant or vector store has; a bit at a time, so that everything else goes on. Assistants and vector stores stay, the
   * latter until their time is over.
   */
  async deleteOlderThan(before: number, { spares = () => false, signal }: DeleteOptions): Promise<Deleted> {
    const deleted: Deleted = { threads: 0, files: 0 };
    await this.#noteFilesOfAssistants();
    await this.#state.search?.sweep();
    for await (const threads of this.#pages<Thread>('threads', signal)) {
      for (const thread of threads) {
        const isOver = !spares(thread) && (await this.#isUntouchedSince(before, thread));
        if (isOver && (await this.#deleted(thread))) deleted.threads++;
        else await noteOwner(this.#state, filesOfTools(thread), thread.id);
      }
    }
    for await (const files of this.#pages<FileObject>('files', signal)) {
      for (const file of files) {
        const isOld = isExpired(file) || (file.created_at < before && !(await isOwned(this.#state, file.id)));
        if (isOld && (await removeFile(this.#state, file.id))) deleted.files++;
      }
    }
    return deleted;
  }

  /** Deletes the files whose time is over, a bit at a time; gives how many there were. */
  async deleteExpired(signal: AbortSignal): Promise<number> {
    let deleted = 0;
    for await (const files of this.#pages<FileObject>('files', signal))
      for (const file of files) if (isExpired(file) && (await removeFile(this.#state, file.id))) deleted++;
    return deleted;
  }

  async #isUntouchedSince(before: number, { id, created_at }: Thread): Promise<boolean> {
    if (created_at >= before) return false;
    const newest = await Promise.all([this.#state.messages.last(id), this.#state.runs.last(id)]);
    return newest.every((one) => one === undefined || one.created_at < before);
  }

  /** False when it is in use, or when somebody else was faster. */
  async #deleted({ id }: Thread): Promise<boolean> {
    if (await this.#activeRun(id)) return false;
    if ((await this.#state.threads.get(id)) === undefined) return false;
    await deleteThread(this.#state, id);
    await turnOver();
    return true;
  }

  /** Of what earlier releases kept it is not noted who has it. */
  async #noteFilesOfAssistants(): Promise<void> {
    for await (const assistant of this.#state.assistants.walk(ROOT, { order: 'asc' }))
      await noteOwner(this.#state, filesOfTools(assistant), assistant.id);
  }

  async *#pages<T>(namespace: string, signal?: AbortSignal): AsyncGenerator<T[]> {
    for (let after = ''; ; ) {
      const page = await this.#page<T>(namespace, after, PAGE);
      yield page.map(([, value]) => value);
      const last = page.at(-1);
      if (page.length < PAGE || !last || signal?.aborted) return;
      [after] = last;
      if (signal) await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
    }
  }
}

function filesOfTools({ tool_resources: tools }: Partial<Pick<Thread, 'tool_resources'>>): string[] {
  return tools?.code_interpreter?.file_ids ?? [];
}
