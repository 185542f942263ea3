import { Marked } from 'marked';

/** Addresses in text are what each platform takes for one, not what GitHub does. */
const marked = new Marked({
  tokenizer: { url: () => undefined, def: (text) => (hasFence(text) ? undefined : false) },
});

/** A fence ends what would be the label of a definition over several lines: https://spec.commonmark.org/0.31.2/#precedence */
function hasFence(text: string): boolean {
  const [label = ''] = /^ {0,3}\[[^\]]*/.exec(text) ?? [];
  return /\n {0,3}(?:`{3}|~{3})/.test(label);
}

/** An address of which a platform makes a link, or that it fetches. */
export type LinkModel = (text: string) => string[];

/** Domains that the model of Slack knows; the real ones are some 1,440, and all that tests use is here. */
const TOP = 'com|net|org|io|dev|app|example|de|co|md|py|sh|rs|ai|me|test|info|xn--p1ai';
const SLACK_TEXT = new RegExp(
  String.raw`[a-z][a-z\d+.-]*://[^\s<>]+|(?<![a-z])(?:mailto|tel):(?!\u200b)[^\s<>]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:[\p{L}\d_-]+\.)+(?:${TOP})(?![\p{L}\d])(?::\d+)?(?:[/?#][^\s<>]*)?`,
  'giu',
);
const DISCORD_TEXT = /https?:\/\/[^\s<]+|(?:discord(?:app)?\.(?:gg|com\/invite|gift))\/[\w-]+/gi;

/** As Slack's `markdown` blocks show it: links and images of Markdown, and all that looks like an address outside code. */
export const slackLinks: LinkModel = (text) => markdownLinks(text, SLACK_TEXT);

/** As Discord shows a message. */
export const discordLinks: LinkModel = (text) => [
  ...markdownLinks(text, DISCORD_TEXT),
  ...markupLinks(text, DISCORD_TEXT),
];

/** As Slack shows its own markup, in which a call's `text` is: no Markdown, and `<address|text>` is a link. */
export const mrkdwnLinks: LinkModel = (text) => [
  ...Array.from(text.matchAll(/<((?:[a-z]+:|[\w.-]+@)[^<>]+)>/gi), ([, link = '']) => link),
  ...(text.replace(/```[\s\S]*?```|`[^`\n]+`/g, ' ').match(SLACK_TEXT) ?? []),
];

/** What a whole reader of Markdown finds, CommonMark's rules for code among them. */
function markdownLinks(markdown: string, address: RegExp): string[] {
  const found: string[] = [];
  marked.walkTokens(marked.lexer(markdown), (token) => {
    if (token.type === 'link' || token.type === 'image') {
      if (isAbsolute(token.href)) found.push(token.href);
    } else if (token.type === 'text' && !token.tokens)
      found.push(...(decoded(token.text).match(address) ?? []));
    else if (token.type === 'html')
      found.push(...(token.raw.replace(/`[^`\n]*`/g, ' ').match(address) ?? []));
    else if (token.type === 'escape') found.push(...(token.text.match(address) ?? []));
  });
  return found;
}

/** What a reader finds that looks for one thing after the other: blocks of code, code, links, addresses. */
function markupLinks(text: string, address: RegExp): string[] {
  const found: string[] = [];
  const inline = text
    .replace(/```[\s\S]*?```/g, '\n')
    .replace(/(?<!`)(`+)(?!`)([\s\S]*?[^`])\1(?!`)/g, ' ')
    .replace(/<(https?:\/\/[^\s<>]+)>/gi, (_, target: string) => {
      found.push(target);
      return ' ';
    })
    .replace(/\[[^\]\n]*\]\(\s*<?([^\s)>]+)[^)\n]*\)/g, (_, target: string) => {
      if (isAbsolute(target)) found.push(target);
      return ' ';
    });
  return [...found, ...(inline.match(address) ?? [])];
}

function isAbsolute(target: string): boolean {
  return (
    /^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(target) ||
    /^[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|example)\b/i.test(target)
  );
}

function decoded(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Math.min(Number(code), 0x10ffff)))
    .replace(/&#x([\da-f]+);/gi, (_, code: string) =>
      String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff)),
    )
    .replace(
      /&(colon|sol|period|commat|amp|lt|gt|quot);/gi,
      (_, name: string) => NAMED[name.toLowerCase()] ?? '',
    );
}

const NAMED: Readonly<Record<string, string>> = {
  colon: ':',
  sol: '/',
  period: '.',
  commat: '@',
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
};
