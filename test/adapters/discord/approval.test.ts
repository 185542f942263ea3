import { expect, test } from 'vitest';
import { askingFunction, callsOf } from '../../sim/asking-function.ts';
import type { DiscordSim } from '../../sim/discord/discord.ts';
import type { Message } from '../../sim/discord/model.ts';
import { says } from '../../sim/scripted-model.ts';
import { openScene } from './open-scene.ts';
import type { Scene } from './scene.ts';

type Approve = Parameters<typeof askingFunction>[0];

/** Ann asks for something that needs somebody's word, and the question stands there. */
async function asked(approve: Approve | ((sim: DiscordSim) => Approve) = 'asker') {
  let named: Approve = 'channel';
  const { team, made } = askingFunction();
  // Who is named has an id only once there is a server.
  const asking = Object.defineProperty({ ...team }, 'approve', { get: () => named });
  const wishes = callsOf(['reset_vpn', '{"user":"@everyone"}']);
  const before = (sim: DiscordSim) => {
    named = typeof approve === 'function' ? approve(sim) : approve;
  };
  const scene = await openScene([wishes, says('Done.')], { functions: [asking], before });
  const { sim } = scene;
  const { id } = sim.user('ann').says('general', `${sim.mention} reset my vpn`);
  await scene.sim.until(() => labels(scene, id).includes('Approve'));
  return { ...scene, scene, sim, channel: id, made, ann: sim.user('ann'), ben: sim.user('ben') };
}

const labels = (scene: Scene, channel: string) =>
  scene.replies(channel).flatMap(({ buttons }) => buttons.map(({ label }) => label));

function question({ sim }: Scene, channel: string): Message {
  const last = sim.messages(channel).findLast(({ buttons }) => buttons.length > 0);
  return sim.message(last?.id ?? '');
}

test('a call is shown with two buttons, made when its asker approves, and who did stands there', async () => {
  const { scene, sim, channel, made, ann } = await asked();
  expect(scene.text(channel)).toContain('**May I use `reset_vpn` with this?**');
  expect(scene.text(channel)).toContain('"user": "@everyone"');
  expect(scene.text(channel)).toContain('This needs the word of ann, who asked.');
  expect(labels(scene, channel)).toEqual(['Approve', 'Refuse', 'Stop']);
  expect(made).toEqual([]);
  const pressed = ann.presses(question(scene, channel), 'Approve');
  await scene.finished(channel);
  expect(pressed.state).toBe('acknowledged');
  expect(made).toEqual([{ user: '@everyone' }]);
  expect(scene.text(channel)).toMatch(/✅ Approved by ann, .* UTC\.[\s\S]*Done\./);
  expect(sim.pings.filter(({ everyone }) => everyone)).toEqual([]);
});

test('a refusal says why, in a form, and the model is told', async () => {
  const { scene, sim, channel, made, ann } = await asked();
  const pressed = ann.presses(question(scene, channel), 'Refuse');
  await sim.until(() => pressed.form !== null);
  const sent = ann.submits(pressed, { reason: 'Not on a Friday.' });
  await scene.finished(channel);
  expect([pressed.state, sent.state]).toEqual(['acknowledged', 'acknowledged']);
  expect(made).toEqual([]);
  expect(scene.text(channel)).toMatch(/🚫 Refused by ann, .* UTC: “Not on a Friday\.”/);
});

test('a reason may be left out', async () => {
  const { scene, sim, channel, ann } = await asked();
  const pressed = ann.presses(question(scene, channel), 'Refuse');
  await sim.until(() => pressed.form !== null);
  ann.submits(pressed);
  await scene.finished(channel);
  expect(scene.text(channel)).toMatch(/🚫 Refused by ann, .* UTC\.\n/);
});

test('a stranger sees a sentence that nobody else sees, whichever button they press', async () => {
  const { scene, sim, channel, made, ben } = await asked();
  const whispers = () =>
    sim
      .messages(channel)
      .filter(({ onlyFor, content }) => onlyFor === 'ben' && content.includes('not yours'));
  ben.presses(question(scene, channel), 'Approve');
  await sim.until(() => whispers().length === 1);
  const refused = ben.presses(question(scene, channel), 'Refuse');
  await sim.until(() => whispers().length === 2);
  expect(refused.form).toBeNull();
  expect(made).toEqual([]);
  expect(labels(scene, channel)).toEqual(['Approve', 'Refuse', 'Stop']);
});

