import { expect, onTestFinished, test } from 'vitest';
import type { DiscordSim } from '../../sim/discord/discord.ts';
import { guildPayload, guildSummary, rolePayload } from '../../sim/discord/guild-payloads.ts';
import { snowflake } from '../../sim/discord/ids.ts';
import type { Json } from '../../sim/discord/json.ts';
import { memberPayload } from '../../sim/discord/payloads.ts';
import { says } from '../../sim/scripted-model.ts';
import { openScene } from './open-scene.ts';
import type { Scene } from './scene.ts';

const DROPPED = 'Discord sent an event that could not be taken: it is left out';

interface Event {
  t: string;
  d: Json;
}

/** Everything that would have ended the process. */
function crashes(): unknown[] {
  const found: unknown[] = [];
  const note = (error: unknown) => found.push(error);
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  for (const event of events) process.on(event, note);
  onTestFinished(() => {
    for (const event of events) process.off(event, note);
  });
  return found;
}

const drops = (scene: Scene) => scene.log.filter(({ msg }) => msg === DROPPED);

/** An ordinary mention, answered. */
async function answers(scene: Scene, channel = 'general'): Promise<void> {
  const { id } = scene.sim.user('ann').says(channel, `${scene.sim.mention} are you there?`);
  await scene.finished(id);
}

/** What the gateway tells of a conversation, a press, a command, and of changes to the server. */
async function recorded(scene: Scene): Promise<Event[]> {
  const { sim } = scene;
  const events: Event[] = [];
  sim.world.onDispatch(({ t, d }) => events.push({ t, d: structuredClone(d) }));
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  const file = { name: 'sums.csv', data: 'a,b\n', contentType: 'text/csv' };
  const said = ben.says('general', 'Refunds take five days.', { files: [file] });
  const question = ann.says('general', `${sim.mention} ${ben.mention} is that true?`, { replyTo: said });
  await scene.finished(question.id);
  ann.presses(sim.message(scene.replies(question.id).at(-1)?.id ?? ''), '👍');
  ann.presses(sim.message(scene.replies(question.id).at(-1)?.id ?? ''), 'Regenerate');
  await scene.finished(question.id, 2);
  ann.command('ask', { question: 'How?', file });
  ann.dm('hello');
  await scene.finished(sim.directMessages('ann').id);
  sim.unfurl(said, 'A preview');
  ann.edits(question, 'other');
  ann.deletes(ann.says('general', 'x'));
  const thread = ann.startsThread(said, 'Refunds');
  ann.changesThread(thread, { archived: true });
  sim.deny('general', ['AddReactions'], 'everyone');
  sim.deleteChannel(sim.addChannel('short-lived').id);
  return events;
}

const sizeOf = (event: Event | undefined) => (event ? JSON.stringify(event).length : 0);

/** Of each kind of event the richest one, with those that the simulator does not send by itself. */
function kinds(sim: DiscordSim, events: readonly Event[]): Event[] {
  const { world, guild } = sim;
  const [role] = [...guild.roles.values()].slice(-1);
  const me = guild.members.get(sim.bot.id);
  const more = { guild_id: guild.id };
  const others: Event[] = [
    { t: 'GUILD_CREATE', d: guildPayload(world, guild) },
    { t: 'GUILD_UPDATE', d: guildSummary(guild) },
    { t: 'GUILD_ROLE_UPDATE', d: { ...more, role: role ? rolePayload(role) : {} } },
    { t: 'GUILD_MEMBER_UPDATE', d: { ...more, ...(me && memberPayload(me)) } },
  ];
  const richest = new Map<string, Event>();
  for (const event of [...events, ...others]) {
    const kind = `${event.t} ${event.d.type}`;
    if (sizeOf(event) > sizeOf(richest.get(kind))) richest.set(kind, event);
  }
  return [...richest.values()];
}

