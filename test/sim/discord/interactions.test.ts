import { ButtonStyle, ComponentType, Events, type Interaction, MessageFlags } from 'discord.js';
import { expect, test } from 'vitest';
import { stopClock } from '../stopped-clock.ts';
import type { DiscordSim } from './discord.ts';
import { login, NO_LIMITS, raw, start } from './harness.ts';
import type { DiscordOptions } from './options.ts';

const COMMANDS = [
  {
    name: 'ask',
    description: 'Asks',
    options: [
      { type: 3, name: 'question', description: 'What', required: true },
      { type: 5, name: 'quietly', description: 'For you only' },
      { type: 11, name: 'file', description: 'A file' },
    ],
  },
  { name: 'stop', description: 'Stops', contexts: [0] },
];

/** A client with its commands registered, which answers interactions as told. */
async function serving(answer: (interaction: Interaction) => Promise<unknown>, options: DiscordOptions = {}) {
  const sim = await start({ ...NO_LIMITS, ...options });
  const bot = await login(sim);
  await bot.application.commands.set(COMMANDS);
  const failures: unknown[] = [];
  bot.on(Events.InteractionCreate, (interaction) => {
    answer(interaction).catch((error: unknown) => failures.push(error));
  });
  return { sim, bot, failures };
}

const STOP = {
  type: ComponentType.ActionRow,
  components: [{ type: ComponentType.Button, style: ButtonStyle.Secondary, label: 'Stop', customId: 'stop' }],
} as const;

/** Posts as the bot, without a client. */
function post(sim: DiscordSim, body: object) {
  return raw(sim, 'POST', `/channels/${sim.channel('general').id}/messages`, body);
}

test('a command brings its options, and its deferred answer shows as thinking until it comes', async () => {
  const { sim } = await serving(async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    await interaction.deferReply();
    await sim.until(() => sim.view('general').includes('Bobbin is thinking…'));
    await interaction.editReply(`You asked: ${interaction.options.getString('question')}`);
    await interaction.followUp('And more.');
  });
  const used = sim.user('ann').command('ask', { question: 'why?' });
  await sim.until(() => sim.messages('general').length === 2);
  expect(used.state).toBe('acknowledged');
  expect(sim.view('general')).toBe(
    '#general\nBobbin [/ask]:\n  You asked: why?\n  ╭ Bobbin: You asked: why?\nBobbin:\n  And more.',
  );
});

test('an ephemeral answer shows to one person, and no channel route reaches it', async () => {
  const { sim } = await serving(async (interaction) => {
    if (interaction.isRepliable())
      await interaction.reply({ content: 'psst', flags: MessageFlags.Ephemeral });
  });
  sim.user('ann').command('stop');
  await sim.until(() => sim.messages('general').length === 1);
  expect(sim.messages('general', 'ann')).toHaveLength(1);
  expect(sim.messages('general', 'ben')).toHaveLength(0);
  expect(sim.view('general')).toContain('only ann sees this');
  const [message] = sim.messages('general');
  expect((await raw(sim, 'GET', `/channels/${sim.channel('general').id}/messages`)).body).toEqual([]);
  const path = `/channels/${sim.channel('general').id}/messages/${message?.id}`;
  expect((await raw(sim, 'PATCH', path, { content: 'x' })).body.code).toBe(10008);
});

test('a button acknowledges silently or changes its message', async () => {
  const { sim, bot } = await serving(async (interaction) => {
    if (!interaction.isButton()) return;
    if (interaction.customId === 'stop') await interaction.update({ content: 'stopped', components: [] });
    else await interaction.deferUpdate();
  });
  const channel = await bot.channels.fetch(sim.channel('general').id);
  if (!channel?.isSendable()) throw new Error('not sendable');
  const more = {
    type: ComponentType.Button,
    style: ButtonStyle.Primary,
    label: 'Good',
    emoji: '👍',
    customId: 'up',
  } as const;
  const sent = await channel.send({
    content: 'working',
    components: [{ ...STOP, components: [...STOP.components, more] }],
  });
  expect(sim.view('general')).toContain('  [Stop] [👍 Good]');
  const up = sim.user('ann').presses(sim.message(sent.id), 'up');
  await sim.until(() => up.state === 'acknowledged');
  expect(sim.messages('general')[0]).toMatchObject({ content: 'working', edited: false });
  sim.user('ann').presses(sim.message(sent.id), 'Stop');
  await sim.until(() => sim.messages('general')[0]?.content === 'stopped');
  expect(sim.messages('general')[0]?.buttons).toEqual([]);
});

