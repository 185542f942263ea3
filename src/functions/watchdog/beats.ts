/** What the watched thread shares with its watchdog: how often it was alive, and how much is watched. */
export const BEATS = 0;
export const GUARDED = 1;

/** A thread that gives no sign of life for so long computes without end, in ms: nothing of ours takes a tenth of that. */
export const ALARM_MS = 8_000;
