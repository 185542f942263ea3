import { mayBeHost, NAME, OF_THE_WEB, OTHER_SCHEME } from './written.ts';

/** Parts what would be an address, or other than text, if it stood together. */
export const ZERO_WIDTH_SPACE = '\u200b';
const ADDRESS = new RegExp(`${OF_THE_WEB}|${OTHER_SCHEME}|(?<name>${NAME})`, 'giu');

/** An address with which no platform makes a link, and that people see as it is. */
export function defused(address: string): string {
  return address.replace(/[:.@&\]](?=\S)/gu, `$&${ZERO_WIDTH_SPACE}`);
}

/** Plain text in which no address is one for a platform: for names, and for lines that are no part of an answer. */
export function linkless(text: string): string {
  return text.replace(ADDRESS, (word: string, ...more) => {
    const { name } = more.at(-1) as { name?: string };
    return name === undefined || mayBeHost(name) ? defused(word) : word;
  });
}