/** The payload with each of its fields emptied and of another type, one after the other. */
function* mutants(value: unknown): Generator<unknown> {
  const isObject = typeof value === 'object' && value !== null;
  if (value !== null) yield null;
  yield isObject ? 7 : {};
  if (!isObject) return;
  for (const [key, inner] of Object.entries(value)) {
    for (const mutant of mutants(inner)) {
      const copy: unknown = Array.isArray(value) ? [...value] : { ...value };
      (copy as Json)[key] = mutant;
      yield copy;
    }
  }
}

/** As if it were told of something new, where the mutation left its id. */
function renewed(d: unknown, t: string): unknown {
  const isNew = t === 'MESSAGE_CREATE' || t === 'INTERACTION_CREATE';
  return isNew && typeof d === 'object' && typeof (d as Json)?.id === 'string'
    ? { ...d, id: snowflake() }
    : d;
}

test('a press that comes with a thread of null ends with itself, and the log names it', async () => {
  const crashed = crashes();
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  const events = await recorded(scene);
  const press = events.find(({ t, d }) => t === 'INTERACTION_CREATE' && d.message !== undefined);
  const message = { ...(press?.d.message as Json), thread: null };
  sim.gateway.dispatch('INTERACTION_CREATE', { ...press?.d, id: snowflake(), message });
  await sim.until(() => drops(scene).length === 1);
  expect(drops(scene)[0]).toMatchObject({ event: 'INTERACTION_CREATE', level: 50 });
  await answers(scene);
  expect(crashed).toEqual([]);
});

test('whatever field of an event is not as documented, the bot lives on and answers the next mention', async () => {
  const crashed = crashes();
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  for (const { t, d } of kinds(sim, await recorded(scene))) {
    for (const mutant of mutants(d)) sim.gateway.dispatch(t, renewed(mutant, t));
    await answers(scene);
    expect([t, crashed]).toEqual([t, []]);
  }
  const dropped = new Set(drops(scene).map(({ event }) => event));
  for (const event of ['MESSAGE_CREATE', 'INTERACTION_CREATE', 'GUILD_UPDATE', 'CHANNEL_UPDATE'])
    expect(dropped).toContain(event);
});

test('a server whose roles were taken in by half is answered as before', async () => {
  const crashed = crashes();
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  const summary = guildSummary(sim.guild);
  const roles = [...sim.guild.roles.values()].map((role) => ({ ...rolePayload(role), colors: null }));
  sim.gateway.dispatch('GUILD_UPDATE', { ...summary, roles });
  await sim.until(() => drops(scene).length === 1);
  await answers(scene);
  expect(crashed).toEqual([]);
});

test('odd payloads that are no events, or have odd names, end with themselves', async () => {
  const crashed = crashes();
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  for (const name of ['error', 'constructor', '__proto__', null, 7, {}, 'READY', 'RESUMED'])
    sim.gateway.dispatch(name, null);
  for (const op of [10, 11, 1, null, {}, 99]) sim.gateway.send(op, null);
  const { identifies } = sim.gateway;
  sim.gateway.send(9, null);
  await sim.until(() => sim.gateway.identifies > identifies && sim.gateway.connected === 1);
  await answers(scene);
  expect(crashed).toEqual([]);
  expect(drops(scene).map(({ event }) => event)).toEqual(
    expect.arrayContaining(['error', 'READY', 'opcode 10', 'opcode 9']),
  );
});

test('an odd event that came before the bot was ready ends with itself, too', async () => {
  const crashed = crashes();
  const before = async (sim: DiscordSim) => {
    sim.setAvailable(false);
    await sim.until(() => sim.gateway.connected === 1);
    sim.gateway.dispatch('INTERACTION_CREATE', { type: 3, data: null });
    sim.setAvailable(true);
  };
  const scene = await openScene([says('ok')], { before });
  await scene.sim.until(() => drops(scene).length === 1);
  await answers(scene);
  expect(crashed).toEqual([]);
});
