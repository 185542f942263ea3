import { expect, test } from 'vitest';
import { SCOPES, SHORTCUTS } from '../../../adapters/slack/surface.ts';
import { askingFunction, callsOf } from '../../sim/asking-function.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import type { SlackSim } from '../../sim/slack/slack.ts';
import { asks, asksDirectly, GENERAL, isQuiet, openWorld, SPEED } from './world.ts';

type Approve = Parameters<typeof askingFunction>[0];

/** Ann asks for something that needs somebody's word, and the question stands there. */
async function asked(approve: Approve = 'asker', { ask = asks, subteams = {} } = {}) {
  const { team, made } = askingFunction(approve);
  const model = new ScriptedModel(callsOf(['reset_vpn', '{"user":"<!channel>"}']), says('Done.'));
  const sim = { rates: { speed: SPEED }, subteams };
  const world = await openWorld({ model, functions: [team], sim });
  const thread = ask(world.sim, 'reset my vpn');
  await world.sim.until(() => thread.view().includes('[Approve] [Refuse]'));
  return { ...world, thread, made, model, ann: world.sim.user('ann'), ben: world.sim.user('ben') };
}

function question(sim: SlackSim, { channel, ts }: { channel: string; ts: string }) {
  const replies = sim.workspace.replies(sim.workspace.channel(channel), ts);
  const last = replies.findLast(({ user }) => user === sim.botUser);
  return { channel, ts: last?.ts ?? '' };
}

const toldTo = (model: ScriptedModel) => JSON.stringify(model.requests.at(-1)?.items);

test.each([
  ['in a channel', asks],
  ['where replies stream', asksDirectly],
])(
  '%s a call is shown with two buttons, made when its asker approves, and who did stands there',
  async (_, ask) => {
    const { sim, thread, made, ann } = await asked('asker', { ask });
    expect(thread.view()).toContain('**May I use `reset_vpn` with this?**');
    expect(thread.view()).toContain('"user": "<\u200b!channel>"');
    expect(thread.view()).toContain('This needs the word of ann, who asked.');
    expect(made).toEqual([]);
    await ann.presses(question(sim, thread), 'Approve');
    await thread.quiet();
    expect(made).toEqual([{ user: '<!channel>' }]);
    const text = thread.text();
    expect(text).toMatch(/✅ Approved by ann, \d{4}-\d\d-\d\d \d\d:\d\d UTC\./);
    expect(text).toMatch(/Approved[\s\S]*Done\./);
    expect(thread.view()).not.toContain('[Approve]');
    expect(sim.pings.filter(({ author }) => author === sim.botUser)).toEqual([]);
  },
);

test('a refusal says why, in a form, and the model is told', async () => {
  const { sim, thread, made, ann, model } = await asked();
  const acked = await ann.presses(question(sim, thread), 'Refuse');
  expect(acked).toMatchObject({ acked: true });
  await sim.until(() => ann.form !== undefined);
  expect(thread.view()).toContain('[Approve]');
  await ann.submits({ reason: 'Not on a Friday.' });
  expect(ann.form).toBeUndefined();
  await thread.quiet();
  expect(made).toEqual([]);
  expect(thread.text()).toMatch(/🚫 Refused by ann, .* UTC: “Not on a Friday\.”/);
  expect(toldTo(model)).toContain('Not on a Friday.');
  expect(toldTo(model)).toContain('does not want this done');
});

test('a form that is closed decides nothing; one that Slack does not open is no reason to wait', async () => {
  const { sim, thread, made, ann } = await asked();
  await ann.presses(question(sim, thread), 'Refuse');
  await sim.until(() => ann.form !== undefined);
  ann.closesForm();
  expect(thread.view()).toContain('[Approve]');
  sim.fails('views.open', { error: 'expired_trigger_id' });
  await ann.presses(question(sim, thread), 'Refuse');
  await thread.quiet();
  expect(thread.text()).toMatch(/🚫 Refused by ann, .* UTC\./);
  expect(made).toEqual([]);
});

test('a stranger sees a sentence that nobody else sees, whichever button they press', async () => {
  const { sim, thread, made, ann, ben } = await asked();
  const told = '(only visible to ben) This is not yours to decide: it needs the word of ann, who asked.';
  await ben.presses(question(sim, thread), 'Approve');
  await sim.until(() => thread.view().includes(told));
  await ben.presses(question(sim, thread), 'Refuse');
  await sim.until(() => thread.view().split(told).length === 3);
  expect(ben.form).toBeUndefined();
  expect(made).toEqual([]);
  await ann.presses(question(sim, thread), 'Approve');
  await thread.quiet();
  expect(made).toHaveLength(1);
});

test('a button that is pressed twice, by others, and after the end works once', async () => {
  const { sim, thread, made, ann, ben } = await asked('channel');
  const message = question(sim, thread);
  sim.delivery.hold();
  const presses = [ann, ben, ann].map((person) => person.presses(message, 'Approve'));
  sim.delivery.release();
  await Promise.all(presses);
  await thread.quiet();
  const told = () =>
    thread.view().match(/\(only visible to \w+\) .*(?:approved this already|not open any more)/g);
  await sim.until(() => told()?.length === 2);
  expect(made).toHaveLength(1);
});

test('a form that is sent after somebody has decided changes nothing, and says so', async () => {
  const { sim, thread, made, ann, ben } = await asked('channel');
  await ben.presses(question(sim, thread), 'Refuse');
  await sim.until(() => ben.form !== undefined);
  await ann.presses(question(sim, thread), 'Approve');
  await thread.quiet();
  await ben.submits({ reason: 'Too late.' });
  await sim.until(() => /\(only visible to ben\) .*(?:already|any more)/.test(thread.view()));
  expect(made).toHaveLength(1);
  expect(thread.text()).not.toContain('Too late');
});

