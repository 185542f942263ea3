import { type GiveBack, SharedMemory } from '../memory/shared-memory.ts';
import { wallsHere } from '../walls/find-walls.ts';
import type { Walls } from '../walls/wall.ts';
import type { CodeInterpreter, CodeRequest, CodeResult } from './code-interpreter.ts';
import { Launcher } from './launcher.ts';
import { DEFAULT_LIMITS, type Limits, PROCESS_BYTES, processesWithin } from './limits.ts';
import { Output, sizeOf } from './output.ts';
import { NO_PACKAGES, type PackageSet, Packages, type PackagesOptions } from './packages/packages.ts';
import { Pool } from './pool.ts';
import { type Ending, isDataPath, NAME_LENGTH } from './python-call.ts';
import type { PythonProcess } from './python-process.ts';
import { Snapshot } from './snapshot.ts';
import { toldName, toldNames } from './told-names.ts';

const GONE = 'The variables and files of this session are gone.';

/** How many files that could not be put into `/mnt/data` are told one by one: a thread may have very many. */
const MISSING_TOLD = 10;

export interface SandboxOptions {
  /**
   * A folder that outlives the process, such as `DATA_DIR`: the memory of a started Python is kept there (30 MB), and
   * every later one starts in a third of a second instead of several.
   */
  cacheDir?: string;
  limits?: Partial<Limits>;
  /** The packages that code can import; none when left out. */
  packages?: PackagesOptions;
  /** What stands around each Python; the best that this machine has when left out. */
  walls?: () => Promise<Walls>;
  /** The memory that its processes share, also with others; half of this machine's for them alone when left out. */
  memory?: SharedMemory;
  /** Hears why no Python could be started for a call. */
  onProblem?: (error: unknown) => void;
}

export interface Sandbox extends CodeInterpreter {
  /**
   * Makes one Python ready for the first who needs it, and from now on another one whenever it was taken. Rejects
   * with a sentence when Python does not start here.
   */
  warmUp(): Promise<void>;
  /** The processes that exist, the spare one included. */
  processIds(): number[];
}

