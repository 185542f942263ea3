import { expect, test } from 'vitest';
import type { DiscordSim } from './discord.ts';
import { faults, NO_LIMITS, raw, rest, start } from './harness.ts';
import type { Json } from './json.ts';

const row = (...components: Json[]) => ({ type: 1, components });
const button = (custom_id: string, more: Json = {}) => ({
  type: 2,
  style: 2,
  label: 'Stop',
  custom_id,
  ...more,
});
const path = (sim: DiscordSim) => `/channels/${sim.channel('general').id}/messages`;

test('a faulty body is told as Discord tells it', async () => {
  const sim = await start();
  const { status, body } = await raw(sim, 'POST', path(sim), { content: 'x'.repeat(2001) });
  expect(status).toBe(400);
  expect(body).toEqual({
    message: 'Invalid Form Body',
    code: 50035,
    errors: {
      content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 2000 or fewer in length.' }] },
    },
  });
  await expect(
    rest(sim).post(`${path(sim)}` as `/${string}`, { body: { content: 'x'.repeat(2001) } }),
  ).rejects.toThrow('content[BASE_TYPE_MAX_LENGTH]: Must be 2000 or fewer in length.');
});

test('content is counted in code points, and space at its ends is cut off', async () => {
  const sim = await start(NO_LIMITS);
  expect((await raw(sim, 'POST', path(sim), { content: '🧵'.repeat(2000) })).status).toBe(200);
  expect((await raw(sim, 'POST', path(sim), { content: '🧵'.repeat(2001) })).status).toBe(400);
  expect((await raw(sim, 'POST', path(sim), { content: '\n  two words \n' })).body.content).toBe('two words');
  const { body } = await raw(sim, 'POST', path(sim), { content: 'x'.repeat(4001) });
  expect(JSON.stringify(body)).toContain('Must be 4000 or fewer in length.');
});

const invalid: [string, Json, Record<string, string[]>][] = [
  ['content that is no text', { content: 5 }, { content: ['STRING_TYPE_CONVERT'] }],
  ['a nonce of 26 characters', { content: 'x', nonce: 'n'.repeat(26) }, { nonce: ['BASE_TYPE_MAX_LENGTH'] }],
  [
    'six rows',
    { content: 'x', components: Array.from({ length: 6 }, (_, i) => row(button(`b${i}`))) },
    { components: ['BASE_TYPE_MAX_LENGTH'] },
  ],
  [
    'an empty row',
    { content: 'x', components: [row()] },
    { 'components.0.components': ['BASE_TYPE_BAD_LENGTH'] },
  ],
  [
    'six buttons in a row',
    { content: 'x', components: [row(...[1, 2, 3, 4, 5, 6].map((n) => button(`b${n}`)))] },
    { 'components.0.components': ['BASE_TYPE_BAD_LENGTH'] },
  ],
  [
    'a custom id twice',
    { content: 'x', components: [row(button('a')), row(button('a'))] },
    { 'components.1.components.0.custom_id': ['COMPONENT_CUSTOM_ID_DUPLICATED'] },
  ],
  [
    'a custom id of 101 characters',
    { content: 'x', components: [row(button('a'.repeat(101)))] },
    { 'components.0.components.0.custom_id': ['BASE_TYPE_BAD_LENGTH'] },
  ],
  [
    'a label of 81 characters',
    { content: 'x', components: [row(button('a', { label: 'x'.repeat(81) }))] },
    { 'components.0.components.0.label': ['BASE_TYPE_MAX_LENGTH'] },
  ],
  [
    'a button without label',
    { content: 'x', components: [row({ type: 2, style: 2, custom_id: 'a' })] },
    { 'components.0.components.0': ['BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED'] },
  ],
  [
    'a link without address',
    { content: 'x', components: [row({ type: 2, style: 5, label: 'Go' })] },
    { 'components.0.components.0.url': ['BASE_TYPE_REQUIRED'] },
  ],
  [
    'a button outside a row',
    { content: 'x', components: [button('a')] },
    { 'components.0.type': ['BASE_TYPE_CHOICES'] },
  ],
  [
    'more than 40 components',
    {
      flags: 32768,
      components: [{ type: 17, components: Array.from({ length: 40 }, () => ({ type: 10, content: 'x' })) }],
    },
    { components: ['COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED'] },
  ],
  [
    'content beside components of the second version',
    { flags: 32768, content: 'x', components: [{ type: 10, content: 'x' }] },
    { content: ['MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2'] },
  ],
  [
    'eleven embeds',
    { embeds: Array.from({ length: 11 }, () => ({ title: 'x' })) },
    { embeds: ['BASE_TYPE_MAX_LENGTH'] },
  ],
  [
    'an embed title of 257 characters',
    { embeds: [{ title: 'x'.repeat(257) }] },
    { 'embeds.0.title': ['BASE_TYPE_MAX_LENGTH'] },
  ],
  [
    'embeds of 6,001 characters together',
    { embeds: [{ description: 'x'.repeat(4000) }, { description: 'x'.repeat(2001) }] },
    { embeds: ['MAX_EMBED_SIZE_EXCEEDED'] },
  ],
  [
    'parse and a list of users at once',
    { content: 'x', allowed_mentions: { parse: ['users'], users: ['100000000000000000'] } },
    { allowed_mentions: ['MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE'] },
  ],
  [
    'an unknown kind of mention',
    { content: 'x', allowed_mentions: { parse: ['all'] } },
    { 'allowed_mentions.parse.0': ['BASE_TYPE_CHOICES'] },
  ],
  [
    'a mentioned id that is none',
    { content: 'x', allowed_mentions: { users: ['ann'] } },
    { 'allowed_mentions.users.0': ['NUMBER_TYPE_COERCE'] },
  ],
  [
    'a reply to nothing',
    { content: 'x', message_reference: { message_id: '100000000000000000' } },
    { message_reference: ['REPLIES_UNKNOWN_MESSAGE'] },
  ],
  [
    'an attachment that does not come',
    { content: 'x', attachments: [{ id: 0 }] },
    { 'attachments.0.id': ['ATTACHMENT_NOT_FOUND'] },
  ],
];

