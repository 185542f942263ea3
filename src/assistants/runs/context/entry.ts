import type { ModelItem } from '../../models/model.ts';
import { itemsTokens } from './tokens.ts';

/** An item, and the id of the message or the call that it is of. */
export interface Sourced {
  item: ModelItem;
  source: string;
}

/** A message that a client added, or all that one run said and did: what stays together. */
export interface Entry {
  /** The message's id, or the run's. */
  id: string;
  items: ModelItem[];
  /** What each item is of. */
  sources: string[];
  tokens: number;
  /** How many messages it holds. */
  messages: number;
  fromUser: boolean;
}

export function entryOf(id: string, sourced: Sourced[], messages: number, fromUser: boolean): Entry {
  const items = sourced.map(({ item }) => item);
  const sources = sourced.map(({ source }) => source);
  return { id, items, sources, messages, fromUser, tokens: itemsTokens(items) };
}