/** Python for people's code, in processes that can reach nothing. Nothing starts before `run` or `warmUp`. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  return new PythonSandbox({ ...DEFAULT_LIMITS, ...options.limits }, options);
}

class PythonSandbox implements Sandbox {
  readonly #limits: Limits;
  readonly #onProblem: (error: unknown) => void;
  readonly #packages: Packages;
  readonly #snapshot: Snapshot;
  readonly #memory: SharedMemory;
  readonly #closing = new AbortController();
  readonly #launcher: Launcher;
  readonly #pool: Pool<PythonProcess>;
  /** The last call of each session that has one. */
  readonly #last = new Map<string, Promise<unknown>>();
  /** What each Python has in `/mnt/data` from us. */
  readonly #put = new WeakMap<object, { names: Set<string>; bytes: number }>();

  constructor(limits: Limits, options: SandboxOptions) {
    const { cacheDir, packages, walls = wallsHere, memory = new SharedMemory() } = options;
    const { onProblem = () => {} } = options;
    this.#limits = limits;
    this.#onProblem = onProblem;
    this.#packages = new Packages(packages ?? {});
    this.#snapshot = new Snapshot(cacheDir, limits, walls);
    this.#memory = memory;
    this.#launcher = new Launcher(this.#snapshot, {
      limits,
      packages: () => this.#currentPackages(),
      walls,
      memory,
    });
    const processes = Math.min(limits.processes, processesWithin(memory.totalBytes));
    this.#pool = new Pool((spare) => this.#start(spare), { ...limits, processes });
  }

  run(request: CodeRequest, onOutput: (text: string) => void, signal: AbortSignal): Promise<CodeResult> {
    const { session } = request;
    const before = this.#last.get(session) ?? Promise.resolve();
    const call = before.then(() => this.#call(request, onOutput, signal));
    const settled = call.then(
      () => {},
      () => {},
    );
    this.#last.set(session, settled);
    void settled.then(() => {
      if (this.#last.get(session) === settled) this.#last.delete(session);
    });
    return unlessAborted(call, signal);
  }

  async packages(): Promise<readonly string[]> {
    const { installed } = await this.#currentPackages();
    return installed.filter(({ isLibrary }) => !isLibrary).map(({ name }) => name);
  }

  warmUp(): Promise<void> {
    return this.#pool.warmUp();
  }

  processIds(): number[] {
    return this.#launcher.processIds;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('Python has been closed.'));
    this.#pool.close();
    await Promise.all([this.#launcher.close(), this.#snapshot.close(), ...this.#last.values()]);
  }

  async #start(spare: boolean): Promise<PythonProcess> {
    return this.#launcher.start(await (spare ? this.#placeForSpare() : this.#placeForCall()));
  }

  /** Waits for memory, which sessions without a call give back. */
  #placeForCall(): Promise<GiveBack> {
    return this.#memory.place({
      expectedBytes: PROCESS_BYTES,
      makeRoom: () => this.#launcher.awaitsEnd || this.#pool.yieldIdle(),
      signal: this.#closing.signal,
    });
  }

  /** For a spare no more is given back than the pool has ended for it. */
  async #placeForSpare(): Promise<GiveBack> {
    await this.#launcher.endedAreGone();
    const place = this.#memory.placeNow(PROCESS_BYTES);
    if (!place) throw new Error('There is no memory for a spare.');
    return place;
  }

  async #call(
    request: CodeRequest,
    onOutput: (text: string) => void,
    signal: AbortSignal,
  ): Promise<CodeResult> {
    signal.throwIfAborted();
    const output = new Output(this.#limits.outputBytes, (text) => {
      if (!signal.aborted) onOutput(text);
    });
    const result = await this.#runIn(output, request, signal);
    output.end();
    return result;
  }

  async #runIn(output: Output, request: CodeRequest, signal: AbortSignal): Promise<CodeResult> {
    const failed: CodeResult = { status: 'failed', fresh: true, files: [] };
    if (Buffer.byteLength(request.code) > this.#limits.codeBytes) {
      output.tell(`The code is longer than ${sizeOf(this.#limits.codeBytes)} and was not run.`);
      return { ...failed, fresh: false };
    }
    const lease = await this.#pool.take(request, signal, request.onWait).catch((error: unknown) => {
      signal.throwIfAborted();
      this.#onProblem(error);
      output.tell('Python could not be started here. Whoever runs this bot finds the reason in its log.');
    });
    if (!lease) return failed;
    const { ending, late } = await this.#runWithin(lease.python, output, request, signal);
    signal.throwIfAborted();
    output.tellCut(ending.type === 'done' ? ending.printed : undefined);
    if (this.#launcher.wasCrowded(lease.python)) output.tell(`${tooMuchTogether(this.#memory)} ${GONE}`);
    else this.#explain(ending, late, output);
    if (ending.type === 'dead') return { ...failed, fresh: lease.fresh };
    return { status: 'completed', fresh: lease.fresh, files: ending.files };
  }

  /** Runs the code until it ends, its time is over or the signal comes, and gives the Python back. */
  async #runWithin(python: PythonProcess, output: Output, request: CodeRequest, signal: AbortSignal) {
    const { session, code } = request;
    const stop = () => this.#pool.discard(session);
    signal.addEventListener('abort', stop, { once: true });
    let late = false;
    let timer: NodeJS.Timeout | undefined;
    try {
      await python.bring(await this.#currentPackages());
      await this.#putFiles(python, request.files, output);
      if (signal.aborted) stop();
      timer = setTimeout(() => {
        late = true;
        stop();
      }, this.#limits.runMs);
      const ending = await python.run(code, (bytes) => output.write(bytes));
      if (ending.type === 'done') this.#pool.release(session);
      else stop();
      return { ending, late };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  /** A list of packages that can't be read keeps nobody from running code. */
  async #currentPackages(): Promise<PackageSet> {
    return this.#packages.current().catch((error: unknown) => {
      this.#onProblem(error);
      return NO_PACKAGES;
    });
  }

  /** Puts the files into `/mnt/data` that are not there yet. */
  async #putFiles(python: PythonProcess, files: CodeRequest['files'], output: Output): Promise<void> {
    const there = this.#put.get(python) ?? { names: new Set(), bytes: 0 };
    this.#put.set(python, there);
    let missing = 0;
    for (const { name, read } of files) {
      if (there.names.has(name)) continue;
      const problem = await this.#putFile(python, name, read, there).catch((error: unknown) => {
        this.#onProblem(error);
        return 'it could not be read.';
      });
      if (!problem) continue;
      missing += 1;
      if (missing <= MISSING_TOLD) output.tell(`The file ${toldName(name)} is not in /mnt/data: ${problem}`);
    }
    const more = missing - MISSING_TOLD;
    if (more > 0) output.tell(`Nor are ${more.toLocaleString('en')} more files, for such reasons.`);
  }

  async #putFile(
    python: PythonProcess,
    name: string,
    read: () => Promise<Uint8Array>,
    there: { names: Set<string>; bytes: number },
  ): Promise<string | undefined> {
    if (!isDataPath(name)) return 'its name is no path below it.';
    const bytes = await read();
    if (there.bytes + bytes.length > this.#limits.filesInBytes)
      return `the files of a session may have ${sizeOf(this.#limits.filesInBytes)} together.`;
    python.put({ name, bytes });
    there.names.add(name);
    there.bytes += bytes.length;
    return undefined;
  }

  #explain(ending: Ending, late: boolean, output: Output): void {
    const { runMs, processBytes, filesOut, filesOutBytes } = this.#limits;
    if (ending.type === 'done') {
      const { left, misnamed } = ending;
      const limit = `${filesOut} files and ${sizeOf(filesOutBytes)}`;
      if (left.count > 0)
        output.tell(
          `One call may hand back ${limit}, so these files were left: ${toldNames(left.names, left.count)}.`,
        );
      if (misnamed.count > 0)
        output.tell(
          `A name may have ${NAME_LENGTH} characters, without control characters and backslashes, so these files were left: ` +
            `${toldNames(misnamed.names, misnamed.count)}.`,
        );
    } else if (late)
      output.tell(`The code was stopped after ${runMs / 1000} seconds, its time limit. ${GONE}`);
    else if (ending.reason === 'memory')
      output.tell(
        `The code was stopped because it used more than ${sizeOf(processBytes)} of memory. ${GONE}`,
      );
    else if (ending.reason === 'recursion')
      output.tell(
        `Python broke down because calls or values went too deep, as in a recursion without end. ${GONE}`,
      );
    else output.tell(`Python broke down: the code did something that it does not survive. ${GONE}`);
  }
}

function tooMuchTogether({ totalBytes }: SharedMemory): string {
  return `The code was stopped because all that runs here used more than ${sizeOf(totalBytes)} of memory together, and it used the most.`;
}

/** The promise, or at once the signal's reason. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
