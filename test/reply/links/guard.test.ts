import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asText } from '../../../adapters/discord/text.ts';
import { layout } from '../../../src/reply/layout/layout.ts';
import { keyOf } from '../../../src/reply/links/address.ts';
import { guardLinks } from '../../../src/reply/links/guard.ts';
import type { LinkRules, Verdict } from '../../../src/reply/links/rules.ts';
import type { Limits } from '../../../src/view.ts';
import { discordLinks, slackLinks } from '../../sim/links.ts';

const ADDRESSES = [
  'https://known.example/a',
  'https://wiki.example.com/travel?page=2#meals',
  'mailto:ann@known.example',
];
const KNOWN: ReadonlySet<unknown> = new Set(ADDRESSES.map(keyOf));

function rules(autolinks: LinkRules['autolinks'] = 'names', others: Verdict = 'text'): LinkRules {
  return {
    autolinks,
    verdict: (address) => {
      return KNOWN.has(keyOf(address)) ? 'link' : others;
    },
  };
}

const PLATFORMS: {
  limits: Limits;
  autolinks: LinkRules['autolinks'];
  linksIn: typeof slackLinks;
  asText?: typeof asText;
}[] = [
  { limits: { characters: 11_000, tables: 'markdown' }, autolinks: 'names', linksIn: slackLinks },
  {
    limits: { characters: 2_000, tables: 'fixed-width', images: 'link', fences: 'backticks' },
    autolinks: 'addresses',
    linksIn: discordLinks,
    asText,
  },
  { limits: { characters: 200, tables: 'markdown' }, autolinks: 'names', linksIn: slackLinks },
  {
    limits: { characters: 200, tables: 'fixed-width', images: 'link', fences: 'backticks' },
    autolinks: 'addresses',
    linksIn: discordLinks,
  },
];

const address = fc.constantFrom(
  'https://evil.example/?d=SECRET',
  'HTTPS://EVIL.example/x',
  'http://evil.example',
  'https://bank.com@evil.example/',
  'https://known.example/a?d=SECRET',
  'https://known.example/a#SECRET',
  'www.evil.example/x',
  'SECRET.evil.example',
  'evil.com/?d=1',
  'ann@evil.com',
  'mailto:ann@evil.com',
  'tel:+123456',
  'javascript:alert(1)',
  'slack://channel?team=T1',
  'discord.gg/abc',
  '//evil.example/x',
  'https://evil.example/a`b',
  'https://evil.example/a|b',
  'https://evil.example/(a)',
  'https\\://evil.example',
  'https&colon;//evil.example',
  'https&#58;//evil.example',
  'evil&#46;com',
  'https:\u200b//evil.example',
  'https://ev\u00adil.example/',
  'https://раураl.com/x',
  `https://evil.example/${'A'.repeat(300)}.evil.com/x`,
);
const piece = fc.oneof(
  { weight: 4, arbitrary: address },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ...[
        '`',
        '``',
        '```',
        '~~~',
        '\\',
        '[',
        ']',
        '](',
        '(',
        ')',
        '<',
        '>',
        '!',
        '![',
        '|',
        '\n',
        '\n\n',
        '    ',
        ' ',
        ' ',
        ' ',
      ],
      ...[
        '- ',
        '> ',
        '# ',
        '1. ',
        '**',
        '_',
        'a',
        'word',
        '[1]',
        ']: ',
        '[ref]: ',
        '[x][ref]',
        '"',
        '&',
        '.',
        ':',
        '@',
        'h',
        'https',
        '\t',
      ],
      ...['| a | b |\n|---|---|\n', '`code`', '```py\nx\n```\n', '<a href="', '</a>', '\u200b', 'は', '。'],
    ),
  },
  { weight: 1, arbitrary: address.map((one) => `[click](${one})`) },
  { weight: 1, arbitrary: address.map((one) => `<${one}>`) },
  { weight: 1, arbitrary: address.map((one) => `![](${one} "t")`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'https://known.example/a',
      '![](https://known.example/a)',
      '[the wiki](https://wiki.example.com/travel?page=2#meals)',
    ),
  },
);

