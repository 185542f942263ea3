/** People's text comes in Slack's own markup: https://docs.slack.dev/messaging/formatting-message-text */

const REFERENCE = /<([@#!])([^<>|]+)(?:\|([^<>]*))?>/g;
const LINK = /<((?:https?|mailto|tel|ftp):[^<>|]+)(?:\|([^<>]*))?>/g;

/** The ids of the people whom a text mentions, in order, each once. */
export function mentionedUsers(text: string): string[] {
  const ids = [...text.matchAll(REFERENCE)].flatMap(([, kind, id]) => (kind === '@' && id ? [id] : []));
  return [...new Set(ids)];
}

/** Whether a text calls on somebody else than `self`: a person, a group, or everybody. */
export function mentionsOthers(text: string, self: string): boolean {
  return [...text.matchAll(REFERENCE)].some(
    ([, kind, id = '']) =>
      (kind === '@' && id !== self) || /^!(?:subteam\^|here|channel|everyone)/.test(kind + id),
  );
}

/** The text as people read it, without a mention of `self` at its ends; `names` says who is mentioned. */
export function readable(text: string, self: string, names: ReadonlyMap<string, string>): string {
  return decoded(uncalled(text, self), names);
}

/** The text as people read it. */
export function decoded(text: string, names: ReadonlyMap<string, string>): string {
  return text
    .replace(REFERENCE, (_, kind: string, id: string, label?: string) => {
      if (kind === '@') return `@${names.get(id) ?? label ?? id}`;
      if (kind === '#') return `#${label || id}`;
      return special(id, label);
    })
    .replace(LINK, (_, url: string, label?: string) => link(url, label))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();
}

function uncalled(text: string, self: string): string {
  const call = `<@${self}(?:\\|[^<>]*)?>`;
  const [first, last] = [new RegExp(`^${call}[\\s,:]*`), new RegExp(`${call}$`)];
  let bare = text.trim();
  while (first.test(bare)) bare = bare.replace(first, '');
  while (last.test(bare)) bare = bare.replace(last, '').trimEnd();
  return bare;
}

/** `here`, `subteam^S1`, `date^1700000000^{date}`: the label says it, or the word itself does. */
function special(id: string, label: string | undefined): string {
  const [word = ''] = id.split('^');
  if (word === 'date') return label ?? '';
  return label ? `@${label.replace(/^@/, '')}` : `@${word === 'subteam' ? 'group' : word}`;
}

function link(url: string, label: string | undefined): string {
  const bare = url.replace(/^(?:mailto|tel):/, '');
  return !label || label === url || label === bare || url.endsWith(`//${label}`)
    ? bare
    : `[${label}](${url})`;
}

/** What Slack would make a mention of, in mrkdwn and in Markdown alike. */
const PING = /<(?=(?:@\w+|![a-z]+|!subteam\^\w+)[|>])/g;
const ZERO_WIDTH_SPACE = '\u200b';

/** A model's Markdown, in which nothing pings anybody. */
export function defused(markdown: string): string {
  return markdown.replace(PING, `<${ZERO_WIDTH_SPACE}`);
}

/** The text without an end that may still become a mention. */
export function settled(markdown: string): string {
  return markdown.replace(/<(?:[@!][\w^]{0,40})?$/, '');
}

/** Text in which Slack's markup has no special characters. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
