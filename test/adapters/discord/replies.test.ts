import { expect, test } from 'vitest';
import { ModelError } from '../../../src/assistants/models/model.ts';
import type { DiscordSim } from '../../sim/discord/discord.ts';
import { raw } from '../../sim/discord/harness.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { end, failsAfter, python, says, text } from '../../sim/scripted-model.ts';
import { codeAnswer, inPieces, markersOf, plainAnswer, tableAnswer, withoutFences } from './answers.ts';
import { gate, heldBy, openScene } from './open-scene.ts';
import type { SceneOptions } from './scene.ts';

/** Asks once in a channel and waits for the whole reply. */
async function replyTo(answer: string, options: SceneOptions = {}) {
  const scene = await openScene([says(...inPieces(answer))], options);
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  const where = options.discord?.replyIn === 'channel' ? 'general' : question.id;
  const replies = await scene.finished(where);
  return { scene, contents: replies.map(({ content }) => content) };
}

/** As Discord has it: any three backticks open or close a code block, and nothing else does. */
const isBalanced = (content: string) => content.split('```').length % 2 === 1;

/** Fences within code, which Discord would take for the code's end, have one of these between their backticks. */
const ZERO_WIDTH_SPACE = '\u200b';

test.each([100, 2_000, 2_001, 12_001, 100_000])('a reply of %i characters arrives whole', async (length) => {
  const answer = plainAnswer(length);
  const { contents } = await replyTo(answer, { linkHosts: ['example.com'] });
  expect(contents.join('').replace(/\s+/g, '')).toBe(answer.replace(/\s+/g, ''));
  expect(contents.length).toBeLessThan(length / 1_000 + 2);
});

test.each([2_001, 12_001, 100_000])(
  'code in fences, lists and nested fences of %i characters arrives whole, with every fence closed',
  async (length) => {
    const answer = codeAnswer(length);
    const { contents } = await replyTo(answer);
    expect(withoutFences(contents.join('\n').replaceAll(ZERO_WIDTH_SPACE, ''))).toBe(withoutFences(answer));
    expect(contents.filter((content) => !isBalanced(content))).toEqual([]);
  },
);

test.each([2_001, 12_001, 100_000])(
  'tables of %i characters arrive whole, lined up in code blocks',
  async (length) => {
    const answer = tableAnswer(length);
    const { contents } = await replyTo(answer);
    expect(markersOf(contents.join('\n'))).toEqual(markersOf(answer));
    expect(contents.join('\n')).not.toContain('|---|');
    expect(contents.filter((content) => !isBalanced(content))).toEqual([]);
  },
);

test('tildes, longer fences and indented code become the one kind of fence that Discord knows', async () => {
  const answer = '~~~py\na\n~~~\n\n````md\n```js\nb\n```\n````\n\nSo:\n\n    c\n\nEnd.';
  const shown = '```py\na\n```\n\n```md\n``\u200b`js\nb\n``\u200b`\n```\n\nSo:\n\n```\nc\n```\n\nEnd.';
  const { contents } = await replyTo(answer);
  expect(contents).toEqual([shown]);
  const long = `~~~~py\n${'call("```")\n'.repeat(400)}~~~~\n\nEnd.`;
  const cut = (await replyTo(long)).contents;
  expect(cut.length).toBeGreaterThan(2);
  for (const content of cut) expect(content).toMatch(/^```py\ncall[\s\S]*\)\n```(?:\n\nEnd\.)?$/);
  expect(cut.filter((content) => !isBalanced(content))).toEqual([]);
  expect(cut.join('').match(/call/g)).toHaveLength(400);
});

