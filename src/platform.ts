import type { RequestListener } from 'node:http';

/** A message that a person sent, as plain data that can be stored: what every adapter makes of its events. */
export interface IncomingMessage {
  /** Unique in its platform; the same event delivered twice has the same id. */
  id: string;
  /** The chat thread, direct message or terminal chat that it belongs to; starts with the platform's name and `:`. */
  conversation: string;
  author: { id: string; name: string; locale?: string };
  text: string;
  attachments?: Attachment[];
  /** What was said where the bot is called into before it was called, oldest first. It is read for this turn only. */
  context?: readonly ContextMessage[];
  /** Nothing new is asked: the answer to the messages before shall be given anew. */
  regenerate?: true;
  /** Where the platform shall put the reply, in its own words. */
  replyTo?: Readonly<Record<string, string>>;
}

/** What somebody said, for the bot to know what it is asked about: neither a question to it nor kept. */
export interface ContextMessage {
  author: string;
  text: string;
}

/** A file that came with a message; its content is fetched when it is needed. */
export interface Attachment {
  name: string;
  /** MIME type, as the platform tells it. */
  type: string;
  /** Size in bytes. */
  size: number;
  url: string;
  /** Why its content can't be had, as the end of a sentence; then nothing is fetched from `url`. */
  unavailable?: string;
}

