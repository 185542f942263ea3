import { expect, test } from 'vitest';
import { client, errorOf, RECIPIENT, slack, thread } from './fixture.ts';

const markdown = (text: string) => ({ type: 'markdown', text });

test('a message goes only where the bot may write', async () => {
  const sim = await slack();
  const post = (channel: string) => errorOf(client(sim).chat.postMessage({ channel, text: 'hi' }));
  expect(await post('C0GENERAL')).toBe('ok');
  expect(await post('U0ANN')).toBe('ok');
  expect(await post('C0ELSEWHERE')).toBe('not_in_channel');
  expect(await post('C0SECRET')).toBe('channel_not_found');
  expect(await post('C0ARCHIVE')).toBe('is_archived');
  expect(sim.texts(sim.user('ann').dm)).toEqual(['hi']);
  sim.setBotMember('C0GENERAL', false);
  expect(await post('C0GENERAL')).toBe('not_in_channel');
});

test('a message needs text or blocks, and Markdown goes with neither', async () => {
  const sim = await slack({ rates: { speed: Number.POSITIVE_INFINITY } });
  const post = (content: object) =>
    errorOf(client(sim).apiCall('chat.postMessage', { channel: 'C0GENERAL', ...content }));
  expect(await post({})).toBe('no_text');
  expect(await post({ text: '' })).toBe('no_text');
  expect(await post({ markdown_text: 'a', text: 'b' })).toBe('markdown_text_conflict');
  expect(await post({ markdown_text: 'a'.repeat(12_000) })).toBe('ok');
  expect(await post({ markdown_text: 'a'.repeat(12_001) })).toBe('msg_too_long');
  expect(await post({ text: 'a', metadata: { nothing: true } })).toBe('invalid_metadata_format');
});

test('posted text is cut off at 40,000 characters, and an update of more than 4,000 is refused', async () => {
  const sim = await slack({ rates: { speed: Number.POSITIVE_INFINITY } });
  const web = client(sim);
  const { ts = '' } = await web.chat.postMessage({ channel: 'C0GENERAL', text: 'a'.repeat(40_001) });
  expect(sim.texts('C0GENERAL')[0]).toHaveLength(40_000);
  const update = (content: object) =>
    errorOf(web.apiCall('chat.update', { channel: 'C0GENERAL', ts, ...content }));
  expect(await update({ text: 'a'.repeat(4_001) })).toBe('msg_too_long');
  expect(await update({ text: 'a'.repeat(4_001), blocks: [markdown('b')] })).toBe('msg_too_long');
  expect(await update({ text: 'a'.repeat(4_000), blocks: [markdown('b'.repeat(8_000))] })).toBe('ok');
  expect(await update({ blocks: [markdown('b'.repeat(7_000)), markdown('b'.repeat(7_000))] })).toBe(
    'msg_too_long',
  );
  expect(await update({ markdown_text: 'c'.repeat(12_000) })).toBe('ok');
  expect(await update({})).toBe('no_text');
});

test('an update with blocks leaves no mark, one with text says that it was edited and drops the blocks', async () => {
  const sim = await slack();
  const web = client(sim);
  const { ts = '' } = await web.chat.postMessage({
    channel: 'C0GENERAL',
    text: 'fallback',
    blocks: [markdown('one')],
  });
  await web.chat.update({ channel: 'C0GENERAL', ts, text: 'fallback', blocks: [markdown('two')] });
  expect(sim.view('C0GENERAL')).toBe('#general\nbobbin [app]: two');
  await web.chat.update({ channel: 'C0GENERAL', ts, text: 'three' });
  expect(sim.view('C0GENERAL')).toBe('#general\nbobbin [app]: three (edited)');
});

test('nobody else’s message can be changed or deleted, and no message that is not there', async () => {
  const sim = await slack();
  const web = client(sim);
  const { ts } = sim.user('ann').says('C0GENERAL', 'mine');
  const at = { channel: 'C0GENERAL', ts };
  expect(await errorOf(web.chat.update({ ...at, text: 'x' }))).toBe('cant_update_message');
  expect(await errorOf(web.chat.delete(at))).toBe('cant_delete_message');
  expect(await errorOf(web.chat.update({ ...at, ts: '1.000001', text: 'x' }))).toBe('message_not_found');
  const own = await web.chat.postMessage({ channel: 'C0GENERAL', text: 'own' });
  sim.archives('C0GENERAL');
  expect(await errorOf(web.chat.update({ ...at, ts: own.ts ?? '', text: 'x' }))).toBe('is_inactive');
});

