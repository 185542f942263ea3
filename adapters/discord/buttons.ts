import {
  type APIButtonComponentWithCustomId,
  type APIMessageTopLevelComponent,
  ButtonStyle,
  ComponentType,
} from 'discord.js';
import type { ApprovalState } from '../../src/view.ts';
import type { ButtonRow } from './api.ts';

const ACTIONS = ['stop', 'regenerate', 'good', 'bad', 'approve', 'refuse', 'reason'] as const;

/** What a button, or a form, does to its conversation. */
export type Action = (typeof ACTIONS)[number];

/** A message has five rows, of which one is for Stop: https://discord.com/developers/docs/components/reference#action-row */
const MOST_QUESTIONS = 4;

/** What stands under the last message of a reply; people may be asked there about calls, each named `NUMBER:ID` or `ID`. */
export type Buttons = 'none' | 'running' | 'finished' | `asking ${string}`;

/** A press of one of our buttons; its custom id says all, so that it works after a restart, too. */
export interface Press {
  action: Action;
  conversation: string;
  /** The message that the reply answers, which no other reply does; those of earlier versions do not tell. */
  reply?: string;
  /** What people are asked there, as `Buttons` names it. */
  question?: string;
}

/** What stands under a reply that goes on, while people are asked about calls. */
export function runningWith(questions: readonly ApprovalState[]): Buttons {
  if (questions.length === 0) return 'running';
  const asked = questions.slice(0, MOST_QUESTIONS);
  return `asking ${asked.map(({ id, number }) => (number === undefined ? id : `${number}:${id}`)).join(' ')}`;
}

/** The id of what is asked. */
export function approvalOf({ question = '' }: Press): string {
  return question.slice(question.indexOf(':') + 1);
}

/** At most 100 characters, since ids of Discord have at most 20: https://discord.com/developers/docs/components/reference#button */
export function customIdOf({ action, conversation, reply = '', question }: Press): string {
  return [action, conversation, reply, ...(question === undefined ? [] : [question])].join(' ');
}

/** @param reply The message that is answered: by it a reply knows its own messages again. */
export function rowsOf(buttons: Buttons, conversation: string, reply: string): readonly ButtonRow[] {
  const button = (action: Action, label: string, question?: string): APIButtonComponentWithCustomId => ({
    type: ComponentType.Button,
    style: STYLES[action] ?? ButtonStyle.Secondary,
    custom_id: customIdOf({ action, conversation, reply, ...(question !== undefined && { question }) }),
    label,
  });
  const questions = buttons.startsWith('asking ') ? buttons.split(' ').slice(1) : [];
  const asking = questions.map((question) => {
    const [number] = question.includes(':') ? question.split(':') : [];
    const which = number === undefined ? '' : ` ${number}`;
    return row([
      button('approve', `Approve${which}`, question),
      button('refuse', `Refuse${which}`, question),
    ]);
  });
  if (buttons === 'none') return [];
  if (buttons !== 'finished') return [...asking, row([button('stop', 'Stop')])];
  return [row([button('good', '👍'), button('bad', '👎'), button('regenerate', 'Regenerate')])];
}

const STYLES: Partial<Record<Action, ButtonStyle.Success | ButtonStyle.Danger>> = {
  approve: ButtonStyle.Success,
  refuse: ButtonStyle.Danger,
};

function row(components: APIButtonComponentWithCustomId[]): ButtonRow {
  return { type: ComponentType.ActionRow, components };
}

/** Undefined for a button that is not ours. */
export function pressOf(customId: string): Press | undefined {
  const [name, conversation, reply, question] = customId.split(' ');
  const action = ACTIONS.find((known) => known === name);
  if (!action || !conversation) return undefined;
  return { action, conversation, ...(reply && { reply }), ...(question && { question }) };
}

/** What stands under a message, and to which reply it belongs. */
export function buttonsOf(components: readonly APIMessageTopLevelComponent[]): {
  buttons: Buttons;
  press: Press | undefined;
} {
  const presses = components
    .flatMap((row) => (row.type === ComponentType.ActionRow ? row.components : []))
    .flatMap((button) => ('custom_id' in button && pressOf(button.custom_id)) || []);
  const [press] = presses;
  const asked = presses.flatMap(({ action, question }) => (action === 'approve' && question) || []);
  if (!press) return { buttons: 'none', press };
  if (asked.length > 0) return { buttons: `asking ${asked.join(' ')}`, press };
  return { buttons: press.action === 'stop' ? 'running' : 'finished', press };
}
