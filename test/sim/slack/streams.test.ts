import type { WebClient } from '@slack/web-api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { client, errorOf, RECIPIENT, slack, thread } from './fixture.ts';
import type { SlackOptions } from './options.ts';
import type { SlackSim } from './slack.ts';
import { append as extend, markdownOf, newStream, parseChunks, STREAM_LIMITS } from './streams.ts';

const BUSY: SlackOptions = { rates: { speed: Number.POSITIVE_INFINITY } };
const task = (more: object = {}) => ({
  type: 'task_update',
  id: 't1',
  title: 'Run Python',
  status: 'in_progress',
  ...more,
});
const text = (value: string) => ({ type: 'markdown_text', text: value });

async function started(options: SlackOptions = BUSY, more: object = {}) {
  const sim = await slack(options);
  const web = client(sim);
  const place = thread(sim);
  const { ts } = await web.chat.startStream({ ...place, ...RECIPIENT, ...more });
  return { sim, web, place, at: { channel: place.channel, ts: ts ?? '' } };
}

const append = (web: WebClient, at: object, content: object) =>
  errorOf(web.apiCall('chat.appendStream', { ...at, ...content }));
const stop = (web: WebClient, at: object, content: object = {}) =>
  errorOf(web.apiCall('chat.stopStream', { ...at, ...content }));
const lastLine = (sim: SlackSim) => sim.view('C0GENERAL').replace('\n  [■ Stop]', '').split('\n').at(-1);

test('a stream grows in place and ends as a whole message', async () => {
  const { sim, web, at } = await started(BUSY, { markdown_text: 'Hello' });
  expect(lastLine(sim)).toBe('  bobbin [app]: Hello ▌');
  await append(web, at, { markdown_text: ' **world**' });
  expect(lastLine(sim)).toBe('  bobbin [app]: Hello **world** ▌');
  const { message } = await web.chat.stopStream({ ...at, markdown_text: '!' });
  expect(lastLine(sim)).toBe('  bobbin [app]: Hello **world**!');
  expect(message).toMatchObject({ streaming_state: 'completed', text: 'Hello **world**!' });
});

test('the SDK’s own streamer works', async () => {
  const sim = await slack();
  const streamer = client(sim).chatStream({ ...thread(sim), ...RECIPIENT, buffer_size: 4 });
  await streamer.append({ markdown_text: 'Hello' });
  await streamer.append({ markdown_text: ' you' });
  await streamer.stop({ markdown_text: '.' });
  expect(lastLine(sim)).toBe('  bobbin [app]: Hello you.');
});

test('a stream needs a thread, a recipient and a display mode that Slack knows', async () => {
  const sim = await slack(BUSY);
  const place = thread(sim);
  const start = (args: object) =>
    errorOf(client(sim).apiCall('chat.startStream', { channel: place.channel, ...args }));
  expect(await start(RECIPIENT)).toBe('invalid_arguments');
  expect(await start({ ...RECIPIENT, thread_ts: '1.000001' })).toBe('thread_not_found');
  expect(await start({ ...place, recipient_user_id: 'U0ANN' })).toBe('missing_recipient_team_id');
  expect(await start({ ...place, recipient_team_id: 'T0ACME' })).toBe('missing_recipient_user_id');
  expect(await start({ ...place, ...RECIPIENT, recipient_team_id: 'T0ELSE' })).toBe('team_not_found');
  expect(await start({ ...place, ...RECIPIENT, recipient_user_id: 'U0NOBODY' })).toBe('user_not_found');
  expect(await start({ ...place, ...RECIPIENT, task_display_mode: 'fancy' })).toBe('invalid_arguments');
  expect(await start({ ...place, ...RECIPIENT, task_display_mode: 'plan' })).toBe('ok');
});

test('while it streams, a message can be neither updated nor deleted; afterwards it can', async () => {
  const { sim, web, at } = await started(BUSY, { markdown_text: 'draft' });
  expect(await errorOf(web.chat.update({ ...at, text: 'x' }))).toBe('streaming_state_conflict');
  expect(await errorOf(web.chat.delete(at))).toBe('cant_delete_message');
  expect(await stop(web, at)).toBe('ok');
  expect(await errorOf(web.chat.update({ ...at, text: 'final' }))).toBe('ok');
  expect(lastLine(sim)).toBe('  bobbin [app]: final (edited)');
});

test('a stopped stream takes nothing more', async () => {
  const { web, at } = await started(BUSY, { markdown_text: 'done' });
  await stop(web, at);
  expect(await append(web, at, { markdown_text: 'x' })).toBe('message_not_in_streaming_state');
  expect(await stop(web, at)).toBe('message_not_in_streaming_state');
});

test('a stream dies of age: its tail is refused, and an update mends it', async () => {
  const { sim, web, at } = await started({ ...BUSY, timing: { streamAgeMs: 0 } }, { markdown_text: 'half' });
  expect(await append(web, at, { markdown_text: ' whole' })).toBe('message_not_in_streaming_state');
  expect(await stop(web, at)).toBe('message_not_in_streaming_state');
  expect(lastLine(sim)).toContain('half ⚠ (this reply broke off)');
  await web.chat.update({ ...at, text: 'whole', blocks: [{ type: 'markdown', text: 'half whole' }] });
  expect(lastLine(sim)).toBe('  bobbin [app]: half whole');
});

test('tests can end a stream at a chosen moment', async () => {
  const { sim, web, at } = await started(BUSY, { markdown_text: 'half' });
  expect(await append(web, at, { markdown_text: '.' })).toBe('ok');
  sim.expires(at);
  expect(await append(web, at, { markdown_text: '.' })).toBe('message_not_in_streaming_state');
});

