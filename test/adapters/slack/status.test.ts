import { expect, test } from 'vitest';
import { hangsAfter, type ScriptedAnswer, ScriptedModel, says, text } from '../../sim/scripted-model.ts';
import type { SlackSim } from '../../sim/slack/slack.ts';
import { asks, asksDirectly, isQuiet, openWorld, SPEED, type World, type WorldOptions } from './world.ts';

const TEXT = 'assistant.threads.setStatus';
const SESSION = 'agents.sessions.setStatus';

/** Answers after which nothing has changed. */
const REFUSALS = ['not_authorized', 'unknown_method'];

/** In each thread, the status calls in their order: `text` and `session` set one, `-text` and `-session` take it back. */
function statusCalls(sim: SlackSim): string[][] {
  const threads = new Map<unknown, string[]>();
  for (const { method, args, answer } of sim.counters.calls) {
    if ((method !== TEXT && method !== SESSION) || REFUSALS.includes(answer)) continue;
    const isSet = method === TEXT ? Boolean(args.status) : args.status === 'processing';
    const step = `${isSet ? '' : '-'}${method === TEXT ? 'text' : 'session'}`;
    threads.set(args.thread_ts, [...(threads.get(args.thread_ts) ?? []), step]);
  }
  return [...threads.values()];
}

/** Nothing shows that anything is done, and no two statuses stood beside each other on the way. */
function expectCleanEnd(sim: SlackSim): void {
  expect([...sim.workspace.sessions.values()].filter(({ status }) => status === 'processing')).toEqual([]);
  for (const id of sim.workspace.channels.keys()) expect(sim.view(id)).not.toContain('bobbin is ');
  for (const steps of statusCalls(sim)) {
    let standing = '';
    for (const step of steps) {
      const name = step.replace('-', '');
      expect(['', name]).toContain(standing);
      standing = step === name ? name : '';
    }
    expect(standing).toBe('');
  }
}

const forever: ScriptedAnswer = hangsAfter(text('Endless'));
const fails: ScriptedAnswer = async function* () {
  yield text('Half');
  throw new Error('boom');
};

const ENDINGS: [
  string,
  ScriptedAnswer,
  (world: World, thread: ReturnType<typeof asks>) => Promise<unknown>,
][] = [
  ['an answer', says('Done.'), (_, thread) => thread.quiet()],
  ['a failure', fails, (_, thread) => thread.quiet()],
  [
    'a stop',
    forever,
    async ({ sim, bot }, thread) => {
      await sim.until(() => thread.view().includes('Endless'));
      bot.stop(`slack:${thread.channel}:${thread.ts}`);
      await thread.quiet();
    },
  ],
  [
    'the end of the process',
    forever,
    async ({ sim, bot }, thread) => {
      await sim.until(() => thread.view().includes('Endless'));
      await bot.close();
    },
  ],
  [
    'the end of the process before there is text',
    hangsAfter(),
    async ({ sim, bot }) => {
      await sim.until(() => statusCalls(sim).length > 0);
      await bot.close();
    },
  ],
];

const PLACES = [
  ['a channel', asks],
  ['direct messages', asksDirectly],
] as const;
const MODES = ['auto', 'native', 'edits'] as const;
const CASES = ENDINGS.flatMap(([how, answer, ends]) =>
  PLACES.flatMap(([where, ask]) => MODES.map((streaming) => ({ how, where, streaming, answer, ends, ask }))),
);

const options = (answers: ScriptedAnswer[], streaming: (typeof MODES)[number] = 'auto'): WorldOptions => ({
  model: new ScriptedModel(...answers),
  slack: { streaming, timing: { minute: 60_000 / SPEED } },
});

test.each(CASES)('after $how in $where ($streaming) no status is left, and never stood two', async (one) => {
  const world = await openWorld(options([one.answer], one.streaming));
  await one.ends(world, one.ask(world.sim));
  expectCleanEnd(world.sim);
});

test.each([
  { method: SESSION, fault: { error: 'not_authorized' } },
  { method: SESSION, fault: { network: 'reset', applied: true } },
  { method: SESSION, fault: { status: 500, applied: true } },
  { method: TEXT, fault: { error: 'unknown_method', times: 9 } },
  { method: TEXT, fault: { status: 500, applied: true } },
] as const)(
  'where $method answers $fault, the answer comes, and no status is left',
  async ({ method, fault }) => {
    const { sim } = await openWorld(options([says('One.'), says('Two.')]));
    sim.fails(method, fault);
    for (const ask of [asks, asksDirectly]) {
      const thread = ask(sim);
      await thread.finished();
      await sim.until(() => isQuiet(thread.view()));
    }
    expectCleanEnd(sim);
  },
);

test('once Slack takes no words any more, an agent shows its session in channels, too', async () => {
  const { sim } = await openWorld(options([says('One.'), says('Two.')]));
  sim.fails(TEXT, { error: 'unknown_method', times: 99 });
  await asks(sim).finished();
  const next = asks(sim);
  await next.quiet();
  expect(statusCalls(sim).at(-1)).toEqual(['session', '-session']);
  expect(sim.counters.of('chat.startStream').calls).toBe(0);
});

test('a message that comes while the status of the last answer is taken back shows its own', async () => {
  // A second passes before it is tried again, which a busy machine hears the message in.
  const slack = { timing: { minute: 60_000 } };
  const { sim } = await openWorld({ ...options([says('One.'), forever]), slack });
  sim.fails(SESSION, { status: 500, after: 1 });
  const thread = asksDirectly(sim);
  await sim.until(() => thread.view().includes('[Regenerate]') && sim.counters.of(SESSION).calls === 2);
  sim.user('ann').says(thread.channel, 'and now?', { thread: thread.ts });
  await sim.until(() => thread.view().includes('Endless'));
  expect(thread.view()).toContain('[■ Stop]');
  sim.user('ann').stops(thread);
  await sim.until(() => thread.view().includes('Stopped.') && isQuiet(thread.view()));
  expect(statusCalls(sim)).toEqual([['session', '-session', 'session', '-session']]);
});
