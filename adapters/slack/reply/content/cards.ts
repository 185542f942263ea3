import type { types } from '@slack/bolt';
import type { PlacedCall, ToolCall } from '../../../../src/platform.ts';
import { defused } from '../../markup.ts';

/** A tool call as Slack shows it inside a stream: https://docs.slack.dev/reference/block-kit/blocks/task-card-block */
export interface Card {
  readonly id: string;
  readonly title: string;
  readonly status: 'in_progress' | 'complete' | 'error';
  /** The code. */
  readonly details: string;
  /** What it put out. */
  readonly output: string;
}

/** A card between what of a message's text comes before it and the rest. */
export interface PlacedCard extends Card {
  /** Characters of the text. */
  readonly at: number;
}

/** The documented limit of one field. The whole code and output stand in the text, as code blocks. */
const MAX_FIELD = 256;

/**
 * A message with text and cards holds so many UTF-8 bytes, those of details and output counted twice (live probes of
 * others saw 10,600 to 11,300: https://github.com/openclaw/openclaw/pull/143882).
 */
const MAX_WEIGHT = 10_000;

/** The card of a tool call. */
export function cardOf({ id, call, status }: PlacedCall): Card {
  const running = status === 'in_progress';
  return {
    id,
    status: running ? status : status === 'completed' ? 'complete' : 'error',
    ...faceOf(call, running),
  };
}

function faceOf(call: ToolCall, running: boolean): Pick<Card, 'title' | 'details' | 'output'> {
  switch (call.type) {
    case 'code_interpreter': {
      const logs = call.outputs.map((output) => (output.type === 'logs' ? output.logs : '')).join('\n');
      const title = running ? 'Running Python' : 'Ran Python';
      return { title, details: field(call.input), output: running ? '' : field(logs.trim()) };
    }
    case 'file_search': {
      const names = [...new Set(call.results.map(({ file_name }) => file_name))];
      return {
        title: running ? 'Searching the team’s documents' : 'Searched the team’s documents',
        details: '',
        output: field(names.join(', ')),
      };
    }
    case 'function':
      return {
        title: field(`${running ? 'Using' : 'Used'} ${call.name || 'a function'}`),
        details: '',
        output: '',
      };
  }
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
