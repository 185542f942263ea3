import type { Bot } from './bots/bot.ts';
import type { Row, Scenario, Values } from './scenarios/scenario.ts';
import type { Setting } from './stages/stage.ts';
import { median } from './statistics.ts';

/** All rounds of one scenario in one setting, by bot. */
export interface Measured {
  scenario: Scenario;
  setting: Setting;
  rounds: Map<Bot, Values[]>;
}

/** One Markdown table of all that was measured. */
export function table(all: readonly Measured[], bots: readonly Bot[]): string {
  const head = ['', 'bound', ...bots.map(({ name }) => name)];
  const lines = all.flatMap(({ scenario, setting, rounds }) => [
    line([`**${scenario.title} — ${setting.name}**`, '', ...bots.map(() => '')]),
    ...scenario
      .rows(setting)
      .map((row) =>
        line([row.name, row.bound ?? '', ...bots.map((bot) => cell(row, rounds.get(bot) ?? []))]),
      ),
  ]);
  return [line(head), line(head.map(() => '---')), ...lines].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** The median of the rounds and how far they lie apart; of words, each that came. */
function cell(row: Row, rounds: readonly Values[]): string {
  const values = rounds.map((values) => values[row.id] ?? '–');
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length < values.length) return wordsOf(values.map((value) => shown(value, row)));
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)].map((value) => shown(value, row));
  const middle = shown(median(numbers) ?? Number.NaN, row);
  const unit = row.unit && Number.isFinite(median(numbers)) ? ` ${row.unit}` : '';
  return low === high ? `${middle}${unit}` : `${middle}${unit} (${low}–${high})`;
}

function wordsOf(values: readonly string[]): string {
  const counts = Map.groupBy(values, (value) => value);
  if (counts.size === 1) return values[0] ?? '';
  return [...counts].map(([value, { length }]) => `${value} (${length}×)`).join(', ');
}

/** A number in the row's unit: times are measured in milliseconds. */
function shown(value: string | number, { unit }: Row): string {
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return 'never';
  if (unit === 's') return (value / 1_000).toFixed(value < 10_000 ? 2 : 0);
  return Math.round(value).toLocaleString('en');
}