const any = fc.oneof(address, fc.constantFrom(...ADDRESSES, 'known.example/a', 'ann@known.example'));
const KINDS: readonly ((one: string, other: string) => string)[] = [
  (one) => one,
  (one) => `<${one}>`,
  (one) => `\\<${one}>`,
  (one) => `[t](${one})`,
  (one) => `\\[t](${one})`,
  (one) => `[t\\](${one})`,
  (one) => `[t]\\(${one})`,
  (one) => `[t](<${one}> 't')`,
  (one) => `![](${one})`,
  (one, other) => `[${one}](${other})`,
  (one) => `[\`${one}\`](${one})`,
  (one) => `[\`](${one})`,
  (one, other) => `[![](${one})](${other})`,
  (one, other) => `![a [b](${one}) c](${other})`,
  (one, other) => `[a[b]](${one}[c](${other})`,
  (one) => `<a href="![](${one})">`,
  (one, other) => `<a href="[x](${one})" title="${other}">`,
  (one) => `<img src='${one}'>`,
  (one) => `\n[ref]: ${one}\n"t"`,
  (one) => `\n[ref]:\n${one}\n`,
  (one) => `\n[re\nf]: <${one}>\n`,
  (one) => `\n[^1]: ${one}\n`,
  (one, other) => `\n| a | b |\n|---|---|\n| ${one} |${other}|\n`,
  (one) => `\`${one}\``,
  (one) => `\`\`${one}\`\``,
  (one) => `\\\`${one}\``,
  (one) => `\\_${one}`,
  (one) => `a._${one}`,
  (one) => `||${one}||`,
  (one) => `"${one}"`,
];
const kind = fc.tuple(fc.constantFrom(...KINDS), any, any).map(([make, one, other]) => make(one, other));
const torn = fc
  .tuple(any, fc.nat(20), fc.constantFrom('\\', '\n', '*', '_', '`', '<', '[', '&', ' ', '\u200b', ']('))
  .map(([one, at, sign]) => one.slice(0, at) + sign + one.slice(at));
const markdown = fc
  .array(fc.oneof({ weight: 4, arbitrary: piece }, { weight: 4, arbitrary: kind }, torn), { maxLength: 14 })
  .map((pieces) => pieces.join(''));

test.each(PLATFORMS)(
  'no unknown address is a link in parts of $limits.characters with $limits.tables tables',
  ({ limits, autolinks, linksIn, asText = String }) => {
    fc.assert(
      fc.property(markdown, (text) => {
        const { markdown } = guardLinks(text, false, rules(autolinks));
        for (const part of layout(markdown, limits)) {
          const links = linksIn(asText(part.text)).filter((link) => !isKnown(link));
          expect(links, JSON.stringify({ text, shown: part.text })).toEqual([]);
        }
      }),
      { numRuns: 1_000 },
    );
  },
);

