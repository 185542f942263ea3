import { z } from 'zod';

/** A whole number within bounds, which the mistake shall tell. */
const wholeNumber = (least: number, most: number, error: string) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most, { error })
    .transform(Number);

export const port = wholeNumber(0, 65_535, 'is not a port: write a number from 0 to 65535, such as 3000.');

/** Below this not even a table or a short program would be shown. */
const LEAST_REPLY_LENGTH = 500;

export const replyLength = wholeNumber(
  LEAST_REPLY_LENGTH,
  9_999_999,
  `is not a length: write a number of characters from ${LEAST_REPLY_LENGTH} to 9999999, such as 20000.`,
);

/** More than any PostgreSQL is set up for. */
const MOST_CONNECTIONS = 1_000;

export const poolSize = wholeNumber(
  1,
  MOST_CONNECTIONS,
  `is not a number of connections: write a whole number from 1 to ${MOST_CONNECTIONS}, such as 10.`,
);

/** Docker kills what has not ended ten seconds after it was asked to, and what is handed over needs some of them. */
export const DEFAULT_GRACE_SECONDS = 5;

/** Longer than any run may take. */
const MOST_GRACE_SECONDS = 3_600;

export const graceSeconds = wholeNumber(
  0,
  MOST_GRACE_SECONDS,
  `is not a number of seconds: write a whole number from 0 to ${MOST_GRACE_SECONDS}, such as ${DEFAULT_GRACE_SECONDS}.`,
);

/** Whoever asked longer ago has found another way. */
export const DEFAULT_CATCH_UP_MINUTES = 60;

/** What was taken is known for 26 hours, so what is older might be answered twice. */
const MOST_CATCH_UP_MINUTES = 24 * 60;

export const catchUpMinutes = wholeNumber(
  0,
  MOST_CATCH_UP_MINUTES,
  `is not a number of minutes: write a whole number from 0, which is never, to ${MOST_CATCH_UP_MINUTES}, which is a day, such as ${DEFAULT_CATCH_UP_MINUTES}.`,
);

/** A terabyte. */
const MOST_MEGABYTES = 1024 * 1024;

/** As a number of bytes. */
export const megabytes = wholeNumber(
  1,
  MOST_MEGABYTES,
  `is not a number of megabytes: write a whole number from 1 to ${MOST_MEGABYTES}, such as 256.`,
).transform((number) => number * 1024 * 1024);

/** A hundred years. */
const MOST_DAYS = 36_500;

export const days = wholeNumber(
  1,
  MOST_DAYS,
  `is not a number of days: write a whole number from 1 to ${MOST_DAYS}, such as 90, or leave it out to keep everything.`,
);

export const producedDays = wholeNumber(
  1,
  MOST_DAYS,
  `is not a number of days: write a whole number from 1 to ${MOST_DAYS}, such as 30.`,
);

/** A Python that has only started holds almost as much. */
const LEAST_MEGABYTES = 256;

export const sandboxMegabytes = wholeNumber(
  LEAST_MEGABYTES,
  99_999_999,
  `is not a size: write a whole number of megabytes from ${LEAST_MEGABYTES}, such as 2048, or leave it out for half of the memory.`,
);
