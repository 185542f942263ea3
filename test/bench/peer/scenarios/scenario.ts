import type { Bot } from '../bots/bot.ts';
import type { Setting } from '../stages/stage.ts';

export type Values = Record<string, number | string | undefined>;

/** One line of the table. */
export interface Row {
  id: string;
  name: string;
  unit?: 'ms' | 's' | 'MB';
  /** The best that the platform's limits allow, where they say. */
  bound?: string;
}

/** Something that is done with each bot in turn, and what is measured in it. */
export interface Scenario {
  title: string;
  settings: readonly Setting[];
  rows(setting: Setting): Row[];
  measure(bot: Bot, setting: Setting): Promise<Values>;
}

/** Milliseconds from one moment to the next; nothing where one of them did not come. */
export function between(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}