/** A message may end within a long line, and with it an address that is known: that adds nothing to it. */
function isKnown(link: string): boolean {
  const bare = link.replace(/[.,:;!?'"*_~)\]}|。]+$/, '');
  return ADDRESSES.some((known) => known.includes(bare)) || [link, bare].some((one) => KNOWN.has(keyOf(one)));
}

test('what is shown only grows as more comes', () => {
  fc.assert(
    fc.property(markdown, fc.nat(), (text, cut) => {
      const at = text.length === 0 ? 0 : cut % text.length;
      const begun = guardLinks(text.slice(0, at), true, rules()).markdown;
      const whole = guardLinks(text, false, rules()).markdown;
      expect(whole.startsWith(begun.trimEnd()), JSON.stringify({ begun, whole })).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['see https://evil.example/?d=1.', 'see `https://evil.example/?d=1`.'],
  ['<https://evil.example>', '`https://evil.example`'],
  [
    '![https://evil.example/a[b](c)![](https://evil.example/d "t")',
    '![`https://evil.example/a[b%5D(c)![%5D(https://evil.example/d` "t")',
  ],
  ['[bank](https://evil.example "t")', 'bank (`https://evil.example`)'],
  ['[https://evil.example](https://evil.example)', '`https://evil.example`'],
  ['![](https://evil.example/x.png)', '`https://evil.example/x.png`'],
  ['[bank.com](https://known.example/a)', 'bank.\u200bcom (<https://known.example/a>)'],
  ['[the page](https://known.example/a)', '[the page](https://known.example/a)'],
  ['[Node.js v1.2](https://known.example/a)', '[Node.js v1.2](https://known.example/a)'],
  [
    '**https://known.example/a**, (https://known.example/a)',
    '**https://known.example/a**, (https://known.example/a)',
  ],
  ['https://раураl.com/x', '`https://xn--l-7sba6dbr.com/x`'],
  ['https://ev\u00adil.example', '`https://evil.example`'],
  [
    '`https://evil.example` and\n```\nhttps://evil.example\n```',
    '`https://evil.example` and\n```\nhttps://evil.example\n```',
  ],
  ['a ` b https://evil.example c', 'a ` b https:\u200b//evil.\u200bexample c'],
  ['evil.example/x and ann@evil.com', 'evil.\u200bexample/x and ann@evil.\u200bcom'],
  ['3.14, e.g. this, config.yaml, a < b, x[i](j)', '3.14, e.g. this, config.yaml, a < b, x[i]\u200b(j)'],
  ['[plot](sandbox:/mnt/data/a.png)', 'plot (`sandbox:/mnt/data/a.png`)'],
  [
    '[[w](https://known.example/a)\\[w](https://known.example/a)SECRET',
    '[[w](<https://known.example/a>)\\[w]\u200b(`https://known.example/a)SECRET`',
  ],
  ['[r]: https://evil.example', '[r]\u200b: `https://evil.example`'],
  ['[r]: https://known.example/a', '[r]: https://known.example/a'],
  [
    'a ` b <evil.example[t](https://evil.example/t)>',
    'a ` b <evil.\u200bexample\u200bhttps:\u200b//evil.\u200bexample/t\u200b>',
  ],
  ['\\_evil.com/?d=1', '\\_evil.\u200bcom/?d=1'],
  ['[`](https://known.example/a)SECRET', '[`](<https://known.example/a>)SECRET'],
  ['![](https://known.example/a)SECRET', '![](<https://known.example/a>)SECRET'],
  ['[https://known.example/a](https://known.example/a)', '<https://known.example/a>'],
  [
    'word[https://known.example/a](https://evil.example)',
    'word\u200bhttps://known.example/a (`https://evil.example`)',
  ],
  ['[t\\](evil.com)', '[t\\]\u200b(evil.\u200bcom)'],
  ['a <b>bold</b> word', 'a <\u200bb>bold<\u200b/b> word'],
  ['これは。次の文です。', 'これは。次の文です。'],
])('%j is shown as %j', (text, shown) => {
  expect(guardLinks(text, false, rules()).markdown).toBe(shown);
});

test.each([
  (text: string) => `[${text}](u)`,
  (text: string) => `![${text}](u)`,
  (text: string) => `![[${text}]](u)`,
  (text: string) => `![${text}](https://evil.example)`,
  (text: string) => `![${text}](https://known.example/a)`,
  (text: string) => `[${text}]: u`,
])('links within links are read once, however deep they are: %s', (around) => {
  const nested = Array.from({ length: 60 }).reduce<string>((text) => around(text), 'x');
  expect(guardLinks(nested, false, rules()).markdown).toContain('x');
});

test('nothing behind an address is shown until it is known what becomes of it', () => {
  const text = 'See https://other.example/ and https://known.example/a.';
  expect(guardLinks(text, false, rules('names', 'unsure'))).toEqual({ markdown: 'See', waits: true });
  expect(guardLinks('See https://known.example/a.', false, rules('names', 'unsure')).waits).toBe(false);
});

test.each([
  'See h',
  'See https',
  'See https://ev',
  'See [x',
  'See [x](https://ev',
  'See <https:',
  'See `a` ![x',
])('%j waits for more, but for what comes before', (text) => {
  expect(guardLinks(text, true, rules()).markdown).toMatch(/^See(?: `a`)?$/);
});
