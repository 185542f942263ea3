import type { Delivery, SeenConversation } from '../audit.ts';
import type { Random } from '../random.ts';
import type { PlatformName, Weighted } from '../schedule.ts';

/** A simulated platform, seen from where people sit. Conversations go by a name. */
export interface Stage {
  readonly platform: PlatformName;
  /** What Bobbin must be told to serve it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Somebody mentions the bot in a channel. */
  ask(text: string, random: Random): string;
  /** Somebody writes to the bot directly; undefined when nobody has a conversation with it that is free. */
  askDirectly(text: string, random: Random, isFree: (conversation: string) => boolean): string | undefined;
  /** The same person goes on, with a mention where nothing shows yet that the bot has heard the first one. */
  follow(conversation: string, text: string): void;
  /** Whether people could go on there by now. */
  canFollow(conversation: string): boolean;
  seen(conversation: string): SeenConversation;
  /** What the bot has put where no conversation of these is. */
  elsewhere(conversations: ReadonlySet<string>): SeenConversation;
  /** How a question has come to the bot. */
  deliveries(): (question: number) => Delivery;
  /** Calls back after each change that the bot makes to what people see, with the conversation's name. */
  watch(listener: (conversation: string) => void): void;
  /** Lets something go wrong. @param name One of its faults. */
  fails(name: string, random: Random): void;
  /** Whether nothing that people wrote is still under way to the bot. */
  isDelivered(): boolean;
  close(): Promise<void>;
}

/** What can go wrong on a platform, by name. */
export type StageFaults<Sim> = Readonly<
  Record<string, { readonly weight: number; strike(sim: Sim, random: Random): void }>
>;

export function weights(faults: StageFaults<never>): Weighted[] {
  return Object.entries(faults).map(([name, { weight }]) => [weight, name] as const);
}

/** Who writes. */
export const PEOPLE = ['ann', 'ben', 'cleo', 'dan', 'eve', 'finn', 'gina', 'hugo'];
/** How many channels they mention it in. */
export const CHANNELS = 4;
