import { expect, test } from 'vitest';
import { client, errorOf, slack, socketApp, thread } from './fixture.ts';

test('filesUploadV2 puts files into one message of the thread', async () => {
  const sim = await slack();
  const place = thread(sim);
  await client(sim).filesUploadV2({
    channel_id: place.channel,
    thread_ts: place.thread_ts,
    initial_comment: 'Here you are',
    file_uploads: [
      { file: Buffer.from('a,b\n1,2\n'), filename: 'table.csv', title: 'The table' },
      { file: Buffer.from('PNG'), filename: 'chart.png' },
    ],
  });
  const files = '📎 The table (text/csv, 8 bytes)\n    📎 chart.png (image/png, 3 bytes)';
  expect(sim.view('C0GENERAL')).toContain(`bobbin [app]:\n    Here you are\n    ${files}`);
});

test('what a person attaches comes with the message, not with the mention, and is read with the bot’s token', async () => {
  const sim = await slack();
  const seen: unknown[] = [];
  const mentions: unknown[] = [];
  await socketApp(sim, (app) => {
    app.event('message', async ({ event }) => void seen.push(event));
    app.event('app_mention', async ({ event }) => void mentions.push(event));
  });
  sim.user('ann').says('C0GENERAL', '@bobbin sum this up', { files: [{ name: 'data.csv', content: 'a,b' }] });
  await sim.settled();
  expect(mentions).toMatchObject([{ text: expect.stringContaining('sum this up') }]);
  expect(mentions[0]).not.toHaveProperty('files');
  const [file] = Object(seen[0]).files;
  expect(file).toMatchObject({ name: 'data.csv', mimetype: 'text/csv', size: 3, mode: 'hosted' });
  const get = async (headers: Record<string, string>) => {
    const response = await fetch(file.url_private, { headers });
    return [response.status, response.headers.get('content-type'), (await response.text()).slice(0, 9)];
  };
  expect(await get({ authorization: `Bearer ${sim.app.botToken}` })).toEqual([200, 'text/csv', 'a,b']);
  expect(await get({})).toEqual([200, 'text/html', '<!DOCTYPE']);
  expect((await client(sim).files.info({ file: file.id })).file).toMatchObject({ name: 'data.csv' });
});

test('a file needs its bytes, all of them, and is shared once', async () => {
  const sim = await slack();
  const { files } = client(sim);
  const { upload_url = '', file_id = '' } = await files.getUploadURLExternal({
    filename: 'a.txt',
    length: 3,
  });
  const complete = () =>
    errorOf(files.completeUploadExternal({ files: [{ id: file_id }], channel_id: 'C0GENERAL' }));
  const upload = async (body: string) => (await fetch(upload_url, { method: 'POST', body })).status;
  expect(await complete()).toBe('file_not_found');
  expect(await upload('ab')).toBe(400);
  expect(await upload('abc')).toBe(200);
  expect(await complete()).toBe('ok');
  expect(await complete()).toBe('file_not_found');
});

test('an empty file is none', async () => {
  const { files } = client(await slack());
  expect(await errorOf(files.getUploadURLExternal({ filename: 'a.txt', length: 0 }))).toBe(
    'missing_argument',
  );
});

test('files need their scopes', async () => {
  const sim = await slack({ scopes: ['chat:write'] });
  const { files } = client(sim);
  expect(await errorOf(files.getUploadURLExternal({ filename: 'a.txt', length: 3 }))).toBe('missing_scope');
  expect(await errorOf(files.info({ file: 'F1' }))).toBe('missing_scope');
});

test('of some files a message hardly says that they are there, and files.info tells of them or refuses', async () => {
  const sim = await slack();
  const states = ['check_file_info', 'access_denied', 'hidden_by_limit', 'tombstone', 'external'] as const;
  const files = states.map((state) => ({ name: `${state}.txt`, content: 'x', state }));
  const { channel, ts } = sim.user('ann').says('C0GENERAL', '', { files });
  const { messages } = await client(sim).conversations.replies({ channel, ts });
  const seen = messages?.[0]?.files ?? [];
  expect(seen.map(({ name, mode }) => [name, mode])).toEqual([
    [undefined, 'file_access'],
    [undefined, 'file_access'],
    [undefined, 'hidden_by_limit'],
    [undefined, 'tombstone'],
    ['external.txt', 'external'],
  ]);
  const info = (file = '') => errorOf(client(sim).files.info({ file }));
  expect(await Promise.all(seen.map(({ id }) => info(id)))).toEqual([
    'ok',
    'access_denied',
    'ok',
    'file_deleted',
    'ok',
  ]);
});

test('a shared message stands in the attachments of the one that shares it', async () => {
  const sim = await slack();
  const first = sim.user('ben').says('C0GENERAL', 'look', { files: [{ name: 'a.txt', content: 'x' }] });
  const { channel, ts } = sim.user('ann').says('C0GENERAL', '', { shares: [first] });
  const { messages } = await client(sim).conversations.replies({ channel, ts });
  expect(messages).toMatchObject([
    {
      text: '',
      attachments: [{ is_share: true, author_name: 'Ben Baker', text: 'look', files: [{ name: 'a.txt' }] }],
    },
  ]);
});

test('messages of group direct messages come as such, mentions included', async () => {
  const sim = await slack();
  const seen: unknown[] = [];
  await socketApp(sim, (app) => {
    app.event('message', async ({ event }) => void seen.push(event));
    app.event('app_mention', async ({ event }) => void seen.push(event));
  });
  sim.user('ann').says('C0GROUP', '@bobbin hello');
  await sim.settled();
  expect(seen).toMatchObject([{ type: 'message', channel_type: 'mpim' }]);
  const poor = await slack({ scopes: ['chat:write', 'channels:history'] });
  const { ts } = poor.user('ann').says('C0GROUP', 'hello');
  expect(await errorOf(client(poor).conversations.replies({ channel: 'C0GROUP', ts }))).toBe('missing_scope');
});