test('code and its output are part of the reply', async () => {
  const scene = await openScene([[...python('print(1)'), end()], says('It is one.')]);
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} compute`);
  const [reply] = await scene.finished(question.id);
  expect(reply?.content).toBe('```python\nprint(1)\n```\n\n```\nran print(1)\n```\n\nIt is one.');
});

test('only the first message of a reply pings, and only who asked', async () => {
  const { scene } = await replyTo(plainAnswer(5_000), { discord: { replyIn: 'channel' } });
  const own = scene.sim.pings.filter(({ author }) => author === 'Bobbin').map(({ notified }) => notified);
  expect(own).toEqual([['ann'], [], []]);
});

test('a reply that has grown by edits still marks whom it answers, and nobody else', async () => {
  const more = gate();
  const scene = await openScene(
    [heldBy(more, text('Begun'), text(` and ended. <@1> ${'x'.repeat(2_000)}`))],
    {
      discord: { replyIn: 'channel' },
    },
  );
  const { sim } = scene;
  sim.user('ann').says('general', `${sim.mention} go`);
  await scene.shows('general', 'Begun');
  more.open();
  const replies = await scene.finished('general');
  const [first, ...others] = replies.map(({ id }) => sim.message(id).mentions.users.map(({ name }) => name));
  expect(replies[0]?.edited).toBe(true);
  expect(first).toEqual(['ann']);
  expect(others.flat()).toEqual([]);
});

test('what the model writes pings nobody and makes no emoji', async () => {
  let ids = { user: '', role: '', channel: '' };
  const scene = await openScene([() => hostile(ids)], { discord: { replyIn: 'channel' } });
  const { sim } = scene;
  sim.allow('general', ['MentionEveryone']);
  const role = sim.addRole('Everybody', ['ben'], true);
  ids = { user: sim.user('ben').user.id, role: role.id, channel: sim.channel('general').id };
  sim.user('ann').says('general', `${sim.mention} go`);
  const [reply] = await scene.finished('general');
  expect(sim.pings.at(-1)).toMatchObject({ notified: ['ann'], everyone: false, here: false, roles: [] });
  expect(reply?.content).toContain('@everyone @here');
  expect(reply?.content).toContain('\\<:party:123456789012345678> `<:code:123456789012345678>`');
});

async function* hostile({ user, role, channel }: { user: string; role: string; channel: string }) {
  const emoji = '<:party:123456789012345678> `<:code:123456789012345678>`';
  yield text(`@everyone @here <@${user}> <@&${role}> <#${channel}> <!channel> ${emoji}`);
  yield end();
}

test('a failure keeps the answer so far and says why it ends', async () => {
  const failure = new ModelError('server_error', 'The provider is down. Ask again later.');
  const scene = await openScene([failsAfter(failure, text('Half an ')), says('Whole.')]);
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  const [reply] = await scene.finished(question.id);
  expect(reply?.content).toBe('Half an\n\n⚠️ The provider is down. Ask again later.');
  scene.sim.user('ann').says(question.id, 'again');
  await scene.finished(question.id, 2);
  expect(scene.text(question.id)).toContain('Whole.');
});

test('a reason that does not fit into the last message stands in one of its own', async () => {
  const failure = new ModelError('server_error', `It broke ${'x'.repeat(3_000)}`);
  const scene = await openScene([failsAfter(failure, text('y'.repeat(1_990)))]);
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  const [answer, reason] = await scene.finished(question.id);
  expect(answer?.content).toBe('y'.repeat(1_990));
  expect(answer?.buttons).toEqual([]);
  expect(reason?.content.startsWith('⚠️ It broke')).toBe(true);
});

