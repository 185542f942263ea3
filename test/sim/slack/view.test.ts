import { expect, test } from 'vitest';
import { client, RECIPIENT, slack, thread } from './fixture.ts';
import { mentionsIn } from './markup.ts';

test('a person reads names, links and characters, not markup', async () => {
  const sim = await slack();
  const text = '<@U0ANN> see <https://example.com|the page> &amp; <!here> &lt;b&gt;';
  await client(sim).chat.postMessage({ channel: 'C0GENERAL', text });
  expect(sim.texts('C0GENERAL')).toEqual(['@ann see the page (https://example.com) & @here <b>']);
});

test('Markdown keeps its marks, and code in it is literal', async () => {
  const sim = await slack();
  const markdown = '**a** &lt;!channel&gt; `&lt;`\n```\n<!channel> &lt;\n```\nend';
  await client(sim).chat.postMessage({ channel: 'C0GENERAL', markdown_text: markdown });
  expect(sim.texts('C0GENERAL')).toEqual(['**a** <!channel> `&lt;`\n```\n<!channel> &lt;\n```\nend']);
});

test('tables, lists, code and images are seen in blocks', async () => {
  const sim = await slack();
  const cell = (text: string) => ({ type: 'raw_text', text });
  const section = (text: string) => ({ type: 'rich_text_section', elements: [{ type: 'text', text }] });
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: 'Report' } },
    {
      type: 'table',
      rows: [
        [cell('a'), cell('b')],
        [cell('1'), cell('2')],
      ],
    },
    {
      type: 'rich_text',
      elements: [
        { type: 'rich_text_list', style: 'bullet', elements: [section('one'), section('two')] },
        { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'print(1)' }] },
      ],
    },
    { type: 'image', image_url: 'https://example.com/x.png', alt_text: 'a chart' },
    { type: 'context', elements: [{ type: 'mrkdwn', text: 'for <@U0ANN>' }] },
  ];
  await client(sim).apiCall('chat.postMessage', { channel: 'C0GENERAL', text: 'Report', blocks });
  const seen = 'Report\na | b\n1 | 2\n• one\n• two\n```\nprint(1)\n```\n[image: a chart]\nfor @ann';
  expect(sim.texts('C0GENERAL')).toEqual([seen]);
});

test('a mention notifies members once, and neither the author nor bots', async () => {
  const sim = await slack({ subteams: { S0HELP: ['U0BEN', 'U0CLEO'] } });
  const web = client(sim);
  await web.chat.postMessage({ channel: 'C0GENERAL', text: '<@U0ANN> <@U0ANN> <@U0OTHERBOT> <@U0NOBODY>' });
  await web.chat.postMessage({ channel: 'C0PRIVATE', text: '<!subteam^S0HELP|@help> <@U0CLEO>' });
  sim.user('ann').says('C0PRIVATE', `look ${sim.user('ben').mention}`);
  sim.user('ann').says('C0GENERAL', '<!channel>');
  expect(sim.pings.map(({ author, mention, users }) => ({ author, mention, users }))).toEqual([
    { author: 'U0BOBBIN', mention: '@U0ANN', users: ['U0ANN'] },
    { author: 'U0BOBBIN', mention: '!subteam^S0HELP', users: ['U0BEN'] },
    { author: 'U0ANN', mention: '@U0BEN', users: ['U0BEN'] },
    { author: 'U0ANN', mention: '!channel', users: ['U0BEN', 'U0CLEO'] },
  ]);
});

test('escaped mentions, mentions in Markdown code and edits notify nobody', async () => {
  const sim = await slack();
  const web = client(sim);
  await web.chat.postMessage({ channel: 'C0GENERAL', text: '&lt;!channel&gt; @channel' });
  await web.chat.postMessage({ channel: 'C0GENERAL', markdown_text: '`<!here>`\n```\n<@U0ANN>\n```' });
  const { ts = '' } = await web.chat.postMessage({ channel: 'C0GENERAL', text: 'x' });
  await web.chat.update({ channel: 'C0GENERAL', ts, text: '<!channel>' });
  expect(sim.pings).toEqual([]);
});

test('a mention notifies from Markdown, blocks and rich text, and from a stream even if it came in pieces', async () => {
  const sim = await slack();
  const web = client(sim);
  const post = (content: object) =>
    web.apiCall('chat.postMessage', { channel: 'C0PRIVATE', text: 'x', ...content });
  await post({ text: undefined, markdown_text: '<!here>' });
  await post({ blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '`<!channel>`' } }] });
  const elements = [{ type: 'rich_text_section', elements: [{ type: 'user', user_id: 'U0BEN' }] }];
  await post({ blocks: [{ type: 'rich_text', elements }] });
  expect(sim.pings.map(({ mention }) => mention)).toEqual(['!here', '!channel', '@U0BEN']);
  const { channel, thread_ts } = thread(sim);
  const { ts = '' } = await web.chat.startStream({
    channel,
    thread_ts,
    ...RECIPIENT,
    markdown_text: '<!eve',
  });
  await web.chat.appendStream({ channel, ts, markdown_text: 'ryone> a' });
  await web.chat.stopStream({ channel, ts, markdown_text: ' b' });
  expect(sim.pings.filter((ping) => ping.ts === ts).map(({ mention }) => mention)).toEqual(['!everyone']);
});

test.each([
  ['`a` <!here> `b`', ['!here']],
  ['```\n<!here>\n', []],
  ['~~~\n<!here>\n~~~\n<!channel>', ['!channel']],
  ['<@U1|ann> <#C1> <https://x.y>', ['@U1']],
])('the mentions of %j in Markdown', (text, mentions) => {
  expect(mentionsIn(text, 'markdown')).toEqual(mentions);
});

test('whoever watches is told of every change, until they stop', async () => {
  const sim = await slack();
  const frames: string[] = [];
  const stop = sim.watch(({ kind }) => frames.push(`${kind} ${sim.view('C0GENERAL').split('\n').at(-1)}`));
  const { channel, thread_ts } = thread(sim);
  const { ts = '' } = await client(sim).chat.startStream({
    channel,
    thread_ts,
    ...RECIPIENT,
    markdown_text: 'a',
  });
  await client(sim).chat.appendStream({ channel, ts, markdown_text: 'b' });
  await client(sim).chat.stopStream({ channel, ts });
  stop();
  sim.user('ann').says('C0GENERAL', 'bye');
  expect(frames).toEqual([
    'posted ann: @bobbin hello',
    'posted   bobbin [app]: a ▌',
    'session   [■ Stop]',
    'appended   [■ Stop]',
    'changed   [■ Stop]',
    'session   bobbin [app]: ab',
  ]);
});
