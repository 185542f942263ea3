import { parse } from 'yaml';
import { AUDIENCE, audience } from '../../settings/knowledge-fields.ts';

/** What a front matter, a side file or a folder's file says. */
export interface Told {
  title?: string;
  url?: string;
  owner?: string;
  date?: string;
  audience?: string[];
}

/** What was said, and what of it is no good, each as the end of a sentence about the document. */
export interface Reading {
  told: Told;
  mistakes: string[];
  /** Who may see the document is not known: nobody may. */
  isClosed: boolean;
}

/** Attributes of a vector store's file take no longer text. */
export const LONGEST_TEXT = 512;

/** Names that were meant to limit who sees a document, and are misspelt or stand where they can't be read. */
const AUDIENCE_LIKE = /^\s*["']?audi[a-z]*["']?\s*:/im;

/**
 * Reads YAML that documents bring along. Fields of others are passed over, and a mistake costs the field: but where it may
 * have said who may see the document, nobody may.
 */
export function readProperties(yaml: string, where: string): Reading {
  let written: unknown;
  try {
    written = parse(yaml, { logLevel: 'error' });
  } catch {
    return unreadable(yaml, where);
  }
  if (written === null || written === undefined) return { told: {}, mistakes: [], isClosed: false };
  if (typeof written !== 'object' || Array.isArray(written)) return unreadable(yaml, where);
  return checked(written as Record<string, unknown>, where);
}

function unreadable(yaml: string, where: string): Reading {
  const isClosed = AUDIENCE_LIKE.test(yaml);
  return { told: {}, mistakes: [`has no readable YAML in ${where}`], isClosed };
}

const CHECKS: Record<
  'title' | 'url' | 'owner' | 'date',
  { read: (written: unknown) => string | undefined; expected: string }
> = {
  title: { read: textOf, expected: 'a text' },
  owner: { read: textOf, expected: 'a text' },
  url: { read: addressOf, expected: 'an address that begins with http:// or https://' },
  date: { read: dateOf, expected: 'a date such as 2026-03-31' },
};

function checked(written: Record<string, unknown>, where: string): Reading {
  const reading: Reading = { told: {}, mistakes: [], isClosed: false };
  for (const [name, { read, expected }] of Object.entries(CHECKS) as [
    keyof typeof CHECKS,
    (typeof CHECKS)['url'],
  ][]) {
    if (!Object.hasOwn(written, name) || written[name] === null) continue;
    const value = read(written[name]);
    if (value === undefined) reading.mistakes.push(`has a ${name} in ${where} that is not ${expected}`);
    else reading.told[name] = value;
  }
  const misspelt = Object.keys(written).find((name) => /^audi/i.test(name) && name !== 'audience');
  if (!Object.hasOwn(written, 'audience') && misspelt === undefined) return reading;
  const { data, success } = audience.safeParse(written.audience);
  if (success) return { ...reading, told: { ...reading.told, audience: data } };
  const name = misspelt ?? 'audience';
  const mistake = `has ${name} in ${where}, and it must be audience, ${AUDIENCE}`;
  return { ...reading, mistakes: [...reading.mistakes, mistake], isClosed: true };
}

function textOf(written: unknown): string | undefined {
  if (typeof written !== 'string' && typeof written !== 'number') return undefined;
  return String(written).replace(/\s+/g, ' ').trim().slice(0, LONGEST_TEXT).toWellFormed() || undefined;
}

function addressOf(written: unknown): string | undefined {
  const text = typeof written === 'string' ? written.trim() : '';
  if (!/^https?:\/\/[^\s/]/i.test(text) || !URL.canParse(text)) return undefined;
  const { href, username, password } = new URL(text);
  return username || password || href.length > LONGEST_TEXT ? undefined : href;
}

function dateOf(written: unknown): string | undefined {
  const text = written instanceof Date ? written.toISOString() : String(written).trim();
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(Date.parse(text))) return undefined;
  return /^\d{4}-\d\d-\d\d$/.test(text) ? text : new Date(text).toISOString();
}
