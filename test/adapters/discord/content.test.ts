import { expect, test } from 'vitest';
import type { DiscordSim } from '../../sim/discord/discord.ts';
import type { Message } from '../../sim/discord/model.ts';
import { says } from '../../sim/scripted-model.ts';
import { openScene } from './open-scene.ts';

/** What people see of a message, and whether the model is told. */

const FILE = { name: 'sums.csv', data: 'a,b\n1,2\n', contentType: 'text/csv' };
const EMBED = {
  author: { name: 'Monitor' },
  title: 'Disk is full',
  url: 'https://example.com/alerts/1',
  description: 'On <@123456789012345678>',
  fields: [{ name: 'Severity', value: 'high' }],
  footer: { text: 'since 9:00' },
};
const POLL = {
  question: 'Where do we eat?',
  answers: [
    { text: 'Pizza', votes: 2 },
    { text: 'Sushi', votes: 0 },
  ],
};

/** Somebody's message in a channel, by what is in it, and how it is told in an answer's quotation. */
const SAID: [string, (sim: DiscordSim) => Message, string[], string[]][] = [
  [
    'a file',
    (sim) => sim.user('ben').says('general', '', { files: [FILE] }),
    ['[file: sums.csv]'],
    ['sums.csv'],
  ],
  [
    'a text and two files',
    (sim) => sim.user('ben').says('general', 'Here', { files: [FILE, { ...FILE, name: 'b.csv' }] }),
    ['Here', '', '[file: sums.csv]', '[file: b.csv]'],
    ['sums.csv', 'b.csv'],
  ],
  [
    'a card of another bot',
    (sim) => robot(sim).says('general', '', { embeds: [EMBED] }),
    [
      'Embed:',
      '> Monitor',
      '> Disk is full',
      '> https://example.com/alerts/1',
      '> On @unknown-user',
      '> Severity: high',
      '> since 9:00',
    ],
    [],
  ],
  [
    'a text in components',
    (sim) =>
      robot(sim).says('general', '', {
        components: [
          { type: 10, content: 'Build failed' },
          { type: 17, components: [{ type: 10, content: 'In step 3' }] },
        ],
      }),
    ['Build failed', '', 'In step 3'],
    [],
  ],
  [
    'a preview of a link',
    (sim) => {
      const message = sim.user('ben').says('general', 'See https://example.com/');
      sim.unfurl(message, 'Refunds, explained');
      return message;
    },
    ['See https://example.com/', '', 'Embed:', '> Refunds, explained', '> https://example.com/'],
    [],
  ],
  [
    'a poll',
    (sim) => sim.user('ben').says('general', '', { poll: POLL }),
    ['Poll:', '> Where do we eat?', '> - Pizza (2 votes)', '> - Sushi (0 votes)'],
    [],
  ],
  [
    'a sticker',
    (sim) => sim.user('ben').says('general', '', { stickers: ['Wave'] }),
    ['[sticker: Wave]'],
    [],
  ],
  [
    'a forwarded message with a file and mentions',
    (sim) => {
      const { mention } = sim.user('cal');
      const said = sim.user('dan').says('other', `Ask ${mention} at <t:1700000000:F>`, { files: [FILE] });
      return sim.user('ben').forwards(said, 'general');
    },
    ['Forwarded:', '> Ask @cal at 2023-11-14T22:13:20.000Z', '> ', '> [file: sums.csv]'],
    ['sums.csv'],
  ],
  [
    'a forwarded card',
    (sim) =>
      sim.user('ben').forwards(robot(sim).says('other', '', { embeds: [{ title: 'Alert' }] }), 'general'),
    ['Forwarded:', '> Embed:', '> > Alert'],
    [],
  ],
];

function robot(sim: DiscordSim) {
  const robot = sim.user('robot');
  robot.user.bot = true;
  return robot;
}

test.each(SAID)('a reply to %s brings it along', async (_what, say, lines, files) => {
  const scene = await openScene([says('ok')], { sim: { channels: ['general', 'other'] } });
  const { sim } = scene;
  const said = say(sim);
  const call = sim.user('ann').says('general', `${sim.mention} what is that?`, { replyTo: said });
  await scene.finished(call.id);
  const [first = '', ...others] = lines;
  const quotation = [`${said.author.name}: ${first}`, ...others].map((line) => `> ${line}`).join('\n');
  expect(scene.received[0]?.text).toBe(`${quotation}\n\nwhat is that?`);
  expect(scene.received[0]?.attachments?.map(({ name }) => name) ?? []).toEqual(files);
  expect(sim.channel(call.id).name).toBe('what is that?');
});

test('files of the message that is replied to are there for Python, after those of the question', async () => {
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  const said = sim.user('ben').says('general', 'Here', { files: [FILE] });
  const own = { files: [{ ...FILE, name: 'own.csv' }], replyTo: said };
  const call = sim.user('ann').says('general', `${sim.mention} sum them up`, own);
  await scene.finished(call.id);
  const told = JSON.stringify(scene.model.requests[0]?.items);
  expect(told.indexOf('own.csv')).toBeGreaterThan(0);
  expect(scene.received[0]?.attachments?.map(({ name }) => name)).toEqual(['own.csv', 'sums.csv']);
});

test.each([
  ['a file', { files: [FILE] }, '', 'sums.csv'],
  [
    'a poll',
    { poll: POLL },
    'Poll:\n> Where do we eat?\n> - Pizza (2 votes)\n> - Sushi (0 votes)',
    undefined,
  ],
  ['a sticker', { stickers: ['Wave'] }, '[sticker: Wave]', undefined],
])('a mention with only %s is answered', async (_what, rich, text, file) => {
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  const call = sim.user('ann').says('general', sim.mention, rich);
  const [reply] = await scene.finished(call.id);
  expect(reply?.content).toBe('ok');
  expect(scene.received[0]?.text).toBe(text);
  expect(scene.received[0]?.attachments?.[0]?.name).toBe(file);
});

test('what is forwarded to the bot directly is told with its author’s mentions, previews and files', async () => {
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  const said = sim.user('ben').says('general', `Ask ${sim.user('cal').mention} in <#123456789012345678>`, {
    files: [FILE],
  });
  sim.unfurl(said, 'A preview');
  sim.user('ann').forwards(said, sim.world.directMessages(sim.user('ann').user));
  await scene.finished(sim.directMessages('ann').id);
  expect(scene.received[0]?.text).toBe(
    'Forwarded:\n> Ask @cal in #unknown\n> \n> Embed:\n> > A preview\n> > https://example.com/\n> \n> [file: sums.csv]',
  );
  expect(scene.received[0]?.attachments?.map(({ name }) => name)).toEqual(['sums.csv']);
});
