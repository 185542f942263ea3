import { extname } from 'node:path';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { FileObject } from 'openai/resources/files';
import type { CodeRequest } from '../../code-interpreter/code-interpreter.ts';
import { findFile, isExpired } from '../../file.ts';
import type { State } from '../../state.ts';
import { DATA_FOLDER } from '../writer/produced-files.ts';

/** The files that a thread gives to its Python, each under a name of its own in `/mnt/data`. */
export class ThreadFiles {
  readonly #state: State;
  readonly #byId = new Map<string, { name: string; file: FileObject }>();
  readonly #names = new Set<string>();
  /** Deleted, or expired. */
  readonly #gone = new Set<string>();

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
    const files = await this.#state.files.getMany(ids);
    for (const file of files) if (!isExpired(file)) this.#know(file);
    for (const id of ids) if (!this.#byId.has(id)) this.#gone.add(id);
  }

  /** Makes the file known and returns its path, or `undefined` when it was deleted. */
  async add(id: string): Promise<string | undefined> {
    const known = this.#byId.get(id);
    if (known) return DATA_FOLDER + known.name;
    const file = this.#gone.has(id) ? undefined : await findFile(this.#state, id);
    return file && DATA_FOLDER + this.#know(file);
  }

  /** The name that the file has from now on. */
  #know(file: FileObject): string {
    const name = this.#names.has(file.filename) ? distinct(file) : file.filename;
    this.#names.add(name);
    this.#byId.set(file.id, { name, file });
    return name;
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
