import { type ScriptedAnswer, ScriptedModel } from '../../../sim/scripted-model.ts';
import type { SlackSim } from '../../../sim/slack/slack.ts';
import { Pen } from '../pen.ts';
import { asks, asksDirectly, type Context, openWorld, type WorldOptions } from '../world.ts';

/** A reply in direct messages, which has begun to stream, and a pen for the rest of it. */
export async function streamed(options: Omit<WorldOptions, 'model'> = {}, context?: Context) {
  const pen = new Pen();
  const world = await openWorld({ model: new ScriptedModel(pen.answer), ...options }, context);
  const thread = asksDirectly(world.sim);
  pen.says('The first');
  await world.sim.until(() => thread.view().includes('The first'));
  const ts = world.sim.counters.calls.find(({ method }) => method === 'chat.appendStream')?.args.ts;
  return { ...world, pen, thread, stream: () => lastMessage(world.sim, thread), ts };
}

export function lastMessage(sim: SlackSim, { channel, ts }: { channel: string; ts: string }) {
  const last = sim.workspace.replies(sim.workspace.channel(channel), ts).at(-1);
  return { channel, ts: last?.ts ?? '' };
}

/** A reply in a channel, where it is edited, and a pen for it. */
export async function edited(
  options: Omit<WorldOptions, 'model'> = {},
  after: ScriptedAnswer[] = [],
  context?: Context,
) {
  const pen = new Pen();
  const world = await openWorld({ model: new ScriptedModel(pen.answer, ...after), ...options }, context);
  return { ...world, pen, thread: asks(world.sim) };
}

/** How often the method was called. */
export const calls = (sim: SlackSim, method: string) => sim.counters.of(method).calls;
