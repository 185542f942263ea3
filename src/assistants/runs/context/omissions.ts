import type { ModelItem } from '../../models/model.ts';
import type { Entry } from './entry.ts';
import { itemsTokens } from './tokens.ts';

/** Why a model is no longer given something: what the provider refused, or that there was no room for it. */
export type Cause = 'images' | 'image' | 'size' | 'words' | 'room';

/** Something that models are no longer given. */
export interface Omission {
  /** The id of the message, or of the run. */
  of: string;
  part: 'images' | 'outputs' | 'everything';
  cause: Cause;
  /** The run that found it out. */
  foundBy?: string;
}

const REASONS: Record<Cause, string> = {
  images: 'the model takes no pictures',
  image: 'the provider could not read it',
  size: 'the request was too large with it',
  words: 'the provider’s content filter refused it',
  room: 'the model had no room for it',
};

const NAMES: Record<Omission['part'], string> = {
  images: 'A picture',
  outputs: 'The output',
  everything: 'A message',
};

/** What the model reads instead. */
export function placeholderOf({ part, cause }: Omission): string {
  return `[${NAMES[part]} was left out here: ${REASONS[cause]}.]`;
}

/** The entry without what is omitted of it; a picture, an output or the whole entry is replaced by a sentence. */
export function withoutOmitted(entry: Entry, omissions: ReadonlyMap<string, Omission>): Entry {
  const omission = omissions.get(entry.id);
  if (!omission) return entry;
  if (omission.part !== 'everything') {
    const items = entry.items.map((item) => withoutPart(item, omission));
    return { ...entry, items, tokens: itemsTokens(items) };
  }
  const role = entry.fromUser ? ('user' as const) : ('assistant' as const);
  const text = placeholderOf(omission);
  const items: ModelItem[] = [{ type: 'message', role, content: [{ type: 'text', text }] }];
  return { ...entry, items, sources: [entry.id], tokens: itemsTokens(items) };
}

/** The item with a sentence in the place of what is omitted. */
export function withoutPart(item: ModelItem, omission: Omission): ModelItem {
  const text = placeholderOf(omission);
  if (omission.part === 'outputs') return item.type === 'tool_output' ? { ...item, output: text } : item;
  if (item.type !== 'message') return item;
  return {
    ...item,
    content: item.content.map((part) => (part.type === 'image' ? { type: 'text', text } : part)),
  };
}

export function hasImages({ items }: Entry): boolean {
  return items.some((item) => item.type === 'message' && item.content.some(({ type }) => type === 'image'));
}
