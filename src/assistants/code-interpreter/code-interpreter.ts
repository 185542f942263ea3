/** The port between the run loop and the place where Python runs. */
export interface CodeInterpreter {
  /**
   * Runs `code` in the session's own Python, whose variables live on from call to call. Calls of one session run
   * one after another. `onOutput` gets what the code prints (stdout, stderr, the value of a last expression, a
   * traceback, the message of a limit that struck) as it comes. An abort kills the session and rejects with the
   * signal's reason; every other end, a crash included, resolves.
   */
  run(request: CodeRequest, onOutput: (text: string) => void, signal: AbortSignal): Promise<CodeResult>;

  /** The packages that code can import beside the standard library, by their names; none when left out. */
  packages?(): Promise<readonly string[]>;

  /** Ends every session and leaves no process behind. */
  close(): Promise<void>;
}

export interface CodeRequest {
  /** Whose variables these are: the thread's id. */
  session: string;
  /** Who wants it, such as a person: among these the Pythons that there are, are shared. The session when left out. */
  party?: string;
  code: string;
  /** Files to find in `/mnt/data`; `read` is called only for those that the session does not have yet. */
  files: { name: string; read: () => Promise<Uint8Array> }[];
  /** Hears, once, that no Python is free and that the code waits for its turn. */
  onWait?: () => void;
  /** The code has run already, where the model is: only what it left is still to be had. */
  ran?: RanCode;
}

/** What a model's provider tells of code that it has run itself, in a container of its own. */
export interface RanCode {
  /** The container's id. */
  container: string;
  /** The call's id at the provider. */
  call: string;
  /** `failed`: the container broke; an exception of the code itself is `completed`. */
  status: CodeResult['status'];
  /** What it printed. */
  logs: string;
  /** What it drew without writing it to a file, as `data:` URLs. */
  images: string[];
}

export interface CodeResult {
  /** `failed`: a limit struck or the sandbox broke; an exception of the code itself is `completed`. */
  status: 'completed' | 'failed';
  /** True when no variable of an earlier call was there: the session is new or had to be made anew. */
  fresh: boolean;
  /** Files that the code wrote or changed in `/mnt/data`. */
  files: { name: string; bytes: Uint8Array }[];
}
