import { availableMemory } from '../memory/shared-memory.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** What one call, one session and the whole sandbox may use. Sizes are in bytes, times in milliseconds. */
export interface Limits {
  /** How long one call may run: long enough for real work, short enough for a person who waits in a chat. */
  runMs: number;
  /** How long a new Python may take to start; a busy small machine needs several seconds, a broken one for ever. */
  startMs: number;
  /** After how long without a call a session's Python is given back: OpenAI's own lived for 20 minutes at most. */
  idleMs: number;
  /** How many Python processes exist at once, the warm spare included. */
  processes: number;
  /** How many of them work for one party at once: a person who asks two things at once gets both. */
  partyProcesses: number;
  /** The memory that Python's own objects may fill; beyond it Python raises a MemoryError. */
  pythonBytes: number;
  /** The whole process, files in /mnt/data included; beyond it the process is killed. */
  processBytes: number;
  /** The code of one call: no model writes as much by itself. */
  codeBytes: number;
  /** What one call may print: the model has to read it, and so have people. */
  outputBytes: number;
  /** How many files one call may hand back: the Assistants API attaches at most 20 to a message. */
  filesOut: number;
  /** How much the files that one call hands back may hold together; they pass through the bot's memory. */
  filesOutBytes: number;
  /** How much the files that are put into one session may hold together; they count into `processBytes`. */
  filesInBytes: number;
}

/** What a Python process holds when it has done nothing yet, measured on Linux x64 and rounded up. */
export const PROCESS_BYTES = 225 * MiB;

export const DEFAULT_LIMITS: Limits = {
  runMs: 60_000,
  startMs: 60_000,
  idleMs: 10 * 60_000,
  processes: processesFor(availableMemory()),
  partyProcesses: 2,
  pythonBytes: 512 * MiB,
  processBytes: 1024 * MiB,
  codeBytes: 256 * KiB,
  outputBytes: 64 * KiB,
  filesOut: 20,
  filesOutBytes: 32 * MiB,
  filesInBytes: 64 * MiB,
};

/** As many as fit into a quarter of the memory, but at least one session beside the spare and at most eight. */
export function processesFor(memoryBytes: number): number {
  return Math.min(8, Math.max(2, Math.floor(memoryBytes / 4 / PROCESS_BYTES)));
}

/** As many as this memory holds, which they may have together; there is always one. */
export function processesWithin(memoryBytes: number): number {
  return Math.max(1, Math.floor(memoryBytes / PROCESS_BYTES));
}
