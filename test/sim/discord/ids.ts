/** The first second of 2015, from which Discord counts. https://discord.com/developers/docs/reference#snowflakes */
const DISCORD_EPOCH = 1_420_070_400_000n;
const TIMESTAMP_SHIFT = 22n;
const IDS_PER_MILLISECOND = 4096n;

/** A clock that is so far behind is that of a next test, where the one before had let time pass. */
const SET_BACK_MS = 5_000n;

let lastMillisecond = 0n;
let counter = 0n;

/** A new snowflake, greater than every one before it, unless the clock was set back. */
export function snowflake(): string {
  const now = BigInt(Date.now()) - DISCORD_EPOCH;
  if (lastMillisecond - now > SET_BACK_MS) lastMillisecond = 0n;
  counter = now > lastMillisecond ? 0n : counter + 1n;
  if (now > lastMillisecond) lastMillisecond = now;
  if (counter === IDS_PER_MILLISECOND) {
    lastMillisecond += 1n;
    counter = 0n;
  }
  return ((lastMillisecond << TIMESTAMP_SHIFT) | counter).toString();
}

/** When a snowflake was made, in milliseconds since 1970. */
export function timeOf(id: string): number {
  return Number((BigInt(id) >> TIMESTAMP_SHIFT) + DISCORD_EPOCH);
}

export function isSnowflake(value: unknown): value is string {
  return typeof value === 'string' && /^\d{17,20}$/.test(value);
}
