import type { types } from '@slack/bolt';
import type { ApprovalState, Outcome } from '../../../../src/view.ts';
import { ACTIONS, DECISIONS } from '../../surface.ts';
import { withinBlockLimit } from './block-limit.ts';

type Block = types.AnyBlock;

/** A block of buttons holds 25: https://docs.slack.dev/reference/block-kit/blocks/actions-block */
const MOST_QUESTIONS = 12;

/** Blocks hold 12,000 characters of text in all, and an error message shares them with the answer. */
const MAX_NOTE = 600;

/** The answer's Markdown, which Slack translates itself. */
export function markdownBlocks(text: string): Block[] {
  return text === '' ? [] : [{ type: 'markdown', text: withinBlockLimit(text) }];
}

/** The same as it stands, for Markdown that Slack refuses to translate. */
export function plainBlocks(text: string): Block[] {
  if (text === '') return [];
  const section = { type: 'rich_text_section' as const, elements: [{ type: 'text' as const, text }] };
  return [{ type: 'rich_text', elements: [section] }];
}

/** While the answer is written and Slack shows no Stop button of its own. */
export function stopBlocks(): Block[] {
  const button = { type: 'button' as const, text: plain('Stop'), action_id: ACTIONS.stop };
  return [{ type: 'actions', elements: [button] }];
}

/** Yes and no to each call that people are asked about, all in one block; of very many the first ones. */
export function questionBlocks(questions: readonly ApprovalState[]): Block[] {
  const elements = questions
    .slice(0, MOST_QUESTIONS)
    .flatMap(({ id, number }) => [
      decisionButton('approve', `Approve${number === undefined ? '' : ` ${number}`}`, id),
      decisionButton('refuse', `Refuse${number === undefined ? '' : ` ${number}`}`, id),
    ]);
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

function decisionButton(decision: keyof typeof DECISIONS, text: string, id: string): types.Button {
  const style = decision === 'approve' ? ('primary' as const) : ('danger' as const);
  return { type: 'button', text: plain(text), style, action_id: `${DECISIONS[decision]}${id}`, value: id };
}

/** What stands under a finished reply. */
export function endingBlocks(outcome: Outcome, hasText: boolean): Block[] {
  const note = noteOn(outcome);
  return [
    ...(note === undefined ? [] : [{ type: 'context' as const, elements: [plain(note)] }]),
    ...(outcome.status === 'completed' && hasText ? [FEEDBACK] : []),
    REGENERATE,
  ];
}

function noteOn(outcome: Outcome): string | undefined {
  if (outcome.status === 'stopped') return 'Stopped.';
  if (outcome.status === 'completed') return outcome.notice;
  const { error } = outcome;
  return `⚠️ ${error.length > MAX_NOTE ? `${error.slice(0, MAX_NOTE).toWellFormed()}…` : error}`;
}

const FEEDBACK: Block = {
  type: 'context_actions',
  elements: [
    {
      type: 'feedback_buttons',
      action_id: ACTIONS.feedback,
      positive_button: { text: plain('👍'), value: 'good', accessibility_label: 'A good answer' },
      negative_button: { text: plain('👎'), value: 'bad', accessibility_label: 'A bad answer' },
    },
  ],
};

const REGENERATE: Block = {
  type: 'actions',
  elements: [{ type: 'button', text: plain('Regenerate'), action_id: ACTIONS.regenerate }],
};

function plain(text: string): types.PlainTextElement {
  return { type: 'plain_text', text, emoji: true };
}
