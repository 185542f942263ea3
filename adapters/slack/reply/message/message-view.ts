import type { types } from '@slack/bolt';
import type { PlacedCard } from '../content/cards.ts';

/** What people should see of one message by now. */
export interface MessageView {
  /** The whole Markdown, complete in itself. */
  readonly text: string;
  /** As much of it as never changes again while the message grows: what a stream takes. */
  readonly growing: string;
  /** In order; those that stand further down than the text goes come later. */
  readonly cards: readonly PlacedCard[];
  /** The buttons with which people decide on calls: a stream takes none. */
  readonly questions?: types.AnyBlock[];
  /** The blocks under the text, once nothing more comes. */
  readonly ending?: types.AnyBlock[];
}
