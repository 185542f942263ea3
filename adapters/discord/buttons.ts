import { ButtonStyle, ComponentType } from 'discord.js';
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
}

export function rowOf(buttons: Buttons, conversation: string): ButtonRow | undefined {
  const button = (action: Action, label: string) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    custom_id: `${action} ${conversation}`,
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
  const [name, conversation] = customId.split(' ');
  const action = ACTIONS.find((known) => known === name);
  return action && conversation ? { action, conversation } : undefined;
}