test('a button that is pressed by many at once works once; the others are told', async () => {
  const { scene, sim, channel, made } = await asked('channel');
  const message = question(scene, channel);
  for (const name of ['ann', 'ben', 'cleo']) sim.user(name).presses(message, 'Approve');
  await scene.finished(channel);
  await sim.until(
    () =>
      sim.messages(channel).filter(({ onlyFor, content }) => onlyFor && /already|any more/.test(content))
        .length === 2,
  );
  expect(made).toHaveLength(1);
});

test('a form that is sent after the end changes nothing, and says so', async () => {
  const { scene, sim, channel, made, ann, ben } = await asked('channel');
  const message = question(scene, channel);
  const pressed = ben.presses(message, 'Refuse');
  await sim.until(() => pressed.form !== null);
  ann.presses(message, 'Approve');
  await scene.finished(channel);
  ben.submits(pressed, { reason: 'Too late.' });
  await sim.until(() =>
    sim.messages(channel).some(({ onlyFor, content }) => onlyFor === 'ben' && /any more/.test(content)),
  );
  expect(made).toHaveLength(1);
});

test.each<[string, (sim: DiscordSim) => string[], string[]]>([
  ['a person', (sim) => [`discord:${sim.user('ben').user.id}`], ['ben']],
  ['a role', (sim) => [`discord:${sim.addRole('IT', ['ben']).id}`], ['ben']],
  ['a server', (sim) => [`discord:${sim.guild.id}`], ['ann', 'ben']],
  ['a channel', (sim) => [`discord:${sim.channel('general').id}`], ['ann', 'ben']],
  ['nobody here', () => ['discord:123456789012345678', 'slack:@it'], []],
])('%s may decide, and nobody else', async (_, approve, may) => {
  const { scene, sim, channel } = await asked(approve);
  for (const name of ['ann', 'ben']) {
    const pressed = sim.user(name).presses(question(scene, channel), 'Refuse');
    await sim.until(() => pressed.state === 'acknowledged');
    expect([name, pressed.form !== null]).toEqual([name, may.includes(name)]);
  }
});

test.each<[string, (sim: DiscordSim) => string[], string]>([
  ['a person', (sim) => [`discord:${sim.user('ben').user.id}`, 'slack:U0ANN'], 'ben'],
  ['a role', (sim) => [`discord:${sim.addRole('IT *team*', ['ben']).id}`], '@\u200bIT ∗team∗'],
  ['a channel', (sim) => [`discord:${sim.channel('general').id}`], 'somebody in #general'],
  ['a server', (sim) => [`discord:${sim.guild.id}`], 'anybody in this server'],
  ['nobody here', () => ['discord:123456789012345678'], 'discord:123456789012345678'],
])('%s is called by their name, and nobody by the platform', async (_, approve, names) => {
  const { scene, sim, channel } = await asked(approve);
  expect(scene.text(channel)).toContain(`This needs the word of ${names}.`);
  expect(sim.pings.flatMap(({ roles, notified }) => [...roles, ...notified])).not.toContain('ben');
});

test('several calls are asked about at once, each with buttons of its own; Discord has room for four', async () => {
  const { team, made } = askingFunction('channel');
  const args = Array.from({ length: 5 }, (_, i): [string, string] => ['reset_vpn', `{"user":"u${i + 1}"}`]);
  const scene = await openScene([callsOf(...args), says('Done.')], { functions: [team] });
  const { sim } = scene;
  const { id } = sim.user('ann').says('general', `${sim.mention} reset all`);
  const approvals = () => labels(scene, id).filter((label) => label?.startsWith('Approve'));
  await sim.until(() => approvals().length === 4);
  for (const left of [['2', '3', '4', '5'], ['3', '4', '5'], ['4', '5'], ['5'], []]) {
    const [first] = approvals();
    sim.user('ann').presses(question(scene, id), first ?? '');
    await sim.until(() => approvals().join() === left.map((number) => `Approve ${number}`).join());
  }
  await scene.finished(id);
  expect(made).toHaveLength(5);
});

test('a stop ends the wait: nothing is done, and the buttons go', async () => {
  const { scene, channel, made, ann } = await asked();
  ann.presses(question(scene, channel), 'Stop');
  await scene.finished(channel);
  expect(scene.text(channel)).toContain('Stopped.');
  expect(made).toEqual([]);
});
