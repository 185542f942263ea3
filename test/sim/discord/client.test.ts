import { ChannelType, Events, type Message, MessageFlags } from 'discord.js';
import { expect, test } from 'vitest';
import { login, NO_LIMITS, start } from './harness.ts';

function once(client: { once(event: string, listener: (value: Message) => void): unknown }, event: string) {
  return new Promise<Message>((resolve) => client.once(event, resolve));
}

test('discord.js logs in, hears a mention and answers in a thread that people see', async () => {
  const sim = await start();
  const bot = await login(sim);
  expect(bot.user.tag).toBe('Bobbin#0001');
  const heard = once(bot, Events.MessageCreate);
  const asked = sim.user('ann').says('general', `${sim.mention} what is 2 + 2?`);
  const message = await heard;
  expect(message.mentions.users.has(bot.user.id)).toBe(true);
  const thread = await message.startThread({ name: 'What is 2 + 2?' });
  expect(thread.id).toBe(asked.id);
  await thread.sendTyping();
  expect(sim.view('What is 2 + 2?')).toContain('Bobbin is typing…');
  const answer = await thread.send('It is');
  await answer.edit('It is 4.');
  expect(sim.view('general')).toBe('#general\nann:\n  @Bobbin what is 2 + 2?\n  🧵 What is 2 + 2?');
  expect(sim.view('What is 2 + 2?')).toBe(
    '#general › 🧵 What is 2 + 2?\nann:\n  @Bobbin what is 2 + 2?\nBobbin:\n  It is 4. (edited)',
  );
});

test('a direct message reaches a client with partial channels, and its answer reaches the person', async () => {
  const sim = await start();
  const bot = await login(sim);
  const heard = once(bot, Events.MessageCreate);
  sim.user('ann').dm('hello');
  const message = await heard;
  expect(message.channel.type).toBe(ChannelType.DM);
  expect(message.content).toBe('hello');
  await message.reply({ content: 'Hello, ann.', allowedMentions: { repliedUser: true } });
  expect(sim.messages(sim.directMessages('ann').id).map(({ author, content }) => [author, content])).toEqual([
    ['ann', 'hello'],
    ['Bobbin', 'Hello, ann.'],
  ]);
});

test('a name that is not of ASCII is kept as the title of its file', async () => {
  const sim = await start(NO_LIMITS);
  const bot = await login(sim);
  const heard = once(bot, Events.MessageCreate);
  const files = ['Отчёт за май.pdf', '画像.png', '_notes.txt'].map((name) => ({ name, data: 'x' }));
  sim.user('ann').says('general', 'look', { files });
  const seen = (await heard).attachments.map(({ name, title }) => [name, title]);
  expect(seen).toEqual([
    [expect.stringMatching(/^[\w-]+\.pdf$/), 'Отчёт за май'],
    [expect.stringMatching(/^[\w-]+\.png$/), '画像'],
    ['notes.txt', null],
  ]);
});

test('files go both ways', async () => {
  const sim = await start(NO_LIMITS);
  const bot = await login(sim);
  const heard = once(bot, Events.MessageCreate);
  sim.user('ann').says('general', 'look', {
    files: [{ name: 'my data.csv', data: 'a,b\n1,2\n', contentType: 'text/csv' }],
  });
  const message = await heard;
  const attachment = message.attachments.first();
  expect(attachment).toMatchObject({ name: 'my_data.csv', size: 8, contentType: 'text/csv' });
  const download = await fetch(attachment?.url ?? '');
  expect(await download.text()).toBe('a,b\n1,2\n');
  const reply = await message.reply({
    content: 'charts',
    files: [
      { attachment: Buffer.from('one'), name: 'one.png', description: 'the first' },
      { attachment: Buffer.from('two'), name: 'two.png' },
    ],
  });
  const [first] = [...reply.attachments.values()];
  await reply.edit({
    attachments: first ? [first] : [],
    files: [{ attachment: Buffer.from('three'), name: 'three.png' }],
  });
  const seen = sim.messages('general').at(-1);
  expect(seen?.attachments.map(({ name, data }) => [name, data.toString()])).toEqual([
    ['one.png', 'one'],
    ['three.png', 'three'],
  ]);
  expect(sim.view('general')).toContain('  📎 one.png (3 bytes)');
});

