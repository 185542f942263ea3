import type { Budget } from './reply/budget.ts';
import type { Limits, Part } from './reply/layout.ts';
import type { ToolCallsEntry } from './reply/transcript.ts';

/** A message that a person sent, as plain data that can be stored: what every adapter makes of its events. */
export interface IncomingMessage {
  /** Unique in its platform; the same event delivered twice has the same id. */
  id: string;
  /** The chat thread, direct message or terminal chat that it belongs to; starts with the platform's name. */
  conversation: string;
  author: { id: string; name: string };
  text: string;
}

/** A place where conversations happen: Slack, Discord, the terminal. One folder in `adapters/` each. */
export interface Platform {
  readonly name: string;
  /** Connects; what people write then goes to `bot`. */
  start(bot: Bot): Promise<void>;
  /** Opens the reply to a turn, which answers `messages`, oldest first. */
  reply(messages: IncomingMessage[]): Reply;
  close(): Promise<void>;
}

/** The bot as a platform sees it. */
export interface Bot {
  /** Takes a message; the promise ends when its conversation has nothing left to answer. Never rejects. */
  receive(message: IncomingMessage): Promise<void>;
  /** Stops the conversation's turn; says whether there was one. */
  stop(conversation: string): boolean;
}

/** One reply as it stands on a platform. It decides what to call next; the publisher decides when. */
export interface Reply {
  readonly limits: Limits;
  /** The call that brings what people see closer to `view`; undefined when they see it. */
  next(view: View): Call | undefined;
}

/** What people should see of a reply by now. */
export interface View {
  /** A part with a successor never changes again. */
  readonly parts: readonly Part[];
  /** The tools that were called, for platforms that show steps beside the text. */
  readonly steps: readonly ToolCallsEntry[];
  /** Set once nothing more comes. */
  readonly outcome?: Outcome;
}

/** One call to a platform. `send` throws `RateLimited` or `Gone` (src/reply/call-errors.ts), or what else goes wrong. */
export interface Call {
  /** Whose allowance it draws on, shared by all replies of a workspace or channel. */
  readonly budget: Budget;
  send(): Promise<void>;
}

/** How a turn ended. `error` is a sentence for the person who asked. */
export type Outcome = { status: 'completed' | 'stopped' } | { status: 'failed'; error: string };