test.each<[string[], string[]]>([
  [['slack:U0BEN'], ['ben']],
  [['slack:@it'], ['ben']],
  [['slack:S0IT'], ['ben']],
  [['slack:#private'], ['ann', 'ben']],
  [
    ['slack:C0PRIVATE', 'slack:@it'],
    ['ann', 'ben'],
  ],
  [['slack:#secret', 'discord:123456789012345678'], []],
])('of those whom %j name, %j may decide, and nobody else', async (approve, may) => {
  const { sim, thread } = await asked(approve, { subteams: { S0IT: ['U0BEN'] } });
  for (const name of ['ann', 'ben', 'cleo']) {
    const person = sim.user(name);
    await person.presses(question(sim, thread), 'Refuse');
    const isTold = () => thread.view().includes(`(only visible to ${name}) This is not yours to decide`);
    await sim.until(() => person.form !== undefined || isTold());
    expect([name, person.form !== undefined]).toEqual([name, may.includes(name)]);
  }
});

test.each<[string[], string]>([
  [['slack:U0BEN'], 'ben'],
  [['slack:U0BEN', 'slack:U0ANN', 'discord:123456789012345678'], 'ben or ann'],
  [['slack:S0IT'], '@\u200bit'],
  [['slack:@it', 'slack:U0BEN'], '@\u200bit or ben'],
  [['slack:C0GENERAL'], 'a member of #general'],
  [['slack:C0PRIVATE'], 'a member of a private channel'],
  [['slack:#secret'], 'a member of #secret'],
])('of %j people read the names, whoever presses, and nobody is called', async (approve, names) => {
  const { sim, thread } = await asked(approve, { subteams: { S0IT: ['U0BEN'] } });
  expect(thread.view()).toContain(`This needs the word of ${names}.`);
  const cleo = sim.user('cleo');
  await cleo.presses(question(sim, thread), 'Approve');
  if (!names.includes('#general'))
    await sim.until(() => thread.view().includes(`it needs the word of ${names}.`));
  expect(thread.view()).not.toMatch(/U0(BEN|ANN)|S0IT|C0PRIVATE|discord/);
  expect(sim.pings.filter(({ author }) => author === sim.botUser)).toEqual([]);
});

test('where Slack tells no names, and where it does not in time, people are asked all the same', async () => {
  const { team } = askingFunction(['slack:U0BEN', 'slack:U0GONE', 'slack:@it']);
  const model = new ScriptedModel(callsOf(['reset_vpn', '{"user":"ann"}']), says('Done.'));
  const { sim } = await openWorld({ model, functions: [team], sim: { rates: { speed: SPEED } } });
  const thread = asks(sim, 'reset my vpn');
  await sim.until(() => thread.view().includes('[Approve] [Refuse]'));
  expect(thread.view()).toContain('This needs the word of ben, slack:U0GONE, or @\u200bit.');
});

test('who may approve is not known to an app without the scope for it: that is said with what to do', async () => {
  const { team, made } = askingFunction(['slack:@it']);
  const model = new ScriptedModel(callsOf(['reset_vpn', '{"user":"ann"}']), says('Done.'));
  const scopes = SCOPES.filter((scope) => scope !== 'usergroups:read');
  const { sim } = await openWorld({ model, functions: [team], sim: { rates: { speed: SPEED }, scopes } });
  const thread = asks(sim, 'reset my vpn');
  await sim.until(() => thread.view().includes('[Approve] [Refuse]'));
  await sim.user('ann').presses(question(sim, thread), 'Approve');
  await sim.until(() => /only visible to ann.*can’t be found out.*npm start -- doctor/.test(thread.view()));
  expect(made).toEqual([]);
});

test('several calls are asked about at once, each with buttons of its own', async () => {
  const { team, made } = askingFunction('channel');
  const two = [
    ['reset_vpn', '{"user":"ann"}'],
    ['reset_vpn', '{"user":"ben"}'],
  ] as [string, string][];
  const model = new ScriptedModel(callsOf(...two), says('Done.'));
  const { sim } = await openWorld({ model, functions: [team] });
  const thread = asks(sim);
  await sim.until(() => thread.view().includes('[Approve 1] [Refuse 1] [Approve 2] [Refuse 2]'));
  await sim.user('ben').presses(question(sim, thread), 'Approve 2');
  await sim.until(
    () => thread.view().includes('[Approve 1] [Refuse 1]\n') || !thread.view().includes('Approve 2'),
  );
  expect(made).toEqual([{ user: 'ben' }]);
  await sim.user('ann').presses(question(sim, thread), 'Approve 1');
  await thread.quiet();
  expect(made).toEqual([{ user: 'ben' }, { user: 'ann' }]);
  expect(thread.text()).toMatch(/2: ✅ Approved by ben[\s\S]*1: ✅ Approved by ann/);
});

test('a message that is written meanwhile waits, people see why, and it is answered next', async () => {
  const { sim, thread, ann, made } = await asked();
  ann.says(GENERAL, 'and what is 2 + 2?', { thread: thread.ts });
  await sim.until(() => thread.view().includes('What you write meanwhile waits for this.'));
  await ann.presses(question(sim, thread), 'Approve');
  await sim.until(() => thread.text().split('Done.').length === 3 && isQuiet(thread.view()));
  expect(made).toHaveLength(1);
});

test('a stop ends the wait: nothing is done, and the buttons go', async () => {
  const { sim, thread, ann, made } = await asked();
  await ann.usesShortcut(thread, SHORTCUTS.stop);
  await thread.quiet();
  expect(thread.view()).not.toContain('[Approve]');
  expect(thread.view()).toContain('Stopped.');
  expect(made).toEqual([]);
  await sim.until(() => sim.delivery.isSettled);
});
