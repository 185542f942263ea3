import { extname } from 'node:path';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { FileObject } from 'openai/resources/files';
import type { CodeRequest } from '../../code-interpreter/code-interpreter.ts';
import { findFile } from '../../file.ts';
import type { State } from '../../state.ts';
import { DATA_FOLDER } from '../writer/produced-files.ts';

/** The files that a thread gives to its Python, each under a name of its own in `/mnt/data`. */
export class ThreadFiles {
  readonly #state: State;
  readonly #byId = new Map<string, { name: string; file: FileObject }>();
  readonly #names = new Set<string>();

  constructor(state: State) {
    this.#state = state;
  }

  /** Makes known the files of the run's assistant and thread. */
  async ofRun(run: Run): Promise<void> {
    const [assistant, thread] = await Promise.all([
      this.#state.assistants.get(run.assistant_id),
      this.#state.threads.get(run.thread_id),
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
