import type { RequestListener } from 'node:http';
import type { Budget } from './reply/budget.ts';
import type { Limits, Part } from './reply/layout.ts';
import type { PlacedCall } from './reply/render.ts';

export { Problem } from './problem.ts';
export { type Budget, unlimited } from './reply/budget.ts';
export { Gone, RateLimited } from './reply/call-errors.ts';
export { type Limits, type Part, textBefore } from './reply/layout.ts';
export { type BudgetObserver, RateBudget, type RateBudgetOptions } from './reply/rate-budget.ts';
export { RateBudgets } from './reply/rate-budgets.ts';
export type { PlacedCall } from './reply/render.ts';

/** A message that a person sent, as plain data that can be stored: what every adapter makes of its events. */
export interface IncomingMessage {
  /** Unique in its platform; the same event delivered twice has the same id. */
  id: string;
  /** The chat thread, direct message or terminal chat that it belongs to; starts with the platform's name and `:`. */
  conversation: string;
  author: { id: string; name: string; locale?: string };
  text: string;
  attachments?: Attachment[];
  /** Nothing new is asked: the answer to the messages before shall be given anew. */
  regenerate?: true;
  /** Where the platform shall put the reply, in its own words. */
  replyTo?: Readonly<Record<string, string>>;
}

/** A file that came with a message; its content is fetched when it is needed. */
export interface Attachment {
  name: string;
  /** MIME type, as the platform tells it. */
  type: string;
  /** Size in bytes. */
  size: number;
  url: string;
}

/** A place where conversations happen: Slack, Discord, the terminal. One folder in `adapters/` each. */
export interface Platform {
  readonly name: string;
  /** Answers what the platform posts to these paths of the process's HTTP server. */
  readonly httpListeners?: Readonly<Record<string, RequestListener>>;
  /** Connects; what people write then goes to `bot`. Throws a `Problem` that says what to put right, and where. */
  start(bot: Bot): Promise<void>;
  /** Opens the reply to a turn, which answers `messages`, oldest first. */
  reply(messages: IncomingMessage[]): Reply;
  /** The content of a file that people attached; at most `maxBytes` of it are read. */
  download?(attachment: Attachment, maxBytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The bot as a platform sees it. */
export interface Bot {
  /** What is offered to people who don't know what to ask. */
  readonly prompts: readonly SuggestedPrompt[];
  /** Whether the conversation has begun: what people write there needs no mention. */
  knows(conversation: string): Promise<boolean>;
  /** Takes a message, once for each id; the promise ends when its conversation has nothing left to answer. Never rejects. */
  receive(message: IncomingMessage): Promise<void>;
  /** Stops the conversation's turn; says whether there was one. */
  stop(conversation: string): boolean;
  /** Makes the conversation forget what was said. */
  renew(conversation: string): Promise<void>;
  /** Notes what a person thinks of a reply. */
  rate(conversation: string, person: string, opinion: 'good' | 'bad'): void;
}

export interface SuggestedPrompt {
  title: string;
  message: string;
}

/** One reply as it stands on a platform. It decides what to call next; the publisher decides when. */
export interface Reply {
  /** May change as the reply goes on; parts that have a successor are not laid out again. */
  readonly limits: Limits;
  /** The call that brings what people see closer to `view`; undefined when they see it. */
  next(view: View): Call | undefined;
  /** Nothing more is shown, whether or not people see everything: gives back what the reply holds. */
  close?(): void;
}

/** What people should see of a reply by now. */
export interface View {
  /** A part with a successor never changes again. */
  readonly parts: readonly Part[];
  /** The tools that were called, for platforms that show them beside the text. */
  readonly calls: readonly PlacedCall[];
  /** Images and other files of the answer, in order; a platform shows those that it has not shown yet. */
  readonly files: readonly ReplyFile[];
  /** Set once nothing more comes. */
  readonly outcome?: Outcome;
}

export interface ReplyFile {
  readonly id: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** One call to a platform. `send` throws `RateLimited`, `Gone`, or whatever else goes wrong. */
export interface Call {
  /** Whose allowance it draws on, shared by all replies of a workspace or channel. */
  readonly budget: Budget;
  /** Of the view's parts, how many people see in full once it is sent; undefined for all of them. */
  readonly shows?: number;
  send(): Promise<void>;
}

/** How a turn ended. `error` is a sentence for the person who asked. */
export type Outcome = { status: 'completed' | 'stopped' } | { status: 'failed'; error: string };
