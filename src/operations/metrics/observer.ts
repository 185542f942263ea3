import type { Outcome } from '../../view.ts';

/** Is told of turns, by the platform on which people see them. */
export interface TurnObserver {
  /** A turn begins, so many seconds after the first of its messages came; undefined when another process heard that. */
  turnStarted(platform: string, waited: number | undefined): void;
  /** It is one that another process began and did not end. */
  turnContinued(platform: string): void;
  /** People see its first text, so many seconds after the message came. */
  textShown(platform: string, seconds: number): void;
  /** Its reply is finished, so many seconds after it began here. */
  turnEnded(platform: string, status: Outcome['status'], seconds: number): void;
  /** It is left to another process, or to the next start. */
  turnHandedOver(platform: string): void;
}

/** Is told of runs, which any Assistants server may take. */
export interface RunObserver {
  /** A run came to its end, such as `completed`, so many seconds after it was started or found here. */
  runEnded(status: string, seconds: number): void;
  /** What the provider says that a run took. */
  tokensUsed(prompt: number, completion: number): void;
  /** A call of a tool is over. */
  toolCalled(type: string): void;
}

/** Is told of the calls to the platforms' APIs. */
export interface CallObserver {
  /**
   * A call was answered or failed.
   * @param call Its kind, such as `chat.update`, with no id in it.
   * @param status The HTTP status, or `none` where no answer came.
   */
  called(platform: string, call: string, status: string, seconds: number): void;
}

/** Is told of HTTP requests that are refused. */
export interface RefusalObserver {
  /** One was answered with this status: 401 or 403. */
  requestRefused(status: number): void;
}

/** Is told of what the store is asked. */
export interface StoreObserver {
  /** An operation such as `get` is over. */
  stored(operation: string, isDone: boolean, seconds: number): void;
}
