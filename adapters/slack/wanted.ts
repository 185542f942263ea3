import type { types } from '@slack/bolt';
import type { Logger } from '../../src/log.ts';
import type { Budget } from '../../src/platform.ts';
import type { ThreadApi } from './api.ts';
import type { Budgets } from './budgets.ts';
import type { PlacedCard } from './cards.ts';

/** What people should see of one message by now. */
export interface Wanted {
  /** The whole Markdown, complete in itself. */
  readonly text: string;
  /** As much of it as never changes again while the message grows: what a stream takes. */
  readonly growing: string;
  /** In order; those that stand further down than the text goes come later. */
  readonly cards: readonly PlacedCard[];
  /** The blocks under the text, once nothing more comes. */
  readonly ending?: types.AnyBlock[];
}

/** What all messages of a reply share. */
export interface MessageContext {
  readonly api: ThreadApi;
  readonly budgets: Budgets;
  /** The budget for a new message in the reply's channel. */
  readonly post: Budget;
  /** Whether the reply may be streamed at all, as far as is known. */
  mayStream(): boolean;
  /** Slack has refused to stream here. */
  refuseStreams(code: string): void;
  /** A message has appeared, which takes the thread's status away. */
  posted(): void;
  /** The app's own user. */
  readonly self: string;
  /** Milliseconds after which a stream is ended, before Slack ends it. */
  readonly streamLifeMs: number;
  readonly log: Logger;
}