test('a call takes 12,000 characters, and so does a whole message', async () => {
  const { web, at } = await started();
  expect(await append(web, at, { markdown_text: 'a'.repeat(12_001) })).toBe('msg_too_long');
  expect(await append(web, at, { markdown_text: 'a'.repeat(11_999) })).toBe('ok');
  expect(await append(web, at, { markdown_text: 'bb' })).toBe('msg_too_long');
  expect(await stop(web, at, { markdown_text: 'b' })).toBe('ok');
});

test('beside task cards, text is weighed in bytes, and what the cards hold counts twice', async () => {
  const { web, at } = await started({ ...BUSY, limits: { messageBytes: 100 } });
  expect(await append(web, at, { chunks: [task({ title: 'T', output: 'o'.repeat(30) })] })).toBe('ok');
  expect(await append(web, at, { chunks: [text('é'.repeat(20))] })).toBe('msg_too_long');
  expect(await append(web, at, { chunks: [text('é'.repeat(19))] })).toBe('ok');
});

test('however a text is cut into calls, the message is the same', () => {
  const cuts = fc.array(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 30 });
  fc.assert(
    fc.property(cuts, (pieces) => {
      const grown = pieces.reduce(
        (stream, piece) => extend(stream, parseChunks(piece, undefined, STREAM_LIMITS), STREAM_LIMITS),
        newStream('timeline'),
      );
      expect(markdownOf(grown)).toBe(pieces.join(''));
      expect(grown.parts.length).toBeLessThanOrEqual(1);
    }),
  );
});

test('chunks are checked, and never stand beside markdown_text', async () => {
  const { sim, web, at } = await started();
  expect(await append(web, at, {})).toBe('no_text');
  expect(await append(web, at, { chunks: [text('a')], markdown_text: 'b' })).toBe(
    'cannot_provide_both_markdown_text_and_chunks',
  );
  expect(await append(web, at, { chunks: [{ type: 'song' }] })).toBe('invalid_chunks');
  expect(await append(web, at, { chunks: [task({ status: 'cancelled' })] })).toBe('invalid_chunks');
  expect(await append(web, at, { chunks: [task({ output: 'a'.repeat(257) })] })).toBe('invalid_chunks');
  expect(await append(web, at, { chunks: [{ type: 'blocks', blocks: [{ type: 'poem' }] }] })).toBe(
    'invalid_blocks',
  );
  expect(await append(web, at, { chunks: [text('kept out'), { type: 'song' }] })).toBe('invalid_chunks');
  expect(sim.view('C0GENERAL')).not.toContain('kept out');
});

test('a task card changes title and status, and its details and output grow', async () => {
  const { sim, web, at } = await started();
  await append(web, at, { chunks: [text('Before'), task({ details: 'print(', output: '1\n' })] });
  await append(web, at, {
    chunks: [text('After'), task({ title: 'Ran Python', status: 'complete', details: '1, 2)', output: '2' })],
  });
  await stop(web, at);
  expect(sim.texts('C0GENERAL', thread(sim).thread_ts)).toEqual([]);
  expect(sim.view('C0GENERAL')).toContain(
    'Before\n    ✔ Ran Python (complete)\n        print(1, 2)\n        1\n        2\n    After',
  );
});

test('in plan mode all tasks stand together under the plan’s title', async () => {
  const { sim, web, at } = await started(BUSY, { task_display_mode: 'plan' });
  await append(web, at, {
    chunks: [
      { type: 'plan_update', title: 'The plan' },
      task(),
      text('Text'),
      task({ id: 't2', title: 'Second' }),
    ],
  });
  expect(sim.view('C0GENERAL')).toContain(
    'The plan\n    ◐ Run Python (in_progress)\n    ◐ Second (in_progress)\n    Text',
  );
});

test('a stream goes on in the way in which it began: with text or with chunks', async () => {
  const withText = await started(BUSY, { markdown_text: 'a' });
  expect(await append(withText.web, withText.at, { chunks: [text('b')] })).toBe('streaming_mode_mismatch');
  expect(await stop(withText.web, withText.at, { markdown_text: 'b' })).toBe('ok');
  const withChunks = await started();
  expect(await append(withChunks.web, withChunks.at, { chunks: [text('a')] })).toBe('ok');
  expect(await append(withChunks.web, withChunks.at, { markdown_text: 'b' })).toBe('streaming_mode_mismatch');
  expect(await stop(withChunks.web, withChunks.at, { markdown_text: 'b' })).toBe('streaming_mode_mismatch');
  expect(await stop(withChunks.web, withChunks.at)).toBe('ok');
});

test('the last call brings 50 blocks under everything else', async () => {
  const { sim, web, at } = await started(BUSY, { markdown_text: 'answer' });
  const blocks = (count: number) => Array.from({ length: count }, () => ({ type: 'divider' }));
  expect(await stop(web, at, { blocks: blocks(51) })).toBe('msg_blocks_too_many');
  expect(await stop(web, at, { blocks: blocks(50) })).toBe('ok');
  expect(sim.view('C0GENERAL')).toContain('answer\n    ───');
});

test('a stream with nothing in it can’t be stopped, and nobody streams into a foreign message', async () => {
  const { sim, web, at } = await started();
  expect(await stop(web, at)).toBe('no_text');
  const { channel, ts } = sim.user('ann').says('C0GENERAL', 'mine');
  expect(await append(web, { channel, ts }, { markdown_text: 'x' })).toBe('message_not_owned_by_app');
  sim.removes(at);
  expect(await append(web, at, { markdown_text: 'x' })).toBe('message_not_found');
});
