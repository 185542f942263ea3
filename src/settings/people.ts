import { z } from 'zod';
import { PERSON_OR_GROUP } from './knowledge-fields.ts';

/** How much one person may have. What is left out is not limited. */
export interface PeopleSettings {
  /** Of their questions that are worked on at the same time. */
  readonly turnsAtOnce?: number;
  readonly turnsAnHour?: number;
  /** Of their Python calls that run at the same time in one process. */
  readonly pythonAtOnce?: number;
  /** People and groups without limits, as audiences name them. */
  readonly unlimited: readonly string[];
}

/** More of one person's questions than this nobody reads at the same time. */
export const DEFAULT_TURNS_AT_ONCE = 4;

/** One every 36 seconds for a whole hour: more than anybody has to ask, and less than a loop that asks by itself. */
export const DEFAULT_TURNS_AN_HOUR = 100;

/** So that people who ask two things at once get both, and others find a Python that is free. */
export const DEFAULT_PYTHON_AT_ONCE = 2;

/** Each turn of an hour is a key in the store, and all of one person are read when they come near their limit. */
const MOST = 10_000;

/** A number of at least 1; infinite for "off" and for 0. */
export const limit = z
  .string()
  .refine((text) => /^(off|\d{1,5})$/i.test(text) && (Number(text) <= MOST || Number.isNaN(Number(text))), {
    error: `is not a limit: write a whole number from 1 to ${MOST}, or off for none.`,
  })
  .transform((text) => Number(text) || Number.POSITIVE_INFINITY);

/** What is limited at all. */
export function limits<Name extends string>(of: Record<Name, number>): Partial<Record<Name, number>> {
  return Object.fromEntries(
    Object.entries<number>(of).filter(([, most]) => Number.isFinite(most)),
  ) as Partial<Record<Name, number>>;
}

/** Names between commas or spaces. */
export const people = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((name) => name !== ''))
  .refine((names) => names.every((name) => PERSON_OR_GROUP.test(name)), {
    error:
      'is not a list of people: write them with commas between, such as slack:U0123ABCD (a person), slack:@it-team (a user group), or discord: with the id of a person or role.',
  })
  .transform((names) => names.map((name) => (name.includes('@') ? name.toLowerCase() : name)));