test.each(invalid)('%s is refused where it stands', async (_what, body, expected) => {
  const sim = await start();
  const answer = await raw(sim, 'POST', path(sim), body);
  expect(answer.body.code).toBe(50035);
  expect(faults(answer)).toEqual(expected);
  expect(sim.messages('general')).toEqual([]);
});

test('every fault of a body is told at once', async () => {
  const sim = await start();
  const answer = await raw(sim, 'POST', path(sim), {
    content: 7,
    embeds: [{ title: 'x'.repeat(300) }],
    nonce: 'n'.repeat(30),
  });
  expect(Object.keys(faults(answer))).toEqual(['content', 'embeds.0.title', 'nonce']);
});

test.each([{}, { content: '' }, { content: ' \n ' }, { components: [row(button('a'))] }])(
  '%j is an empty message',
  async (body) => {
    const sim = await start();
    expect((await raw(sim, 'POST', path(sim), body)).body).toEqual({
      message: 'Cannot send an empty message',
      code: 50006,
    });
  },
);

test('an edit may not empty a message', async () => {
  const sim = await start();
  const { body } = await raw(sim, 'POST', path(sim), { content: 'x' });
  expect((await raw(sim, 'PATCH', `${path(sim)}/${body.id}`, { content: '' })).body.code).toBe(50006);
  expect(sim.messages('general')[0]?.content).toBe('x');
});

test('what turns the direction of text is stripped from it, before mentions are read', async () => {
  const sim = await start();
  sim.allow('general', ['MentionEveryone']);
  const { body } = await raw(sim, 'POST', path(sim), { content: 'a\u202eb @\u202deveryone' });
  expect(body).toMatchObject({ content: 'ab @everyone', mention_everyone: true });
});

test('an edit sets no flags but those of embeds and components', async () => {
  const sim = await start();
  const { body } = await raw(sim, 'POST', path(sim), { content: 'x', flags: 4096 });
  const edited = await raw(sim, 'PATCH', `${path(sim)}/${body.id}`, { flags: 4 });
  expect(edited.body.flags).toBe(4096 | 4);
  expect((await raw(sim, 'PATCH', `${path(sim)}/${body.id}`, { flags: 64 })).body.flags).toBe(4096);
  const { body: loud } = await raw(sim, 'POST', path(sim), { content: 'x' });
  expect((await raw(sim, 'PATCH', `${path(sim)}/${loud.id}`, { flags: 4096 })).body.flags).toBe(0);
});

test('a link that Discord holds harmful is refused in a new message and in an edit', async () => {
  const sim = await start();
  sim.banLink('https://bad.example/');
  const content = 'See https://bad.example/x';
  const refusal = { message: 'Message blocked by harmful links filter', code: 240000 };
  expect((await raw(sim, 'POST', path(sim), { content })).body).toEqual(refusal);
  const { body } = await raw(sim, 'POST', path(sim), { content: 'fine' });
  const edit = await raw(sim, 'PATCH', `${path(sim)}/${body.id}`, { content });
  expect([edit.status, edit.body]).toEqual([400, refusal]);
  expect(sim.messages('general').map(({ content }) => content)).toEqual(['fine']);
});

