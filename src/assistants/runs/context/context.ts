import type { ModelItem } from '../../models/model.ts';
import { fewerPassages, isPassages } from '../search/passages.ts';
import type { Entry } from './entry.ts';
import { itemsTokens, SHORT_OUTPUT_TOKENS, shorten, textTokens } from './tokens.ts';

/** What is left of each output where many of them leave no room for more: a line or two. */
const LEAST_OUTPUT_TOKENS = 60;

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
  const short = shortenOutputs(ofThisRun, budget, SHORT_OUTPUT_TOKENS);
  const fits = itemsTokens(short) <= budget;
  const recent = fits ? short : shortenOutputs(ofThisRun, budget, LEAST_OUTPUT_TOKENS);
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

/** Cuts tool outputs to `tokens`, the oldest first, until the items take `budget` or none is left to cut. */
function shortenOutputs(items: ModelItem[], budget: number, tokens: number): ModelItem[] {
  let excess = itemsTokens(items) - budget;
  return items.map((item) => {
    if (excess <= 0 || item.type !== 'tool_output') return item;
    const cut = isPassages(item.output) ? fewerPassages : shorten;
    const output = cut(item.output, tokens);
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