test('what is not acknowledged in time has failed: people see it, and the answer is too late', async () => {
  const { sim, failures } = await serving(
    async (interaction) => {
      await sim.until(() => sim.view('general').includes('did not respond'));
      if (interaction.isRepliable()) await interaction.reply('late');
    },
    { timing: { acknowledge: 40 } },
  );
  const used = sim.user('ann').command('stop');
  await sim.until(() => failures.length === 1);
  expect(used.state).toBe('failed');
  expect(failures[0]).toMatchObject({ code: 10062, status: 404 });
  expect(sim.view('general')).toBe('#general\n⚠ ann: /stop: The application did not respond');
});

test('an interaction is answered once', async () => {
  const sim = await start(NO_LIMITS);
  const used = await commanded(sim);
  const callback = `/interactions/${used.id}/${used.token}/callback`;
  const without = { Authorization: '' };
  expect((await raw(sim, 'POST', callback, { type: 4, data: { content: 'x' } }, without)).status).toBe(204);
  expect((await raw(sim, 'POST', callback, { type: 4, data: { content: 'y' } }, without)).body.code).toBe(
    40060,
  );
});

test('a message is validated in an answer too, and a refused answer leaves time for another', async () => {
  const sim = await start(NO_LIMITS);
  const used = await commanded(sim);
  const callback = `/interactions/${used.id}/${used.token}/callback?with_response=true`;
  expect((await raw(sim, 'POST', callback, { type: 4, data: {} })).body.code).toBe(50006);
  expect((await raw(sim, 'POST', callback, { type: 7, data: { content: 'x' } })).body.code).toBe(50035);
  const { body } = await raw(sim, 'POST', callback, { type: 4, data: { content: 'x' } });
  expect(body).toMatchObject({
    interaction: { id: used.id, type: 2 },
    resource: { type: 4, message: { content: 'x' } },
  });
});

test('a deferral comes back without its message', async () => {
  const sim = await start(NO_LIMITS);
  const used = await commanded(sim);
  const callback = `/interactions/${used.id}/${used.token}/callback?with_response=true`;
  const { body } = await raw(sim, 'POST', callback, { type: 5 });
  expect(body).toMatchObject({ interaction: { response_message_loading: true }, resource: { type: 5 } });
  expect(body.resource).not.toHaveProperty('message');
});

test('a token does nothing before the answer, and nothing after fifteen minutes', async () => {
  const pass = stopClock();
  const sim = await start(NO_LIMITS);
  const used = await commanded(sim);
  const webhook = `/webhooks/${sim.bot.id}/${used.token}`;
  expect((await raw(sim, 'POST', webhook, { content: 'early' })).body.code).toBe(10015);
  await raw(sim, 'POST', `/interactions/${used.id}/${used.token}/callback`, { type: 5 });
  expect((await raw(sim, 'PATCH', `${webhook}/messages/@original`, { content: 'in time' })).status).toBe(200);
  pass(900_001);
  const late = await raw(sim, 'PATCH', `${webhook}/messages/@original`, { content: 'late' });
  expect([late.status, late.body.code]).toEqual([401, 50027]);
});

test('a follow-up straight after a deferral fills the message that was promised', async () => {
  const sim = await start(NO_LIMITS);
  const used = await commanded(sim);
  await raw(sim, 'POST', `/interactions/${used.id}/${used.token}/callback`, { type: 5 });
  await raw(sim, 'POST', `/webhooks/${sim.bot.id}/${used.token}`, { content: 'filled' });
  expect(sim.messages('general')).toMatchObject([{ content: 'filled', thinking: false, edited: false }]);
});

test('the original and the follow-ups can be read, edited and deleted by the token, others can not', async () => {
  const sim = await start(NO_LIMITS);
  const used = await commanded(sim);
  const messages = `/webhooks/${sim.bot.id}/${used.token}/messages`;
  await raw(sim, 'POST', `/interactions/${used.id}/${used.token}/callback`, {
    type: 4,
    data: { content: 'one' },
  });
  const second = await raw(sim, 'POST', `/webhooks/${sim.bot.id}/${used.token}`, { content: 'two' });
  expect((await raw(sim, 'GET', `${messages}/@original`)).body.content).toBe('one');
  await raw(sim, 'PATCH', `${messages}/${second.body.id}`, { content: 'TWO' });
  await raw(sim, 'DELETE', `${messages}/@original`);
  expect(sim.messages('general').map(({ content }) => content)).toEqual(['TWO']);
  expect((await raw(sim, 'GET', `${messages}/@original`)).body.code).toBe(10008);
  const other = await post(sim, { content: 'other' });
  expect((await raw(sim, 'PATCH', `${messages}/${other.body.id}`, { content: 'x' })).body.code).toBe(10008);
});

