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

test('what a person attaches comes with the event and is read with the bot’s token', async () => {
  const sim = await slack();
  const seen: unknown[] = [];
  await socketApp(sim, (app) => {
    app.event('app_mention', async ({ event }) => void seen.push(event));
  });
  sim.user('ann').says('C0GENERAL', '@bobbin sum this up', { files: [{ name: 'data.csv', content: 'a,b' }] });
  await sim.settled();
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