/** A run whose program brings forth these images. */
async function paint(images: Uint8Array[], options: SceneOptions = {}) {
  const files = images.map((bytes, index) => ({ name: `plot-${index}.png`, bytes }));
  const codeInterpreter = new ScriptedInterpreter({ 'plot()': { files } });
  const script = [[...python('plot()'), end()], says('Here they are.')];
  const scene = await openScene(script, { ...options, codeInterpreter });
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} plot`);
  return scene.finished(question.id);
}

test('images come after the text, in order, ten in a message, and the buttons are under the last', async () => {
  const images = Array.from({ length: 12 }, (_, index) => Buffer.from(`image ${index}`));
  const [reply, first, second] = await paint(images);
  expect(reply).toMatchObject({ attachments: [], buttons: [] });
  const shown = [first, second].map((message) => message?.attachments.map(({ data }) => String(data)));
  const names = images.map(String);
  expect(shown).toEqual([names.slice(0, 10), names.slice(10)]);
  expect(second?.buttons.map(({ label }) => label)).toEqual(['👍', '👎', 'Regenerate']);
});

test('images come with what they show', async () => {
  const words = Buffer.from('\x00\x00\x00\x11tEXtDescription\0Sales\x00\x00\x00\x00', 'latin1');
  const described = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), words]);
  const [, files] = await paint([Buffer.from('plain'), described, Buffer.from('last')]);
  const shown = files?.attachments.map(({ name, description }) => [name, description]);
  expect(shown).toEqual([
    ['plot-0.png', null],
    ['plot-1.png', 'Sales'],
    ['plot-2.png', null],
  ]);
});

test('a file that is too large for Discord gets a sentence, and the others come', async () => {
  const [, files, notice] = await paint([Buffer.alloc(11 * 1024 * 1024), Buffer.from('small')]);
  expect(files?.attachments.map(({ name }) => name)).toEqual(['plot-1.png']);
  expect(notice?.content).toBe(
    '⚠️ The file plot-0.png has 11.0 MiB, and Discord takes at most 10 from a bot.',
  );
});

test('large files are spread over messages, each small enough for one request', async () => {
  const [, ...messages] = await paint(Array.from({ length: 4 }, (_, n) => Buffer.alloc(9 * 1024 * 1024, n)));
  expect(messages.map(({ attachments }) => attachments.length)).toEqual([2, 2]);
});

test('where files may not be attached the reply says so', async () => {
  const before = (sim: DiscordSim) => sim.deny('general', ['AttachFiles']);
  const [, notice] = await paint([Buffer.from('image')], { before });
  expect(notice?.content).toBe('⚠️ Discord did not take the file plot-0.png: Missing Permissions.');
  expect(notice?.buttons).toHaveLength(3);
});

test('files that people attach reach the model, and one that is gone is said to be', async () => {
  const scene = await openScene([says('Read.')]);
  const { sim } = scene;
  const files = [{ name: 'sums.csv', data: 'a,b\n1,2\n', contentType: 'text/csv' }];
  const question = sim.user('ann').says('general', `${sim.mention} sum it up`, { files });
  await scene.finished(question.id);
  expect(JSON.stringify(scene.model.requests[0]?.items)).toContain('sums.csv');
  const gone = {
    name: 'gone.txt',
    type: 'text/plain',
    size: 1,
    url: `${sim.apiUrl}/../attachments/1/2/gone.txt`,
  };
  await expect(scene.platform.download(gone, 100)).rejects.toThrow(
    'Discord does not have it any more (status 404)',
  );
});

test('a file whose name Discord does not keep reaches the model by the name that people gave it', async () => {
  const scene = await openScene([says('Read.')]);
  const { sim } = scene;
  const files = [{ name: 'Отчёт за май.csv', data: 'a,b\n1,2\n', contentType: 'text/csv' }];
  const question = sim.user('ann').says('general', `${sim.mention} sum it up`, { files });
  await scene.finished(question.id);
  expect(JSON.stringify(scene.model.requests[0]?.items)).toContain('Отчёт за май.csv');
});

test('what Discord strips from a text costs one edit, and no more', async () => {
  const { scene, contents } = await replyTo('One \u202etwo.');
  expect(contents).toEqual(['One two.']);
  expect(scene.sim.calls.count('POST /channels/:channel/messages')).toBe(1);
  expect(scene.sim.calls.count('PATCH /channels/:channel/messages/:message')).toBeLessThanOrEqual(2);
});

test('of a file no more is read than is asked for', async () => {
  const scene = await openScene([says('Read.')]);
  const { sim } = scene;
  const data = 'x'.repeat(1_000);
  const message = sim.user('ann').dm('here', { files: [{ name: 'long.txt', data }] });
  const { body } = await raw(sim, 'GET', `/channels/${message.channel.id}/messages/${message.id}`);
  const [{ url }] = body.attachments as [{ url: string }];
  const file = { name: 'long.txt', type: 'text/plain', size: 1_000, url };
  expect(String(await scene.platform.download(file, 1_000))).toBe(data);
  await expect(scene.platform.download(file, 999)).rejects.toThrow('it is larger than 999 bytes');
});
