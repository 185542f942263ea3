import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, redactingErrors } from '../../log.ts';
import type { FunctionSource, TeamFunction } from '../team-function.ts';
import type { Loaded } from './load-folder.ts';

/** How long people wait for modules to be loaded, in ms: longer than one may take. */
const PATIENCE_MS = 12_000;

export interface ModuleSourceOptions {
  /** FUNCTIONS_DIR. */
  dir: string;
  /** Whether it has to be there. */
  isRequired: boolean;
  /** Loads what has changed while it runs. */
  watches?: boolean;
  log: Logger;
  /** Is told what whoever writes the modules has to know, as whole sentences. */
  tell?: (sentence: string) => void;
  /** Takes away from a text what nobody may read. */
  redact: (text: string) => string;
}

/** The functions of the modules in a folder, loaded when they are first asked for. */
export class ModuleSource implements FunctionSource {
  readonly name: string;
  readonly #options: ModuleSourceOptions;
  readonly #folder: string;
  #functions: readonly TeamFunction[] = [];
  #loaded: Promise<void> | undefined;
  #isLoaded = false;
  #watcher: { close(): void } | undefined;
  #isClosed = false;

  constructor(options: ModuleSourceOptions) {
    this.#options = options;
    this.name = options.dir;
    this.#folder = resolve(options.dir);
  }

  get functions(): readonly TeamFunction[] {
    return this.#functions;
  }

  /** Loads them, the first time; a module that hangs lets nobody wait for longer than a while. */
  async ready(): Promise<void> {
    this.#loaded ??= this.#begin();
    const patience = new AbortController();
    const late = sleep(PATIENCE_MS, undefined, { signal: patience.signal, ref: false }).catch(() => {});
    await Promise.race([this.#loaded, late]);
    patience.abort();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watcher?.close();
  }

  async #begin(): Promise<void> {
    await this.#load();
    if (!this.#options.watches || this.#isClosed) return;
    const { watchFolder } = await import('./watch-folder.ts');
    if (!this.#isClosed) this.#watcher = watchFolder(this.#folder, () => this.#reload());
  }

  /** Gives back what is wrong. What loads functions is loaded only here: a bot without them needs none of it. */
  async #load(): Promise<readonly string[]> {
    const { loadFolder } = await import('./load-folder.ts');
    const { isRequired, redact } = this.#options;
    const log = redactingErrors(this.#options.log, redact);
    const onAstray = (err: unknown, file: string) =>
      log.error({ err, file }, 'something that a module of functions began went wrong');
    let all: Loaded = { functions: [], mistakes: [] };
    for await (const loaded of loadFolder(this.#folder, { isRequired, onAstray })) {
      all = loaded;
      if (this.#isClosed) break;
      // What works already waits for nothing; what is loaded anew stands as it was until all of it is.
      if (!this.#isLoaded) this.#functions = teamOf(loaded);
    }
    this.#isLoaded = true;
    this.#functions = teamOf(all);
    for (const mistake of all.mistakes) this.#complain(mistake);
    for (const remark of all.functions.flatMap(({ remarks }) => remarks)) log.info(remark);
    return all.mistakes;
  }

  async #reload(): Promise<void> {
    if ((await this.#load()).length > 0) return;
    const names = this.#functions.map(({ name }) => name).join(', ');
    this.#options.tell?.(`The functions are loaded anew: ${names || 'there are none'}.`);
  }

  #complain(mistake: string): void {
    const { log, tell, redact } = this.#options;
    const told = redact(mistake);
    if (tell) tell(told);
    else log.error(told);
  }
}

function teamOf({ functions }: Loaded): readonly TeamFunction[] {
  return functions.map(({ team }) => team);
}
