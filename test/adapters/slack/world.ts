import { onTestFinished } from 'vitest';
import type { SlackSim } from '../../sim/slack/slack.ts';
import { startWorld, type World, type WorldOptions } from './scene.ts';

export type { World, WorldOptions } from './scene.ts';

/** The simulator's clock runs so many times faster where it is about limits, and so does the adapter's. */
export const SPEED = 60;

/** What a concurrent test is given by its own context. */
export interface Context {
  onTestFinished: (close: () => Promise<void>) => void;
}

/** A workspace that lives as long as the test. */
export async function openWorld(
  options: WorldOptions,
  context: Context = { onTestFinished },
): Promise<World> {
  const world = await startWorld({
    ...options,
    sim: { rates: { speed: SPEED }, ...options.sim },
    slack: { timing: { minute: 60_000 / SPEED }, ...options.slack },
  });
  context.onTestFinished(() => world.close());
  return world;
}

/** Resolves when a line with these words is logged. */
export async function logged({ log }: World, words: string): Promise<void> {
  while (!log.some((line) => line.includes(words))) await new Promise((resolve) => setTimeout(resolve, 2));
}

export const GENERAL = 'C0GENERAL';

/** Ann mentions the bot in #general; the thread of it. */
export function asks(sim: SlackSim, text = 'hello') {
  return asksIn(sim, GENERAL, `@bobbin ${text}`);
}

/** The same in Ann's direct messages with the bot, where replies stream. */
export function asksDirectly(sim: SlackSim, text = 'hello', who = 'ann') {
  return asksIn(sim, sim.user(who).dm, text, who);
}

/** The same in another channel. */
export function asksIn(sim: SlackSim, place: string, text: string, who = 'ann') {
  const { channel, ts } = sim.user(who).says(place, text);
  return {
    channel,
    ts,
    view: () => sim.thread(channel, ts),
    /** The bot's messages in the thread. */
    texts: () => sim.texts(channel, ts),
    /** The same without buttons and notes, joined. */
    text: () => sim.texts(channel, ts).map(withoutButtons).join(''),
    finished: () => sim.until(() => sim.thread(channel, ts).includes('[Regenerate]')),
    /** Nothing is left to see of the work. */
    quiet: () => sim.until(() => isQuiet(sim.thread(channel, ts))),
  };
}

export function isQuiet(view: string): boolean {
  return view.includes('[Regenerate]') && !view.includes('bobbin is ') && !view.includes('[■ Stop]');
}

export function withoutButtons(text: string): string {
  return text.replace(/\n?(?:\[👍\] \[👎\])?\n?\[(?:Regenerate|Stop)\]$/, '');
}