test('a deleted message is gone, but leaves a tombstone where it has replies', async () => {
  const sim = await slack();
  const web = client(sim);
  const { ts = '' } = await web.chat.postMessage({ channel: 'C0GENERAL', text: 'root' });
  const reply = sim.user('ann').says('C0GENERAL', 'reply', { thread: ts });
  await web.chat.delete({ channel: 'C0GENERAL', ts });
  expect(sim.view('C0GENERAL')).toBe('#general\nUSLACKBOT: This message was deleted.\n  ann: reply');
  sim.user('ann').deletes(reply);
  expect(sim.view('C0GENERAL')).toBe('#general\nUSLACKBOT: This message was deleted.');
});

test('a reply needs a thread that is there, by its first message', async () => {
  const sim = await slack();
  const web = client(sim);
  const { channel, thread_ts } = thread(sim);
  const { ts = '' } = await web.chat.postMessage({ channel, thread_ts, text: 'reply' });
  expect(await errorOf(web.chat.postMessage({ channel, thread_ts: ts, text: 'x' }))).toBe(
    'cannot_reply_to_message',
  );
  sim.removes({ channel, ts });
  sim.removes({ channel, ts: thread_ts });
  expect(await errorOf(web.chat.postMessage({ channel, thread_ts, text: 'x' }))).toBe('thread_not_found');
});

test('an ephemeral message is for one member of the channel', async () => {
  const sim = await slack();
  const web = client(sim);
  await web.chat.postEphemeral({ channel: 'C0PRIVATE', user: 'U0ANN', text: 'psst' });
  expect(sim.view('C0PRIVATE')).toBe('#private\n  (only visible to ann) psst');
  const outsider = web.chat.postEphemeral({ channel: 'C0PRIVATE', user: 'U0CLEO', text: 'psst' });
  expect(await errorOf(outsider)).toBe('user_not_in_channel');
});

test('an ephemeral message is seen in a thread only where there is one already', async () => {
  const sim = await slack();
  const web = client(sim);
  const { channel, thread_ts } = thread(sim);
  const whispers = () => web.chat.postEphemeral({ channel, thread_ts, user: 'U0ANN', text: 'psst' });
  await whispers();
  expect(sim.view(channel)).not.toContain('psst');
  sim.user('ben').says(channel, 'a reply', { thread: thread_ts });
  await whispers();
  expect(sim.thread(channel, thread_ts)).toContain('(only visible to ann) psst');
});

test('reactions are added once and taken away once', async () => {
  const sim = await slack();
  const web = client(sim);
  const { ts } = sim.user('ann').says('C0GENERAL', 'look');
  const reaction = { channel: 'C0GENERAL', timestamp: ts, name: 'eyes' };
  await web.reactions.add(reaction);
  expect(sim.view('C0GENERAL')).toContain(':eyes: 1');
  expect(await errorOf(web.reactions.add(reaction))).toBe('already_reacted');
  await web.reactions.remove(reaction);
  expect(await errorOf(web.reactions.remove(reaction))).toBe('no_reaction');
});

test('metadata stays with a message, is told to those who ask for it, and goes with an empty object', async () => {
  const sim = await slack();
  const web = client(sim);
  const metadata = { event_type: 'bobbin_reply', event_payload: { reply: 'a', part: '0' } };
  const at = thread(sim);
  const { ts = '' } = await web.chat.postMessage({ ...at, text: 'one', metadata });
  const told = async (asks: boolean) => {
    const page = { channel: at.channel, ts: at.thread_ts, include_all_metadata: asks };
    const { messages = [] } = await web.conversations.replies(page);
    return messages.at(-1)?.metadata;
  };
  expect(await told(false)).toBeUndefined();
  expect(await told(true)).toEqual(metadata);
  await web.chat.update({ channel: at.channel, ts, text: 'two' });
  expect(await told(true)).toEqual(metadata);
  await web.apiCall('chat.update', { channel: at.channel, ts, text: 'three', metadata: {} });
  expect(await told(true)).toBeUndefined();
});

test('a stream takes metadata when it is stopped, and not when it begins', async () => {
  const sim = await slack();
  const web = client(sim);
  const metadata = { event_type: 'bobbin_reply', event_payload: { reply: 'a', part: '0' } };
  const at = thread(sim);
  const begun = { ...at, ...RECIPIENT, markdown_text: 'Hello', metadata };
  const { ts = '' } = await web.chat.startStream(begun);
  const told = async () => {
    const page = { channel: at.channel, ts: at.thread_ts, include_all_metadata: true };
    return (await web.conversations.replies(page)).messages?.at(-1)?.metadata;
  };
  expect(await told()).toBeUndefined();
  await web.chat.stopStream({ channel: at.channel, ts, metadata });
  expect(await told()).toEqual(metadata);
});
