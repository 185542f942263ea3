/** Where a reply stands: what a person sees is asked for by it. */
export interface Conversation {
  readonly key: string;
}

/** One call of the bot, whatever the platform. */
export interface StageCall {
  name: string;
  /** Milliseconds of `Date.now()` at its arrival. */
  at: number;
  limited: boolean;
  characters: number;
}

/** What a bot must know to connect. */
export type Access =
  | { platform: 'slack'; native: boolean; apiUrl: string; botToken: string; appToken: string }
  | { platform: 'discord'; apiUrl: string; token: string; applicationId: string };

/** A simulated platform with its limits on, seen from where people sit. */
export interface Stage {
  readonly access: Access;
  isConnected(): boolean;
  /** A person mentions the bot in one of the channels. */
  ask(text: string, channel?: number): Conversation;
  /** The same person goes on in that conversation, without a mention. */
  follow(conversation: Conversation, text: string): void;
  /** The bot's messages there, oldest first, as people read them. */
  shown(conversation: Conversation): string[];
  /** Whether something there still says that the bot is at work. */
  seemsAtWork(conversation: Conversation): boolean;
  /** Calls back after each change, with the conversation's key. The answer ends it. */
  watch(listener: (key: string) => void): () => void;
  calls(): readonly StageCall[];
  /** The next calls that would show text are refused with a 429 and three seconds to wait. */
  refuse(times: number): void;
  close(): Promise<void>;
}

/** Something that can be measured on its own: a platform, and how a reply grows there. */
export interface Setting {
  name: string;
  open(): Promise<Stage>;
}

/** Three of thirty people in each: as many as Slack lets post at once by the simulator's reading. */
export const CHANNELS = 10;
/** `Retry-After` of an ordered refusal, in seconds. */
export const RETRY_AFTER = 3;