test('answers to interactions reach channels where the bot may not write, and ping only users by default', async () => {
  const sim = await start(NO_LIMITS);
  const role = sim.addRole('Team', ['ben'], true);
  sim.deny('general', ['SendMessages', 'ViewChannel']);
  const used = await commanded(sim);
  const content = `<@&${role.id}> <@${sim.user('cal').user.id}>`;
  await raw(sim, 'POST', `/interactions/${used.id}/${used.token}/callback`, { type: 4, data: { content } });
  expect(sim.pings.at(-1)?.notified).toEqual(['cal']);
});

test('people find only what is registered, where it is registered, with its own options', async () => {
  const { sim } = await serving(async () => undefined);
  const ann = sim.user('ann');
  expect(() => ann.command('nothing')).toThrow('the bot has not registered it');
  expect(() => ann.command('stop', {}, null)).toThrow('the bot has not registered it');
  expect(() => ann.command('ask')).toThrow('needs its option "question"');
  expect(() => ann.command('ask', { question: 'x', other: 1 })).toThrow('has no option "other"');
  expect(ann.command('ask', { question: 'x' }, null).channel.recipient?.name).toBe('ann');
});

test('a command brings a file that can be downloaded', async () => {
  const read: string[] = [];
  const { sim } = await serving(async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    const file = interaction.options.getAttachment('file', true);
    read.push(file.name, await (await fetch(file.url)).text());
  });
  sim.user('ann').command('ask', { question: 'x', file: { name: 'a b.csv', data: '1,2' } });
  await sim.until(() => read.length === 2);
  expect(read).toEqual(['a_b.csv', '1,2']);
});

test('a button that is gone, disabled or a link can not be pressed', async () => {
  const sim = await start(NO_LIMITS);
  const buttons = [
    { type: 2, style: 2, label: 'Off', custom_id: 'off', disabled: true },
    { type: 2, style: 5, label: 'Docs', url: 'https://example.com' },
  ];
  const { body } = await post(sim, { content: 'x', components: [{ type: 1, components: buttons }] });
  const message = sim.message(String(body.id));
  expect(sim.view('general')).toContain('  (Off) [Docs]');
  expect(() => sim.user('ann').presses(message, 'off')).toThrow('is disabled');
  expect(() => sim.user('ann').presses(message, 'gone')).toThrow('has no button');
});

test('an interaction in a direct message brings a user, one in a guild a member, and each what the app may do', async () => {
  const seen: unknown[] = [];
  const { sim } = await serving(async (interaction) => {
    seen.push([
      interaction.user.username,
      interaction.inGuild(),
      interaction.memberPermissions?.has('SendMessages'),
      interaction.appPermissions.has('SendMessages'),
    ]);
  });
  sim.user('ann').command('ask', { question: 'x' });
  sim.user('ann').command('ask', { question: 'x' }, null);
  await sim.until(() => seen.length === 2);
  expect(seen).toEqual([
    ['ann', true, true, true],
    ['ann', false, undefined, false],
  ]);
});

test('an answer for a channel or a message that is gone is refused', async () => {
  const sim = await start(NO_LIMITS);
  const button = { type: 2, style: 2, label: 'Go', custom_id: 'go' };
  const { body } = await post(sim, { content: 'x', components: [{ type: 1, components: [button] }] });
  const message = sim.message(String(body.id));
  const pressed = sim.user('ann').presses(message, 'Go');
  await raw(sim, 'DELETE', `/channels/${sim.channel('general').id}/messages/${message.id}`);
  const update = { type: 7, data: { content: 'y' } };
  expect(
    (await raw(sim, 'POST', `/interactions/${pressed.id}/${pressed.token}/callback`, update)).body.code,
  ).toBe(10008);
  const used = await commanded(sim);
  sim.deleteChannel('general');
  const answer = { type: 4, data: { content: 'y' } };
  expect((await raw(sim, 'POST', `/interactions/${used.id}/${used.token}/callback`, answer)).body.code).toBe(
    10003,
  );
});

/** Ann has run a command of a bot that only speaks REST. */
async function commanded(sim: DiscordSim) {
  await raw(sim, 'PUT', `/applications/${sim.bot.id}/guilds/${sim.guild.id}/commands`, COMMANDS);
  return sim.user('ann').command('stop');
}
