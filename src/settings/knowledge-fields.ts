import { z } from 'zod';

/** One line of `knowledge:`: files, folders and globs, relative to where `assistant.md` is. */
export interface KnowledgeEntry {
  path: string;
  /** Who may see what is found there; everybody when left out. */
  audience?: string[];
  /** Whose documents these are, where they don't say so themselves. */
  owner?: string;
}

/** How somebody or a place is named in an audience: https://docs.slack.dev/reference/objects, snowflakes on Discord. */
const NAMED = /^(slack:([CGUWS][A-Z0-9]{2,30}|#[^\s,#@]{1,80}|@[^\s,#@]{1,80})|discord:\d{15,20})$/;

export const AUDIENCE =
  'a list of channels, people and groups, such as slack:C0123ABCD, slack:#hr, slack:U0123ABCD (a person), slack:S0123ABCD or slack:@hr-team (a user group), or discord: with the id of a channel, role or person';

/** Lower case where names have none, each once, in one order: equal audiences are equal texts. */
export const audience = z
  .preprocess(
    (written) => (typeof written === 'string' ? [written] : written),
    z.array(z.string().trim().regex(NAMED)).min(1).max(100),
  )
  .transform((named) =>
    [...new Set(named.map((name) => (/[#@]/.test(name) ? name.toLowerCase() : name)))].sort(),
  );

const path = z
  .string()
  .trim()
  .min(1)
  .refine((text) => !text.includes('\0'));

const ENTRY = {
  path,
  audience: audience.exactOptional(),
  owner: z.string().trim().min(1).max(256).exactOptional(),
};

export const ENTRY_FIELDS = Object.keys(ENTRY);

export const knowledge = z
  .array(
    z.preprocess(
      (written) => (typeof written === 'string' ? { path: written } : written),
      z.strictObject(ENTRY),
    ),
  )
  .max(1_000);

const DAYS: Readonly<Record<string, number>> = { day: 1, week: 7, month: 30, year: 365 };

/** A number of days, or such as `6 months`; gives days. */
export const staleAfter = z
  .union([z.int(), z.string()])
  .transform((written) => {
    const [, count = '', unit = ''] =
      /^\s*(\d{1,5})\s*(day|week|month|year)s?\s*$/i.exec(
        typeof written === 'number' ? `${written} days` : written,
      ) ?? [];
    return Number(count) * (DAYS[unit.toLowerCase()] ?? 0);
  })
  .refine((days) => days >= 1);
