import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defused, escaped, mentionsOthers, readable, settled } from '../../../adapters/slack/markup.ts';
import { fallbackText, growingFallbackText } from '../../../adapters/slack/reply/content/fallback-text.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { mentionsIn } from '../../sim/slack/markup.ts';
import { Pen } from './pen.ts';
import { asks, asksDirectly, openWorld, SPEED } from './world.ts';

const SELF = 'U0BOBBIN';
const names = new Map([['U0ANN', 'ann']]);

test.each([
  [`<@${SELF}> hello`, 'hello'],
  [`<@${SELF}|bobbin>: hello <@${SELF}>`, 'hello'],
  [`hello <@${SELF}>, are you there?`, 'hello @U0BOBBIN, are you there?'],
  ['<@U0ANN> and <@U0NEW|new> and <@U0X>', '@ann and @new and @U0X'],
  ['<#C1|general> <#C2>', '#general #C2'],
  ['<!here> <!subteam^S1|@help> <!subteam^S2> <!date^1700000000^{date}|today>', '@here @help @group today'],
  ['<https://a.example/x> <https://a.example|a page>', 'https://a.example/x [a page](https://a.example)'],
  ['<mailto:a@b.example|a@b.example> <http://c.example|c.example>', 'a@b.example http://c.example'],
  ['1 &lt; 2 &amp;&amp; 3 &gt; 2, &amp;lt;', '1 < 2 && 3 > 2, &lt;'],
])('%s is read as %s', (text, expected) => {
  expect(readable(text, SELF, names)).toBe(expected);
});

test('only people and groups other than the bot count as others', () => {
  expect(mentionsOthers(`<@${SELF}> go on`, SELF)).toBe(false);
  expect(mentionsOthers('see <#C1|general> and <https://a.example>', SELF)).toBe(false);
  for (const other of ['<@U0ANN>', '<!here>', '<!channel>', '<!subteam^S1|@help>'])
    expect(mentionsOthers(`ask ${other}`, SELF)).toBe(true);
});

const nasty = fc
  .array(
    fc.constantFrom(
      '<',
      '>',
      '@',
      '!',
      '|',
      'U0ANN',
      'channel',
      'here',
      'subteam^',
      'S1',
      '`',
      '\n',
      ' ',
      'text',
      '\\',
      '&lt;',
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

test('nothing in a model’s text is a mention to Slack, in Markdown or in mrkdwn', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(mentionsIn(defused(text), 'mrkdwn')).toEqual([]);
      expect(mentionsIn(defused(text), 'markdown')).toEqual([]);
      expect(mentionsIn(fallbackText(text), 'mrkdwn')).toEqual([]);
      expect(mentionsIn(growingFallbackText(text), 'mrkdwn')).toEqual([]);
      expect(defused(text).replaceAll('\u200b', '')).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test('as a text grows at its end, so does what a stream may show of it', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      let shown = '';
      for (let length = 0; length <= text.length; length++) {
        const next = defused(settled(text.slice(0, length)));
        expect(next.startsWith(shown)).toBe(true);
        shown = next;
      }
    }),
  );
});

const HOSTILE =
  '<!channel> <!here|x> <!everyone> <@U0ANN> <@U0BEN|b> <!subteam^S0HELP> @channel @everyone `<!channel>`\n```\n<@U0ANN>\n```';

test.each(['stream', 'edit'])('a hostile answer is shown as text and pings nobody, by %s', async (way) => {
  const pen = new Pen();
  const { sim } = await openWorld({
    model: new ScriptedModel(pen.answer, says('x')),
    sim: { rates: { speed: SPEED }, subteams: { S0HELP: ['U0ANN', 'U0BEN'] } },
  });
  const before = () => sim.pings.filter(({ author }) => author === sim.botUser);
  const thread = way === 'stream' ? asksDirectly(sim) : asks(sim);
  for (const character of HOSTILE) pen.says(character);
  await sim.until(() => thread.text() !== '');
  pen.ends();
  await thread.quiet();
  expect(before()).toEqual([]);
  expect(thread.text().replaceAll('\u200b', '')).toBe(HOSTILE);
});

test.each([
  ['print(6*7)', 'print(6*7)'],
  ['It is `print(6*7)`, or `a_b[~c] > d | #e`.', 'It is print(6*7), or a_b[~c] > d | #e.'],
  ['print(6*7) and print(6*7)', 'print(6*7) and print(6*7)'],
  ['2**3 and 4**5, 2 * 3 * 4, a*b*c', '2**3 and 4**5, 2 * 3 * 4, a*b*c'],
  ['my_long_name, ~/path, C# and 1 > 0', 'my_long_name, ~/path, C# and 1 > 0'],
  ['# Title\n\n```js\ncode() || a * b;\n```\n**bold** & <b>', 'Title code() || a * b; bold & <b>'],
  ['~~~\n# a comment\n~~~', '# a comment'],
  ['```\nstill # open', 'still # open'],
  ['> a *quoted* ~~line~~\n\n1. one\n2. __two__', 'a quoted line one two'],
  ['- [x] done\n- [a **link**](https://a.example)\n\n---\n', 'done a link'],
  ['| a | b |\n|---|---|\n| `1*2*3` | 3*4 |', 'a b 1*2*3 3*4'],
  [
    '![a chart](chart.png) \\*not bold\\* &amp; <https://a.example>',
    'a chart *not bold* & https://a.example',
  ],
  ['one\\\ntwo  \nthree', 'one two three'],
])('the notification of %j reads %j', (markdown, expected) => {
  expect(fallbackText(markdown)).toBe(escaped(expected));
});

test('no letter, digit or sign of a code block is lost in a notification', () => {
  const code = fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 100 })
    .filter((text) => !/`/.test(text));
  fc.assert(
    fc.property(code, (text) => {
      const line = text.replace(/\s+/g, ' ').trim() || '…';
      expect(fallbackText(`\`\`\`\n${text}\n\`\`\``).replaceAll('\u200b', '')).toBe(escaped(line));
    }),
  );
});

test('a fallback for notifications is one short line', () => {
  expect(fallbackText('a'.repeat(1_000)).length).toBeLessThan(200);
  expect(fallbackText('```\n```')).toBe('…');
});
