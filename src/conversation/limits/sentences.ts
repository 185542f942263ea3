const MINUTE_MS = 60_000;

/** For who has had all turns of an hour; the next one is there after so many milliseconds. */
export function overTheHour(limit: number, freeInMs: number): string {
  const questions = limit === 1 ? 'one question' : `${limit} questions`;
  return `I answer each person at most ${questions} an hour, and you have had that: this one stays unanswered, and so do others that come before then. Ask again in ${minutes(freeInMs)}.`;
}

/** For who has as many turns at once as may be; what more they ask waits. */
export function tooManyAtOnce(limit: number): string {
  const questions = limit === 1 ? 'a question' : `${limit} questions`;
  return `I am at work on ${questions} of yours, and I take no more of one person at once: what else you have asked waits, and is answered by itself as soon as one of them is done.`;
}

function minutes(ms: number): string {
  const count = Math.max(1, Math.ceil(ms / MINUTE_MS));
  return count === 1 ? 'a minute' : `${count} minutes`;
}
