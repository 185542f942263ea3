import { expect, test } from 'vitest';
import { ScriptedModel } from '../../../sim/scripted-model.ts';
import type { SlackSim } from '../../../sim/slack/slack.ts';
import { Pen } from '../pen.ts';
import { asksDirectly, openWorld, SPEED } from '../world.ts';
import { calls, edited, streamed } from './growing.ts';

test.concurrent('an append whose answer is lost does not show its text twice', async (context) => {
  const { sim, pen, thread } = await streamed({}, context);
  sim.fails('chat.appendStream', { network: 'reset', applied: true });
  pen.says(' and only');
  await sim.until(() => thread.view().includes('and only'));
  pen.says(' once.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('The first and only once.');
});

const LOST = [
  { network: 'reset', applied: false },
  { network: 'reset', applied: true },
  { error: 'internal_error', applied: false },
  { error: 'internal_error', applied: true },
] as const;

test.concurrent.for(LOST)(
  'a stream whose start is not acknowledged (%o) appears once',
  async (fault, context) => {
    const pen = new Pen();
    const { sim } = await openWorld({ model: new ScriptedModel(pen.answer) }, context);
    sim.fails('chat.startStream', fault);
    await appearsOnce(sim, pen, asksDirectly(sim));
  },
);

test.concurrent.for(LOST)('a message that is not acknowledged (%o) appears once', async (fault, context) => {
  const { sim, pen, thread } = await edited({}, [], context);
  sim.fails('chat.postMessage', fault);
  await appearsOnce(sim, pen, thread);
});

async function appearsOnce(sim: SlackSim, pen: Pen, thread: ReturnType<typeof asksDirectly>): Promise<void> {
  pen.says('Only');
  await sim.until(() => calls(sim, 'conversations.replies') === 1 && thread.texts().length === 1);
  pen.says(' once.');
  pen.ends();
  await thread.quiet();
  expect(thread.texts()).toHaveLength(1);
  expect(thread.text()).toBe('Only once.');
}

test.concurrent('a 429 on the last call delays it, and loses nothing', async (context) => {
  const { sim, pen, thread } = await streamed({}, context);
  sim.fails('chat.stopStream', { retryAfter: 1 });
  pen.says(' and last.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('The first and last.');
  expect(sim.counters.of('chat.stopStream')).toMatchObject({ calls: 2, limited: 1 });
});

test.concurrent('a 429 on the last edit delays it, and loses nothing', async (context) => {
  const { sim, pen, thread } = await edited({}, [], context);
  pen.says('The first');
  await sim.until(() => thread.view().includes('The first'));
  sim.fails('chat.update', { retryAfter: 1 });
  pen.says(' and last.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('The first and last.');
});

test.concurrent('a limit that Slack tells of in the answer itself is a limit, too', async (context) => {
  const { sim, log, pen, thread } = await edited({}, [], context);
  sim.fails('chat.postMessage', { error: 'rate_limited' });
  pen.says('All of it.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('All of it.');
  expect(log.join('')).not.toContain('could not be shown');
});

/** For how long a call may wait for its answer: so long that one which does get an answer gets it in time. */
const CALL_MS = 2_000;

test.concurrent.for([{ status: 503 }, { network: 'reset' }, { network: 'silent' }] as const)(
  'calls that fail with %o are made again, with the newest text',
  async (fault, context) => {
    const timing = { call: CALL_MS, minute: 60_000 / SPEED };
    const { sim, pen, thread } = await streamed({ slack: { timing } }, context);
    for (const method of ['chat.appendStream', 'chat.stopStream', 'chat.update']) sim.fails(method, fault);
    pen.says(' and');
    await sim.until(() => calls(sim, 'chat.appendStream') > 0);
    pen.says(' last.');
    pen.ends();
    await thread.quiet();
    expect(thread.text()).toBe('The first and last.');
  },
);
