import { hostOf, readable } from './address.ts';
import type { Link } from './masked.ts';
import { mayBeHost, NAME, OF_THE_WEB, OTHER_SCHEME } from './written.ts';

export const SCHEME = /^[a-z][a-z\d+.-]*:/i;
const PATH = /^(?!\/\/)\/?[\w.#%+~-]*(?:\/[\w.#%+~-]+)*\/?$/;
/** What in a link's text is or names an address. */
const ADDRESS = new RegExp(`${OF_THE_WEB}|${OTHER_SCHEME}|${NAME}`, 'giu');

/** Whether a masked link may lead away from where it stands: no platform makes a link of a plain path or fragment. */
export function isAddress(target: string): boolean {
  return !PATH.test(target) || mayBeHost(target);
}

/**
 * The link as it stands; beside its text where that names another host than it leads to, or is an address, of which some
 * readers make a link with what follows it.
 * @param isBounded Whether its address ends with it for everybody, whether they take it for a link or not.
 */
export function asLink({ isImage, text: written, target }: Link, text: string, isBounded: boolean): string {
  if (written === target && SCHEME.test(target)) return `<${target}>`;
  const words = Array.from(written.matchAll(ADDRESS), ([word]) => word);
  const named = words.filter((word) => SCHEME.test(word) || mayBeHost(word));
  const isElsewhere = (word: string) => ![undefined, hostOf(target)].includes(hostOf(word));
  if (named.some((word) => SCHEME.test(word) || isElsewhere(word))) return `${text} (<${target}>)`;
  const isBare = isBounded && named.length === 0 && !/[\s()]/.test(target);
  return `${isImage ? '!' : ''}[${text}](${isBare ? target : `<${target}>`})`;
}

/** An address as people can read and copy it, with its host as it is asked for; nothing in it ends code or a table's cell, or looks like a link. */
export function asSeen(address: string): string {
  const clean = readable(address);
  const host = hostOf(clean);
  const hasOddHost = host !== undefined && !clean.toLowerCase().includes(host);
  const seen = hasOddHost && SCHEME.test(clean) ? new URL(clean).href : clean;
  return seen.replace(
    /[`|<>\s]|\](?=\()/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
