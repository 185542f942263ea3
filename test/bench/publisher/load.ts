import type { RateLimit } from '../../../src/reply/publisher/believed-limit.ts';
import type { StrictServer } from '../../reply/publisher/strict-server.ts';

/** What grows by one every `TOKEN_MS` milliseconds. */
export const TOKEN = 'word ';
export const TOKEN_MS = 20;

/** Milliseconds of one way over the network, drawn evenly between the two. */
export const LATENCY = { least: 20, most: 120 };

/** When a run begins and ends, in milliseconds. */
export interface Run {
  from: number;
  until: number;
}

/** Replies that grow at once under one limit. */
export interface Load {
  name: string;
  /** What the budget starts from. */
  limit: RateLimit;
  newServer: () => StrictServer;
  /** Whether a first text draws on the limit, or on one of its own. */
  countsFirstTexts: boolean;
  /** Whether a last edit does. */
  countsLastEdits: boolean;
  /** What one message holds at most; what is longer goes on in further messages. */
  messageCharacters: number;
  runs: Run[];
}

/** Numbers from 0 up to 1 that are the same every time. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Characters that the model has written by then. */
export function writtenBy({ from, until }: Run, time: number): number {
  const tokens = Math.floor((Math.min(time, until) - from) / TOKEN_MS);
  return Math.max(0, tokens) * TOKEN.length;
}
