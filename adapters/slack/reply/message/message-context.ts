import type { Budget } from '../../../../src/budget.ts';
import type { Logger } from '../../../../src/log.ts';
import type { Budgets } from '../../budgets.ts';
import type { ThreadApi } from './api.ts';

/** What all messages of a reply share. */
export interface MessageContext {
  readonly api: ThreadApi;
  /** Tells the reply's messages from those of others. */
  readonly reply: string;
  /** The `ts` after which the reply's messages stand. */
  readonly since: string;
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
  /** How long what the adapter does in a second takes, in seconds: less than 1 where a test server's clock runs faster. */
  readonly timeScale: number;
  readonly log: Logger;
}