test('broken JSON and lone surrogates are invalid JSON', async () => {
  const sim = await start(NO_LIMITS);
  expect((await raw(sim, 'POST', path(sim), { content: 'a\ud800' })).body.code).toBe(50109);
  const response = await fetch(`${sim.apiUrl}/v10${path(sim)}`, {
    method: 'POST',
    headers: {
      Authorization: `Bot ${sim.token}`,
      'User-Agent': 'DiscordBot (x, 1)',
      'Content-Type': 'application/json',
    },
    body: '{"content":',
  });
  expect(await response.json()).toEqual({ message: 'The request body contains invalid JSON.', code: 50109 });
});

test('a file over 10 MiB and a request over 25 MiB are too large, and eleven files too many', async () => {
  const sim = await start(NO_LIMITS);
  const upload = async (...sizes: number[]) => {
    const form = new FormData();
    form.set('payload_json', '{"content":"x"}');
    for (const [index, size] of sizes.entries())
      form.set(`files[${index}]`, new Blob([new Uint8Array(size)]), 'f.bin');
    const headers = { Authorization: `Bot ${sim.token}`, 'User-Agent': 'DiscordBot (x, 1)' };
    const response = await fetch(`${sim.apiUrl}/v10${path(sim)}`, { method: 'POST', headers, body: form });
    return [response.status, ((await response.json()) as Json).code];
  };
  const MiB = 1024 * 1024;
  expect(await upload(...Array.from({ length: 10 }, () => 1))).toEqual([200, undefined]);
  expect(await upload(...Array.from({ length: 11 }, () => 1))).toEqual([400, 30015]);
  expect(await upload(10 * MiB)).toEqual([200, undefined]);
  expect(await upload(10 * MiB + 1)).toEqual([413, 40005]);
  expect(await upload(9 * MiB, 9 * MiB, 9 * MiB)).toEqual([413, 40005]);
});

test('commands are checked as a set', async () => {
  const sim = await start(NO_LIMITS);
  const put = (body: unknown) => raw(sim, 'PUT', `/applications/${sim.bot.id}/commands`, body);
  const ask = { name: 'ask', description: 'Asks' };
  expect(faults(await put([{ ...ask, name: 'Ask me' }]))).toEqual({
    '0.name': ['APPLICATION_COMMAND_INVALID_NAME'],
  });
  expect(faults(await put([ask, ask]))).toEqual({ '1.name': ['APPLICATION_COMMANDS_DUPLICATE_NAME'] });
  expect(faults(await put([{ name: 'ask' }]))).toEqual({ '0.description': ['BASE_TYPE_REQUIRED'] });
  const late = [
    { type: 3, name: 'a', description: 'a' },
    { type: 3, name: 'b', description: 'b', required: true },
  ];
  expect(faults(await put([{ ...ask, options: late }]))).toEqual({
    '0.options.1': ['APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID'],
  });
  expect(faults(await put([{ ...ask, contexts: [3], integration_types: [0, 2] }]))).toEqual({
    '0.contexts.0': ['BASE_TYPE_CHOICES'],
    '0.integration_types.1': ['BASE_TYPE_CHOICES'],
  });
  const long = { type: 3, name: 'a', description: 'a', min_length: -1, max_length: 6001 };
  expect(faults(await put([{ ...ask, options: [long] }]))).toEqual({
    '0.options.0.min_length': ['NUMBER_TYPE_MIN'],
    '0.options.0.max_length': ['NUMBER_TYPE_MAX'],
  });
  expect((await put([ask])).body).toMatchObject([{ name: 'ask', application_id: sim.bot.id }]);
});

test('the name of a thread has 1 to 100 characters, and its duration is one of four', async () => {
  const sim = await start(NO_LIMITS);
  const message = sim.user('ann').says('general', 'x');
  const threads = `${path(sim)}/${message.id}/threads`;
  expect(faults(await raw(sim, 'POST', threads, {}))).toEqual({ name: ['BASE_TYPE_REQUIRED'] });
  expect(faults(await raw(sim, 'POST', threads, { name: '' }))).toEqual({ name: ['BASE_TYPE_BAD_LENGTH'] });
  expect(faults(await raw(sim, 'POST', threads, { name: '  ' }))).toEqual({ name: ['BASE_TYPE_BAD_LENGTH'] });
  expect(faults(await raw(sim, 'POST', threads, { name: 'x'.repeat(101) }))).toEqual({
    name: ['BASE_TYPE_BAD_LENGTH'],
  });
  expect(faults(await raw(sim, 'POST', threads, { name: 'x', auto_archive_duration: 61 }))).toEqual({
    auto_archive_duration: ['BASE_TYPE_CHOICES'],
  });
  expect((await raw(sim, 'POST', threads, { name: 'x'.repeat(100) })).status).toBe(201);
});
