import type { IncomingMessage } from '../platform.ts';

/** Answers some messages of one conversation; `signal` aborts when someone asks to stop. Never rejects. */
export type TakeTurn = (messages: IncomingMessage[], signal: AbortSignal) => Promise<void>;

interface Line {
  waiting: IncomingMessage[];
  /** Ends when nothing waits and nothing runs. */
  drained: Promise<void>;
  turn: AbortController;
}

/**
 * One turn at a time for each conversation. Messages that arrive during a turn wait, and one following turn
 * answers them all, in the order in which they came.
 */
export class ConversationQueue {
  readonly #lines = new Map<string, Line>();
  readonly #takeTurn: TakeTurn;
  #isClosed = false;

  constructor(takeTurn: TakeTurn) {
    this.#takeTurn = takeTurn;
  }

  /** Adds a message; the promise ends when its conversation has nothing left to do. */
  push(message: IncomingMessage): Promise<void> {
    const line = this.#lines.get(message.conversation);
    if (line) {
      line.waiting.push(message);
      return line.drained;
    }
    const fresh: Line = { waiting: [message], drained: Promise.resolve(), turn: new AbortController() };
    this.#lines.set(message.conversation, fresh);
    fresh.drained = this.#drain(message.conversation, fresh);
    return fresh.drained;
  }

  /** Stops the conversation's turn; what waits behind it is answered next. Says whether there was one. */
  stop(conversation: string): boolean {
    const line = this.#lines.get(conversation);
    line?.turn.abort();
    return line !== undefined;
  }

  /** Stops every turn, and those of what still waits as they begin; ends when all have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const line of this.#lines.values()) line.turn.abort();
    await Promise.all([...this.#lines.values()].map((line) => line.drained));
  }

  async #drain(conversation: string, line: Line): Promise<void> {
    while (line.waiting.length > 0) {
      line.turn = new AbortController();
      if (this.#isClosed) line.turn.abort();
      await this.#takeTurn(line.waiting.splice(0), line.turn.signal);
    }
    this.#lines.delete(conversation);
  }
}
