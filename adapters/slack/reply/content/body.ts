import type { types } from '@slack/bolt';
import { asOneBlock, isTooManyBlocks } from './block-limit.ts';
import { markdownBlocks } from './blocks.ts';
import type { Card, PlacedCard } from './cards.ts';

type Block = types.AnyBlock;

/** So many cards stand in a message that is edited, each with a text before it: the rest of 50 blocks is the text's. */
const MAX_CARDS = 12;

/** Text and cards together hold so many characters: longer messages were refused (see the limits of a reply). */
const MAX_CHARACTERS = 11_300;

/** What an edited message says: its Markdown, with cards between. A card without room is left out; the answer never is. */
export function bodyBlocks(text: string, cards: readonly PlacedCard[]): Block[] {
  const shown = withinRoom(cards.slice(0, MAX_CARDS), text.length);
  if (shown.length === 0) return markdownBlocks(text);
  const isTooMany = isTooManyBlocks(text, 2 * shown.length);
  const textBlocks = (from: number, to?: number) => {
    const piece = text
      .slice(from, to)
      .replace(/^(?:[^\S\n]*\n)+/, '')
      .trimEnd();
    return markdownBlocks(isTooMany ? asOneBlock(piece) : piece);
  };
  const starts = [0, ...shown.map(({ at }) => at)];
  const before = shown.flatMap((card, index) => [
    ...textBlocks(starts[index] ?? 0, card.at),
    cardBlock(card),
  ]);
  return [...before, ...textBlocks(starts.at(-1) ?? 0)];
}

/** As many cards as there is room for, with less in them where it is tight. */
function withinRoom(cards: readonly PlacedCard[], length: number): PlacedCard[] {
  let room = MAX_CHARACTERS - length;
  return cards.flatMap((card) => {
    const bare = { ...card, details: '', output: '' };
    const fitting = [card, bare].find((each) => sizeOf(each) <= room);
    if (!fitting) return [];
    room -= sizeOf(fitting);
    return [fitting];
  });
}

function sizeOf({ title, details, output }: Card): number {
  return title.length + details.length + output.length;
}

function cardBlock({ id, title, status, details, output }: Card): Block {
  return {
    type: 'task_card',
    task_id: id,
    title,
    status,
    ...(details && { details: richText(details) }),
    ...(output && { output: richText(output) }),
  };
}

function richText(text: string): types.RichTextBlock {
  return {
    type: 'rich_text',
    elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
  };
}
