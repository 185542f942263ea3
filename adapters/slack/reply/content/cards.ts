import type { types } from '@slack/bolt';
import {
  compactJson,
  doingOf,
  doneOf,
  hasFailed,
  isSilent,
  parsedJson,
} from '../../../../src/reply/transcript/call-words.ts';
import type { FunctionCall, PlacedCall, ToolCall } from '../../../../src/view.ts';
import { defused } from '../../markup.ts';

/** A tool call as Slack shows it: https://docs.slack.dev/reference/block-kit/blocks/task-card-block */
export interface Card {
  readonly id: string;
  readonly title: string;
  readonly status: 'in_progress' | 'complete' | 'error';
  /** With what it is called. */
  readonly details: string;
  /** What came of it. */
  readonly output: string;
  /** The text beside it shows all of that: of code, which stands there in blocks, the card only keeps the status. */
  readonly isInText?: true;
}

/** A card between what of a message's text comes before it and the rest. */
export interface PlacedCard extends Card {
  /** Characters of the text. */
  readonly at: number;
}

/** The documented limit of one field. */
const MAX_FIELD = 256;

/** Of a function's arguments and its output: enough to know what it was, little enough for a dozen cards in a message. */
const MAX_COMPACT = 160;

/**
 * A message with text and cards holds so many UTF-8 bytes, those of details and output counted twice (live probes of
 * others saw 10,600 to 11,300: https://github.com/openclaw/openclaw/pull/143882).
 */
const MAX_WEIGHT = 10_000;

/** The card of a tool call. */
export function cardOf(placed: PlacedCall): Card {
  const { id, call, status } = placed;
  const running = status === 'in_progress';
  return {
    id,
    title: field(running ? doingOf(call) : doneOf(call, 'completed')),
    status: running ? status : status === 'completed' && !hasFailed(call) ? 'complete' : 'error',
    ...contentOf(call, running),
    ...(!isSilent(placed) && { isInText: true }),
  };
}

/**
 * The cards of an edited message: of what is over, and its text does not tell. What is still done is said in words beside
 * the thread, which cost no edit each time that they change.
 */
export function cardsBeside(cards: readonly PlacedCard[]): PlacedCard[] {
  return cards.filter(({ isInText, status }) => !isInText && status !== 'in_progress');
}

function contentOf(call: ToolCall, running: boolean): Pick<Card, 'details' | 'output'> {
  switch (call.type) {
    case 'code_interpreter':
      return { details: '', output: '' };
    case 'file_search': {
      const names = [...new Set(call.results.map(({ file_name }) => file_name))];
      return { details: '', output: field(names.join(', ')) };
    }
    case 'function':
      return { details: argumentsOf(call, running), output: compact(call.output ?? '') };
  }
}

/** Nothing until they are whole: a field only grows. */
function argumentsOf({ arguments: args }: FunctionCall, running: boolean): string {
  return running && parsedJson(args) === undefined ? '' : compact(args);
}

function compact(json: string): string {
  return defused(compactJson(json, MAX_COMPACT));
}

/** As much as a field takes; what is added to a text only adds to its field. */
function field(text: string): string {
  const safe = defused(text);
  return safe.length < MAX_FIELD ? safe : `${safe.slice(0, MAX_FIELD - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/**
 * What brings a stream from one state to the next. Slack puts a card where the stream was when it was first heard of
 * (https://docs.slack.dev/reference/methods/chat.startStream: timeline), and formats the texts around it by themselves.
 */
export function chunksTo(
  text: string,
  cards: readonly PlacedCard[],
  shown: { text: string; cards: ReadonlyMap<string, Card> },
): types.AnyChunk[] {
  if (!text.startsWith(shown.text)) return [];
  let end = shown.text.length;
  const textTo = (at: number) => {
    const fresh = text.slice(end, at);
    end = Math.max(end, at);
    return fresh === '' ? [] : [{ type: 'markdown_text' as const, text: fresh }];
  };
  const tasks = cards.flatMap((card): types.AnyChunk[] => {
    const known = shown.cards.get(card.id);
    const task = cardChunk(card, known);
    return [...(known ? [] : textTo(card.at)), ...(task ? [task] : [])];
  });
  return [...tasks, ...textTo(text.length)];
}

/** What brings a card that people see to `card`: title and status are replaced, details and output grow. */
export function cardChunk(card: Card, shown: Card | undefined): types.TaskUpdateChunk | undefined {
  const { id, title, status } = card;
  const details = growth(card.details, shown?.details);
  const output = growth(card.output, shown?.output);
  if (shown && shown.title === title && shown.status === status && !details && !output) return undefined;
  return { type: 'task_update', id, title, status, ...(details && { details }), ...(output && { output }) };
}

function growth(text: string, shown = ''): string {
  return text.startsWith(shown) ? text.slice(shown.length) : '';
}

/** Whether a streamed message has room for a text beside these cards. */
export function isTooHeavy(text: string, cards: Iterable<Card>): boolean {
  let weight = Buffer.byteLength(text);
  let count = 0;
  for (const { title, details, output } of cards) {
    weight += Buffer.byteLength(title) + 2 * Buffer.byteLength(details + output);
    count++;
  }
  return count > 0 && weight > MAX_WEIGHT;
}
