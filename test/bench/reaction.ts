import { setImmediate as tick } from 'node:timers/promises';
import { startWorld } from '../adapters/slack/scene.ts';
import { ScriptedModel, says } from '../sim/scripted-model.ts';
import { type Figure, print } from './figure.ts';

const EVENTS = 100;
/** The first ones warm the process up. */
const WARM_UP = 20;

/** So that no budget makes the next mention wait. */
const SHORT_MINUTE_MS = 60;

/** From the moment at which a platform sends an event to the bot's first call for it. */
export async function reactionFigures(): Promise<Figure[]> {
  const model = new ScriptedModel(says('Hello.'));
  const { sim, close } = await startWorld({
    model,
    sim: { rates: { speed: Number.POSITIVE_INFINITY } },
    slack: { timing: { minute: SHORT_MINUTE_MS } },
  });
  const times: number[] = [];
  for (let event = 0; event < WARM_UP + EVENTS; event++) {
    const calls = sim.counters.calls.length;
    const sent = performance.now();
    const { channel, ts } = sim.user('ann').says('C0GENERAL', '@bobbin hello');
    const isOurs = ({ args }: { args: unknown }) => JSON.stringify(args).includes(ts);
    while (!sim.counters.calls.slice(calls).some(isOurs)) await tick();
    if (event >= WARM_UP) times.push(performance.now() - sent);
    await sim.until(() => sim.thread(channel, ts).includes('[Regenerate]'));
    await sim.settled();
  }
  await close();
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    `${(sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(1)} ms`;
  return [
    {
      name: `Slack: event to first call, ${EVENTS} mentions`,
      value: `p50 ${at(0.5)}, p99 ${at(0.99)}`,
      aim: '8 ms, 25 ms',
    },
  ];
}

if (import.meta.main) print(await reactionFigures());
