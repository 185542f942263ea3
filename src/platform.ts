import type { RequestListener } from 'node:http';
import type { Budget } from './budget.ts';
import type { Limits, Person, PlacedCall, View } from './view.ts';

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
  /**
   * What its conversation is in, such as a channel and its server, named as conversations are: with these it is gone. So it
   * is with what its own name begins with, up to a colon.
   */
  within?: readonly string[];
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
  /** Its replies have each post kept before they make it: see `Call.keepFirst`. */
  readonly keepsFirst?: true;
  /** Looks once more for what nobody heard, after its connection or the machine was away for long. */
  catchUp?(): void;
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
   * Tells a message's author something about it, in a place where nobody else sees it as far as there is one. Rejects where
   * it can't be told; a platform without it has nobody who is told anything.
   */
  whisper?(message: IncomingMessage, text: string): Promise<void>;
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
  /**
   * What those are called whom audiences name, as people read it where a message is, each as the end of a sentence. Who is
   * not known is left out. Rejects where that can't be found out at the moment.
   */
  displayNames?(message: IncomingMessage, named: readonly string[]): Promise<ReadonlyMap<string, string>>;
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
  /** Makes the conversation forget what was said. False, and nothing is begun, where there is none. */
  renew(conversation: string): Promise<boolean>;
  /** A person deleted a message: nothing of it shall be kept. */
  retract(conversation: string, message: string): Promise<void>;
  /**
   * A conversation is no more where it was, nor are all that were in a place: nothing of them shall be kept.
   * @param end Whether it is gone for good, or can come back, such as a channel that the bot was removed from.
   */
  vanish(place: string, end: 'for good' | 'for now'): Promise<void>;
  /**
   * A sign of work can still be seen although the work is over, or is gone by now: what is left is told at the next start.
   */
  signOfWork(conversation: string, sign: 'left' | 'gone'): void;
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
  /** Those in which nothing is answered now and a sign of work was left, newest first; left out where no process has ended. */
  readonly signsLeft?: readonly string[];
  /**
   * Others in which something was answered shortly before: who heard it a second time and died may have left a sign. Those
   * first in which none was taken away since.
   */
  readonly atRest?: readonly string[];
  /**
   * Until when there may be something that nobody has heard, in Unix time in ms; undefined where others have heard all of it,
   * so that nothing has to be looked for. One looks at a time: it takes until this process's turn. Rejects when `signal` ends
   * that. Left out where there are no others.
   */
  unheardUntil?(signal: AbortSignal): Promise<number | undefined>;
  /** How far those have come who looked for it before and died meanwhile; left out where that is not kept. */
  readonly progress?: SearchProgress;
  /** All of it was looked for. Until this is called, a process that comes later looks for it, too. */
  taken(): void;
}

/** How far the search for what was not heard has come. It outlives the process, so that none begins it anew. */
export interface SearchProgress {
  /** Until when what was written in a conversation is taken, in ms by the platform's clock; undefined if it was not read. */
  readUntil(conversation: string): number | undefined;
  read(conversation: string, until: number): void;
  /** Signs of work are taken away in a conversation. */
  settled(conversation: string): void;
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
  /** Set where each post was kept before it was made: what `kept` does not tell of does not stand there. */
  readonly keepsFirst?: true;
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

/** One call to a platform. `send` throws `RateLimited`, `Gone`, or whatever else goes wrong. */
export interface Call {
  /** Whose allowance it draws on, shared by all replies of a workspace or channel. */
  readonly budget: Budget;
  /** Of the view's parts, how many people see in full once it is sent; undefined for all of them. */
  readonly shows?: number;
  /** The ids of the view's files that it brings; none when left out. */
  readonly files?: readonly string[];
  /**
   * What has to be kept before it is sent, where it makes something that only a search would tell of if the process died
   * meanwhile.
   */
  keepFirst?(): KeptReply;
  send(): Promise<void>;
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
