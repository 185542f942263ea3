import type { Limits, Part } from './reply/layout.ts';

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

/** One reply as people see it grow. The publisher calls it with one thing at a time. */
export interface Reply {
  readonly limits: Limits;
  /** Brings the part at `index` to what `part` says. A part with a successor never changes again. */
  show(index: number, part: Part): Promise<void>;
  /** The reply is whole: nothing more comes. */
  end(outcome: Outcome): Promise<void>;
}

/** How a turn ended. `error` is a sentence for the person who asked. */
export type Outcome = { status: 'completed' | 'stopped' } | { status: 'failed'; error: string };
