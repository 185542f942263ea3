import { extname } from 'node:path';
import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { Thread } from 'openai/resources/beta/threads/threads';
import type { FileObject } from 'openai/resources/files';
import type { CodeRequest } from '../code-interpreter/code-interpreter.ts';
import { findFile } from '../file.ts';
import type { State } from '../state.ts';
import { DATA_FOLDER } from './produced-files.ts';

/** As many messages as usually wait for one run: they are read at once. */
const USUAL_WAITING = 4;

/** The files that a thread gives to its Python, each under a name of its own in `/mnt/data`. */
export class ThreadFiles {
  readonly #state: State;
  readonly #byId = new Map<string, { name: string; file: FileObject }>();
  readonly #names = new Set<string>();

  constructor(state: State) {
    this.#state = state;
  }

  /**
   * Makes known the files of the run's assistant and thread. As in OpenAI's API, what messages attach for the
   * code interpreter is added to the thread's own files, so a file keeps its name when its message is far back.
   */
  async ofRun(run: Run): Promise<void> {
    const attached = await attachedSinceLastRun(this.#state, run);
    const [assistant, thread] = await Promise.all([
      this.#state.assistants.get(run.assistant_id),
      attached.length > 0
        ? this.#state.threads.update(run.thread_id, (thread) => withFiles(thread, attached))
        : this.#state.threads.get(run.thread_id),
    ]);
    const ids = [assistant, thread].flatMap(
      (owner) => owner?.tool_resources?.code_interpreter?.file_ids ?? [],
    );
    for (const id of ids) await this.add(id);
  }

  /** Makes the file known and returns its path, or `undefined` when it was deleted. */
  async add(id: string): Promise<string | undefined> {
    const known = this.#byId.get(id);
    if (known) return DATA_FOLDER + known.name;
    const file = await findFile(this.#state, id);
    if (!file) return undefined;
    const name = this.#names.has(file.filename) ? distinct(file) : file.filename;
    this.#names.add(name);
    this.#byId.set(id, { name, file });
    return DATA_FOLDER + name;
  }

  get paths(): string[] {
    return [...this.#names].map((name) => DATA_FOLDER + name);
  }

  /** All files, for the code interpreter; their bytes are read when it asks for them. */
  forCode(): CodeRequest['files'] {
    return [...this.#byId.values()].map(({ name, file }) => ({
      name,
      read: async () => (await this.#state.contents.get(file.id)) ?? new Uint8Array(),
    }));
  }
}

/** Two files of one name: the later one carries its id, so that its name is the same in every run. */
function distinct({ filename, id }: FileObject): string {
  const extension = extname(filename);
  return `${filename.slice(0, filename.length - extension.length)}-${id}${extension}`;
}

/** The files for the code interpreter of one message. */
export function codeFiles(message: Message): string[] {
  return (message.attachments ?? []).flatMap(({ file_id: id, tools }) =>
    id !== undefined && tools?.some(({ type }) => type === 'code_interpreter') ? [id] : [],
  );
}

/** The files of the messages that the run answers, oldest first. */
async function attachedSinceLastRun(state: State, run: Run): Promise<string[]> {
  const ids: string[] = [];
  for await (const message of state.messages.walk(run.thread_id, { order: 'desc' }, USUAL_WAITING)) {
    if (message.run_id !== null) break;
    ids.unshift(...codeFiles(message));
  }
  return ids;
}

function withFiles(thread: Thread, ids: string[]): Thread {
  const known = thread.tool_resources?.code_interpreter?.file_ids ?? [];
  const file_ids = [...new Set([...known, ...ids])];
  return { ...thread, tool_resources: { ...thread.tool_resources, code_interpreter: { file_ids } } };
}