test('people edit, delete, type and react, and the client hears each', async () => {
  const sim = await start();
  const bot = await login(sim);
  const ann = sim.user('ann');
  const events: string[] = [];
  bot.on(Events.MessageUpdate, (_before, after) => events.push(`edit ${after.content}`));
  bot.on(Events.MessageDelete, () => events.push('delete'));
  bot.on(Events.TypingStart, ({ user }) => events.push(`typing ${user.username}`));
  bot.on(Events.MessageReactionAdd, ({ emoji }) => events.push(`reaction ${emoji.name}`));
  const message = ann.says('general', 'one');
  ann.types('general');
  ann.edits(message, 'two');
  ann.reacts(message, '👍');
  ann.deletes(message);
  await sim.until(() => events.length === 4);
  expect(events).toEqual(['typing ann', 'edit two', 'reaction 👍', 'delete']);
});

test('threads and channels that people change or delete are told to the client', async () => {
  const sim = await start();
  const bot = await login(sim);
  const events: string[] = [];
  bot.on(Events.ThreadCreate, ({ name }, isNew) => events.push(`create ${name} ${isNew}`));
  bot.on(Events.ThreadUpdate, (_before, { name, archived, locked }) =>
    events.push(`update ${name} ${archived} ${locked}`),
  );
  bot.on(Events.ThreadDelete, ({ name }) => events.push(`delete ${name}`));
  bot.on(Events.ChannelDelete, () => events.push('channel gone'));
  bot.on(Events.GuildDelete, ({ name }) => events.push(`guild ${name} gone`));
  const ann = sim.user('ann');
  const thread = ann.startsThread(ann.says('general', 'hm'), 'Plan');
  ann.changesThread(thread, { name: 'Plans', archived: true, locked: true });
  sim.deleteChannel('Plans');
  sim.deleteChannel('general');
  sim.removeBot();
  await sim.until(() => events.length === 5);
  expect(events).toEqual([
    'create Plan true',
    'update Plans true true',
    'delete Plans',
    'channel gone',
    'guild Workshop gone',
  ]);
});

test('a private thread is silent until the bot is invited', async () => {
  const sim = await start();
  const bot = await login(sim);
  const heard: string[] = [];
  bot.on(Events.MessageCreate, ({ content }) => heard.push(content));
  const ann = sim.user('ann');
  const thread = ann.startsPrivateThread('general', 'Secret');
  ann.says(thread, 'before');
  ann.invitesBot(thread);
  ann.says(thread, 'after');
  await sim.until(() => heard.length > 0);
  expect(heard).toEqual(['after']);
});

test('a preview of a link is an update without an edit, and its embed shows', async () => {
  const sim = await start();
  const bot = await login(sim);
  const heard = new Promise<number | null>((resolve) =>
    bot.once(Events.MessageUpdate, (_b, after) => resolve(after.editedTimestamp)),
  );
  sim.unfurl(sim.user('ann').says('general', 'https://example.com/'), 'Example Domain');
  expect(await heard).toBeNull();
  expect(sim.view('general')).toContain('▏Example Domain');
});

test('components of the second version replace content, and people read their text', async () => {
  const sim = await start();
  const bot = await login(sim);
  const channel = await bot.channels.fetch(sim.channel('general').id);
  if (!channel?.isSendable()) throw new Error('not sendable');
  await channel.send({
    flags: MessageFlags.IsComponentsV2,
    components: [{ type: 10, content: 'From a **text display**' }],
  });
  expect(sim.view('general')).toBe('#general\nBobbin:\n  From a **text display**');
});

test('fetching messages by discord.js gives what is there, newest first, with fresh links', async () => {
  const sim = await start();
  const bot = await login(sim);
  const ann = sim.user('ann');
  for (const text of ['one', 'two', 'three'])
    ann.says('general', text, { files: [{ name: 'f.txt', data: text }] });
  const channel = await bot.channels.fetch(sim.channel('general').id);
  if (!channel?.isTextBased()) throw new Error('not a text channel');
  const fetched = await channel.messages.fetch({ limit: 2, cache: false });
  expect(fetched.map(({ content }) => content)).toEqual(['three', 'two']);
  expect(await (await fetch(fetched.first()?.attachments.first()?.url ?? '')).text()).toBe('three');
});
