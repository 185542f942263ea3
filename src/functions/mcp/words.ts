/** What cannot be seen, moves the cursor or turns the direction of reading: instructions hide in it. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;

/** Words of a server as they can be shown: nothing unseen in them, and no longer than `most` UTF-16 code units. */
export function bounded(text: string, most: number): string {
  // Cut first: cleaning takes time for each letter.
  const seen = text
    .slice(0, most * 2)
    .replace(UNSEEN, '')
    .trim();
  if (seen.length <= most && text.length <= most * 2) return seen;
  return `${seen.slice(0, most - 1).trimEnd()}…`;
}

/** The same on one line. */
export function boundedLine(text: string, most: number): string {
  return bounded(text.slice(0, most * 4).replace(/\s+/g, ' '), most);
}

/** What is shorter is a word of sentences. */
const LEAST_SECRET = 6;

/** Takes a server's secrets away from a text. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= LEAST_SECRET)
    .reduce(
      (told, secret) =>
        told.replaceAll(secret, '[redacted]').replaceAll(encodeURIComponent(secret), '[redacted]'),
      text,
    );
}
