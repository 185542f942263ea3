import type { ModelItem } from '../../models/model.ts';
import type { Entry } from './entry.ts';
import { itemsTokens, SHORT_OUTPUT_TOKENS, shorten, textTokens } from './tokens.ts';

/** A message that is answered keeps at least this much, however small the budget is. */
const MIN_MESSAGE_TOKENS = 200;

/**
 * What the model is given: as much of the conversation as `budget` tokens hold. First goes in what this run did,
 * its oldest tool outputs shortened when they must be; then the messages that it answers, cut if nothing else
 * helps; then older entries, from the newest back, each whole or not at all.
 */
export function fitContext(
  newestFirst: readonly Entry[],
  ofThisRun: ModelItem[],
  budget: number,
): ModelItem[] {
  const recent = shortenOutputs(ofThisRun, budget);
  let room = budget - itemsTokens(recent);
  const chosen: ModelItem[][] = [];
  let answered = true;
  for (const entry of newestFirst) {
    answered &&= entry.fromUser;
    const items = answered ? cutMessages(entry.items, Math.max(room, MIN_MESSAGE_TOKENS)) : entry.items;
    const tokens = items === entry.items ? entry.tokens : itemsTokens(items);
    if (!answered && tokens > room) break;
    chosen.push(items);
    room -= tokens;
  }
  return [...chosen.reverse().flat(), ...recent];
}

/** Shortens tool outputs, the oldest first, until the items take `budget` tokens or none is left to shorten. */
function shortenOutputs(items: ModelItem[], budget: number): ModelItem[] {
  let excess = itemsTokens(items) - budget;
  return items.map((item) => {
    if (excess <= 0 || item.type !== 'tool_output') return item;
    const output = shorten(item.output, SHORT_OUTPUT_TOKENS);
    excess -= textTokens(item.output) - textTokens(output);
    return { ...item, output };
  });
}

function cutMessages(items: ModelItem[], budget: number): ModelItem[] {
  if (itemsTokens(items) <= budget) return items;
  return items.map((item) => {
    if (item.type !== 'message') return item;
    const content = item.content.map((part) =>
      part.type === 'text' ? { ...part, text: shorten(part.text, budget) } : part,
    );
    return { ...item, content };
  });
}