/** A place where conversations happen: Slack, Discord, the terminal. One folder in `adapters/` each. */
export interface Platform {
  readonly name: string;
  /** Answers what the platform posts to these paths of the process's HTTP server. */
  readonly httpListeners?: Readonly<Record<string, RequestListener>>;
  /** Whether what people write arrives at the moment, as far as is known; left out where nothing is connected. */
  readonly isConnected?: boolean;
  /** Connects; what people write then goes to `bot`. Throws a `Problem` that says what to put right, and where. */
  start(bot: Bot): Promise<void>;
  /**
   * Opens the reply to a turn, which answers `messages`, oldest first.
   * @param begun Set when another process may have begun it: then it goes on in the same messages.
   */
  reply(messages: IncomingMessage[], begun?: BegunReply): Reply;
  /** The content of a file that people attached; at most `maxBytes` of it are read. */
  download?(attachment: Attachment, maxBytes: number): Promise<Uint8Array>;
  /**
   * Who can read the conversation of a message as it is now. Rejects where that can't be found out at the moment; a platform
   * without it can't tell at all.
   * @param named Whom the audiences of the team's documents name: nobody else is looked for.
   */
  readers?(message: IncomingMessage, named: readonly string[]): Promise<Readers>;
  /**
   * Which of those names a person has: their own, and those of the groups and channels that they are in as it is now.
   * Rejects where that can't be found out at the moment; a platform without it has nobody who has a name.
   * @param named As audiences name people, groups and channels.
   */
  namesOf?(person: string, named: readonly string[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Who can read a conversation. Everybody is called as audiences name them, such as `slack:C0123ABCD`. */
export interface Readers {
  /** The channel that the conversation is in, by all its names; a thread's channel, too, if all who see it see the thread. */
  readonly places: readonly string[];
  /** All that each reader is called: their id, and the groups that they are in. Left out where everybody may be a reader. */
  readonly people?: readonly (readonly string[])[];
}

/** The bot as a platform sees it. */
export interface Bot {
  /** What is offered to people who don't know what to ask. */
  readonly prompts: readonly SuggestedPrompt[];
  /** Whether the conversation has begun: what people write there needs no mention. Rejects when the store fails for long. */
  knows(conversation: string): Promise<boolean>;
  /** Takes a message, once for each id. */
  receive(message: IncomingMessage): Receipt;
  /** Stops the conversation's turn, whichever process takes it; says whether there was one. */
  stop(conversation: string): Promise<boolean>;
  /** Makes the conversation forget what was said. */
  renew(conversation: string): Promise<void>;
  /** A person deleted a message: nothing of it shall be kept. */
  retract(conversation: string, message: string): Promise<void>;
  /** What happened while nobody was there to hear it; undefined when somebody was. */
  absence(platform: string): Promise<Absence | undefined>;
  /** Notes what a person thinks of a reply. */
  rate(rating: Rating): void;
  /** Why a person's word on a call would not count, as a sentence for them alone; undefined when it would. Never rejects. */
  objection(to: Pick<Word, 'conversation' | 'approval' | 'person'>): Promise<string | undefined>;
  /** Takes a person's word on a call; the first one counts. Says like `objection` why it did not. Never rejects. */
  decide(word: Word): Promise<string | undefined>;
}

/** What a person says to a call that waits for it. */
export interface Word {
  readonly conversation: string;
  /** The id of what asks for it: see `ApprovalState`. */
  readonly approval: string;
  readonly person: Person;
  readonly isApproved: boolean;
  /** Why not, for the model. */
  readonly reason?: string | undefined;
}

export interface Person {
  readonly id: string;
  readonly name: string;
}

/** What a person thinks of a reply; undecided where they have taken it back. */
export interface Rating {
  readonly conversation: string;
  readonly person: string;
  readonly opinion: 'good' | 'bad' | 'undecided';
  /** The id of a message that the reply answers; the latest reply is meant when left out. */
  readonly answers?: string;
}

export interface Absence {
  /** Unix time in ms: what was written after it was not heard. */
  readonly since: number;
  /** The platform's conversations that were used lately, newest first. */
  readonly conversations: readonly string[];
  /**
   * Those in which something was answered shortly before and nothing is now, newest first: a sign of work was left there.
   * Left out where no process has ended.
   */
  readonly atRest?: readonly string[];
  /** All of it was looked for. Until this is called, a process that comes later looks for it, too. */
  taken(): void;
}

/** What becomes of a message that the bot was given. Neither promise rejects. */
export interface Receipt {
  /** The message outlives this process, or its author is told that it could not be kept: it need not come again. */
  readonly kept: Promise<void>;
  /** This process has nothing left to answer in the message's conversation. */
  readonly answered: Promise<void>;
}

export interface SuggestedPrompt {
  title: string;
  message: string;
}

/** What a platform keeps of a reply, as JSON in its own words: enough for another process to go on with it. */
export type KeptReply = Readonly<Record<string, unknown>>;

/** A reply that another process may have begun. */
export interface BegunReply {
  /**
   * What was kept of it last; undefined when nothing was. People may see one call more than it says, which the platform
   * then looks for.
   */
  readonly kept?: KeptReply;
}

/** One reply as it stands on a platform. It decides what to call next; the publisher decides when. */
export interface Reply {
  /** What another process would need to go on with it now; another object after each call that has changed it. */
  readonly kept?: KeptReply;
  /** May change as the reply goes on; parts that have a successor are not laid out again. */
  readonly limits: Limits;
  /** How often a text that flows is shown anew; as often as there is room when left out. May change, too. */
  readonly pace?: Pace;
  /**
   * A line of Markdown for a tool call: it stands in the text before code that is shown, and for other calls when they are
   * over. Left out, or undefined, where they stand beside the text.
   */
  toolCall?(call: Omit<PlacedCall, 'at'>): string | undefined;
  /** The call that brings what people see closer to `view`; undefined when they see it. */
  next(view: View): Call | undefined;
  /** Nothing more is shown, whether or not people see everything: gives back what the reply holds. */
  close?(): void | Promise<void>;
}

/** Between two calls that show more of a text: where in between depends on how much there is to read meanwhile. */
export interface Pace {
  readonly leastMs: number;
  /** A text that stands still for longer seems to have come to a halt. */
  readonly mostMs: number;
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
  /** What an image shows, for those who can't see it; one line of at most 1,000 characters. */
  readonly description?: string;
}

/** One call to a platform. `send` throws `RateLimited`, `Gone`, or whatever else goes wrong. */
export interface Call {
  /** Whose allowance it draws on, shared by all replies of a workspace or channel. */
  readonly budget: Budget;
  /** Of the view's parts, how many people see in full once it is sent; undefined for all of them. */
  readonly shows?: number;
  /** The ids of the view's files that it brings; none when left out. */
  readonly files?: readonly string[];
  send(): Promise<void>;
}

/** How a turn ended. `error` is a sentence for the person who asked; `notice` too, of an answer that is not all shown. */
export type Outcome =
  | { status: 'completed'; notice?: string }
  | { status: 'stopped' }
  | { status: 'failed'; error: string };

/** What fits into one message of a platform. */
export interface Limits {
  /** UTF-16 code units in one part; at least 200; `Infinity` where nothing limits it. */
  characters: number;
  /** Whether the platform shows Markdown tables, or wants them lined up inside a code block. */
  tables: 'markdown' | 'fixed-width';
  /** Whether the platform shows Markdown images (the default), or wants links to them. */
  images?: 'markdown' | 'link';
  /** Whether the platform shows code as Markdown has it (the default), or between fences of three backticks alone. */
  fences?: 'markdown' | 'backticks';
}

/** One message's worth of a reply. */
export interface Part {
  /** What opens again what the part before left open: a fence, or a table's header. */
  opening: string;
  /** This part's slice of the reply's Markdown. */
  source: string;
  /** What closes a fence that is still open at the end. */
  closing: string;
  /**
   * What people see, never longer than the limit: `opening + source + closing` without white space at its ends, and
   * with what the platform does not show put in another way.
   */
  text: string;
}

/** How far a message or a step is. */
export type Status = 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled' | 'expired';

/** What a code-interpreter call put out: text, or the id of an image file. */
export type CodeOutput =
  | { readonly index: number; readonly type: 'logs'; readonly logs: string }
  | { readonly index: number; readonly type: 'image'; readonly file_id: string };

export interface CodeInterpreterCall {
  readonly type: 'code_interpreter';
  readonly index: number;
  readonly id: string;
  readonly input: string;
  readonly outputs: readonly CodeOutput[];
}

export interface FileSearchCall {
  readonly type: 'file_search';
  readonly index: number;
  readonly id: string;
  /** Best first; empty until the step is complete. */
  readonly results: readonly SearchResult[];
}

/** A passage that a search found. What the server does not tell of it is left out. */
export interface SearchResult {
  readonly file_id: string;
  readonly file_name: string;
  /** From 0 to 1. */
  readonly score: number;
  /** What is said of the document: its title, its address, its date. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly place?: DocumentPlace;
  /** The headings that the passage stands under, outermost first. */
  readonly headings?: readonly string[];
}

/** Where in its document a passage stands, counted from 1; what the document does not have is left out. */
export interface DocumentPlace {
  readonly page?: number;
  readonly slide?: number;
  readonly sheet?: string;
  /** The first and the last. */
  readonly rows?: readonly [number, number];
  readonly lines?: readonly [number, number];
}

export interface FunctionCall {
  readonly type: 'function';
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  /** Null until it was submitted. */
  readonly output: string | null;
  /** What it does right now, on one line, as the function itself says; left out where it says nothing, or is over. */
  readonly doing?: string;
  /** Left out where it needs nobody's word, or nobody was asked yet. */
  readonly approval?: ApprovalState;
}

/** Whether a call may be made that needs a person's word. */
export interface ApprovalState {
  /** At most 16 letters, digits, `-` and `_`; unique in its conversation. */
  readonly id: string;
  /** Tells it from others that are asked at the same time; left out where there are none. */
  readonly number?: number;
  /** Whose word it needs, as the end of a sentence of Markdown. */
  readonly of: string;
  /** Since when people's newer messages have to wait for it (Unix time in ms); left out while there are none. */
  readonly holdsSince?: number;
  /** Left out until it is decided. */
  readonly decision?: Decision;
}

/** What became of a question whether a call may be made. */
export interface Decision {
  readonly isApproved: boolean;
  /** Unix time in ms. */
  readonly at: number;
  /** Left out where nobody said anything in time. */
  readonly by?: Person;
  /** Why not, in their words. */
  readonly reason?: string;
}

/** One tool call as far as it is known. */
export type ToolCall = CodeInterpreterCall | FileSearchCall | FunctionCall;

/** A tool call, and where in a reply's Markdown it stands. */
export interface PlacedCall {
  /** Unique in the reply. */
  readonly id: string;
  readonly call: ToolCall;
  /** How far its step is. */
  readonly status: Status;
  /** So many characters of the Markdown come before it; a block ends there. Never changes. */
  readonly at: number;
  /** Its code and output are not shown: they come as a file. */
  readonly isFolded?: true;
}

/** An allowance of calls that several replies share. */
export interface Budget {
  /**
   * Waits until a call may go. Whenever there is room, the claim with the greatest urgency gets it. False when `signal`
   * withdrew the claim before.
   */
  take(claim: Claim, signal: AbortSignal): Promise<boolean>;
  /** The platform refused a call: none goes for so many milliseconds. */
  refused(retryAfterMs: number): void;
}

/** The processes that share the store, and with it a platform's limits. */
export interface Replicas {
  /** How many are alive, as far as is known; at least 1. */
  readonly count: number;
  /** Calls `listener` whenever the count changes; the function that it gives back ends that. */
  onChange(listener: (count: number) => void): () => void;
}

/** Somebody who wants to call. */
export interface Claim {
  /** Asked whenever there is room. Grows while one waits: a claim whose urgency stands still may wait for ever. */
  urgency(): number;
  /** A first text or a last edit, which may also use the room that is kept for them. */
  readonly essential: boolean;
}

/** For platforms that limit nothing. */
export const unlimited: Budget = { take: async () => true, refused: () => {} };

/** The platform takes no call of this kind for some time. */
export class RateLimited extends Error {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, options?: ErrorOptions) {
    super(`The platform asks to wait for ${retryAfterMs} ms.`, options);
    this.name = 'RateLimited';
    this.retryAfterMs = retryAfterMs;
  }
}

/** The platform fails, or can't be reached: the same call works when it is well again. */
export class Unavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unavailable';
  }
}

/** Where the reply stood is no more: no further call can succeed. */
export class Gone extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Gone';
  }
}
