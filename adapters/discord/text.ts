import { cleanContent, type TextBasedChannel } from 'discord.js';

/** https://discord.com/developers/docs/resources/message#create-message */
export const MESSAGE_LENGTH = 2000;
/** https://discord.com/developers/docs/resources/channel#start-thread-from-message */
const TITLE_LENGTH = 100;
/** Code, in which Discord shows everything as it is written, and custom emoji outside it. */
const CODE_OR_EMOJI = /(`{3,})[\s\S]*?\1|(`{1,2})(?!`)[\s\S]*?\2|<a?:(\w{2,32}):\d{17,20}>/g;
/** What the bot knows no name of is written as Discord writes it for people. */
const UNKNOWN = /<(@[!&]?|#)\d{17,20}>/g;
const UNKNOWN_NAMES: Readonly<Record<string, string>> = {
  '@': '@unknown-user',
  '@!': '@unknown-user',
  '@&': '@unknown-role',
  '#': '#unknown',
};
/** A moment in seconds, which people see as a date. https://discord.com/developers/docs/reference#message-formatting */
const TIME = /<t:(-?\d{1,11})(?::\w)?>/g;
/** A title longer than this is cut between words, if there is a space within as many characters of its end. */
const WORD = 20;

/** Model text as Discord shall show it: an emoji's markup stays text. Never longer than a message, if `text` is not. */
export function asText(text: string): string {
  const escaped = replaceEmoji(text, (markup) => `\\${markup}`);
  return escaped.length <= MESSAGE_LENGTH ? escaped : replaceEmoji(text, (_markup, name) => `:${name}:`);
}

function replaceEmoji(text: string, change: (markup: string, name: string) => string): string {
  return text.replace(CODE_OR_EMOJI, (all: string, _fence, _span, name?: string) =>
    name === undefined ? all : change(all, name),
  );
}

/**
 * What a person wrote, with names in place of ids.
 * @param addressed How they mention the bot, which at the text's ends is no part of what they say.
 */
export function readable(text: string, addressed: readonly string[], channel: TextBasedChannel): string {
  const bot = `(?:${addressed.join('|')})`;
  const atEnds = new RegExp(`^\\s*(?:${bot}[\\s,:]*)+|(?:[\\s,]*${bot})+\\s*$`, 'g');
  const named = cleanContent(addressed.length > 0 ? text.replace(atEnds, '') : text, channel);
  return named
    .replace(UNKNOWN, (_all, kind: string) => UNKNOWN_NAMES[kind] ?? '')
    .replace(TIME, dated)
    .trim();
}

function dated(_all: string, seconds: string): string {
  return new Date(Number(seconds) * 1_000).toISOString();
}

/** A thread's title. */
export function titleOf(question: string): string {
  const line = question.replace(/\s+/g, ' ').trim();
  if (line.length <= TITLE_LENGTH) return line;
  const cut = line.slice(0, TITLE_LENGTH - 1);
  const space = cut.lastIndexOf(' ');
  return `${whole(space > TITLE_LENGTH - WORD ? cut.slice(0, space) : cut)}…`;
}

/** A text with a notice under it, or the notice alone if both don't fit into one message. */
export function append(text: string | undefined, notice: string): string {
  const together = text ? `${text}\n\n${notice}` : notice;
  return together.length <= MESSAGE_LENGTH ? together : notice;
}

/** Text as a quotation, cut to fit into one message. */
export function quote(text: string): string {
  return shorten(`> ${text.replace(/\n/g, '\n> ')}`);
}

/** The text that was made a quotation; empty if it is none. */
export function unquote(quotation: string): string {
  const lines = quotation.split('\n');
  return lines.every((line) => line.startsWith('>'))
    ? lines.map((line) => line.replace(/^> ?/, '')).join('\n')
    : '';
}

/** Text cut to fit into one message; never within a character, since Discord takes no half ones. */
export function shorten(text: string): string {
  if (text.length <= MESSAGE_LENGTH) return text;
  return `${whole(text.slice(0, MESSAGE_LENGTH - 1))}…`;
}

/** Without half a character at its end. */
function whole(text: string): string {
  return text.toWellFormed().replace(/\ufffd$/, '');
}
