import { type APIMessageTopLevelComponent, ButtonStyle, ComponentType } from 'discord.js';
import type { ButtonRow } from './api.ts';

const ACTIONS = ['stop', 'regenerate', 'good', 'bad'] as const;

/** What a button does to its conversation. */
export type Action = (typeof ACTIONS)[number];

/** What stands under the last message of a reply. */
export type Buttons = 'none' | 'running' | 'finished';

/** A press of one of our buttons; its custom id says all, so that it works after a restart, too. */
export interface Press {
  action: Action;
  conversation: string;
  /** The message that the reply answers, which no other reply does; those of earlier versions do not tell. */
  reply?: string;
}

/** @param reply The message that is answered: by it a reply knows its own messages again. */
export function rowOf(buttons: Buttons, conversation: string, reply: string): ButtonRow | undefined {
  const button = (action: Action, label: string) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    custom_id: `${action} ${conversation} ${reply}`,
    label,
  });
  const row = (components: ReturnType<typeof button>[]) => ({
    type: ComponentType.ActionRow as const,
    components,
  });
  if (buttons === 'running') return row([button('stop', 'Stop')]);
  if (buttons === 'none') return undefined;
  return row([button('good', '👍'), button('bad', '👎'), button('regenerate', 'Regenerate')]);
}

/** Undefined for a button that is not ours. */
export function pressOf(customId: string): Press | undefined {
  const [name, conversation, reply] = customId.split(' ');
  const action = ACTIONS.find((known) => known === name);
  return action && conversation ? { action, conversation, ...(reply && { reply }) } : undefined;
}

/** What stands under a message, and to which reply it belongs. */
export function buttonsOf(components: readonly APIMessageTopLevelComponent[]): {
  buttons: Buttons;
  press: Press | undefined;
} {
  const press = components
    .flatMap((row) => (row.type === ComponentType.ActionRow ? row.components : []))
    .flatMap((button) => ('custom_id' in button && pressOf(button.custom_id)) || [])
    .at(0);
  if (!press) return { buttons: 'none', press };
  return { buttons: press.action === 'stop' ? 'running' : 'finished', press };
}
