import { expect, test } from 'vitest';
import type { DiscordSim } from './discord.ts';
import { NO_LIMITS, raw, start } from './harness.ts';

/** A guild with ann, ben and a role `Team` of ben's; the bot may ping everybody. */
async function crowd() {
  const sim = await start(NO_LIMITS);
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  const team = sim.addRole('Team', ['ben']);
  sim.allow('general', ['MentionEveryone']);
  const post = (content: string, more: object = {}) =>
    raw(sim, 'POST', `/channels/${sim.channel('general').id}/messages`, { content, ...more });
  return { sim, ann, ben, team, post };
}

const last = (sim: DiscordSim) => sim.pings.at(-1)?.notified.toSorted();
const EVERYBODY = ["Workshop's owner", 'ann', 'ben'];

test('without allowed_mentions everything in the text pings', async () => {
  const { sim, ann, team, post } = await crowd();
  await post(`${ann.mention} hello`);
  expect(last(sim)).toEqual(['ann']);
  await post(`<@&${team.id}> hello`);
  expect(last(sim)).toEqual(['ben']);
  await post('hello @everyone');
  expect(last(sim)).toEqual(EVERYBODY);
  expect((await post('hello @here')).body.mention_everyone).toBe(true);
  expect(last(sim)).toEqual(EVERYBODY);
});

test('with an empty parse nothing pings, whatever the text says', async () => {
  const { sim, ann, team, post } = await crowd();
  const { body } = await post(`@everyone @here ${ann.mention} <@&${team.id}>`, {
    allowed_mentions: { parse: [] },
  });
  expect(last(sim)).toEqual([]);
  expect(body).toMatchObject({ mentions: [], mention_roles: [], mention_everyone: false });
});

test('a list of users lets only those ping', async () => {
  const { sim, ann, ben, post } = await crowd();
  await post(`${ann.mention} ${ben.mention}`, { allowed_mentions: { users: [ben.user.id] } });
  expect(last(sim)).toEqual(['ben']);
});

test('a reply pings whom it answers, unless allowed_mentions leave it out', async () => {
  const { sim, ann, post } = await crowd();
  const { id } = ann.says('general', 'question');
  const reply = (allowed_mentions?: object) =>
    post('answer', { message_reference: { message_id: id }, allowed_mentions });
  await reply();
  expect(last(sim)).toEqual(['ann']);
  await reply({ parse: [] });
  expect(last(sim)).toEqual([]);
  await reply({ parse: [], replied_user: true });
  expect(last(sim)).toEqual(['ann']);
  expect(sim.view('general')).toContain('  ╭ ann: question\nBobbin:\n  answer');
});

test('an edit pings nobody', async () => {
  const { sim, ann, post } = await crowd();
  const { body } = await post('hello');
  const before = sim.pings.length;
  const path = `/channels/${sim.channel('general').id}/messages/${body.id}`;
  const edited = await raw(sim, 'PATCH', path, { content: `@everyone ${ann.mention}` });
  expect(edited.body.mentions).toMatchObject([{ username: 'ann' }]);
  expect(sim.pings).toHaveLength(before);
});

test('code pings nobody', async () => {
  const { sim, ann, post } = await crowd();
  await post(`\`${ann.mention}\` and\n\`\`\`\n@everyone ${ann.mention}\n\`\`\``);
  expect(last(sim)).toEqual([]);
});

test('without the permission @everyone and roles are only text', async () => {
  const { sim, ann, team } = await crowd();
  ann.says('general', `@everyone <@&${team.id}>`);
  expect(last(sim)).toEqual([]);
  sim.addRole('Open', ['ben'], true);
  const open = [...sim.guild.roles.values()].find(({ name }) => name === 'Open');
  ann.says('general', `<@&${open?.id}>`);
  expect(last(sim)).toEqual(['ben']);
});

test('a direct message notifies its reader', async () => {
  const { sim } = await crowd();
  await raw(sim, 'POST', `/channels/${sim.directMessages('ann').id}/messages`, { content: 'hello' });
  expect(last(sim)).toEqual(['ann']);
});
