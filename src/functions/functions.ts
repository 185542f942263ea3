/** The functions of a turn, as a run that requires action calls them. */
export interface Functions {
  /** Calls a function; what goes wrong is part of the output, for the model to read. */
  call(call: NamedCall, signal: AbortSignal): Promise<string>;
}

/** A call of a function, as the model makes it. */
export interface NamedCall {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
  /** Unix time in ms after which its run takes no output any more; left out where the server does not say. */
  readonly expiresAt?: number;
}
