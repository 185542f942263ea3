import { DiscordAPIError, HTTPError, RateLimitError } from 'discord.js';
import { Gone, RateLimited, Unavailable } from '../../src/platform.ts';
import { EARLY_MS } from './client.ts';

/** Discord's codes, of https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
export const Code = {
  unknownMessage: 10_008,
  acknowledged: 40_060,
  historyNeeded: 160_002,
  threadExists: 160_004,
  autoModeration: 200_000,
  harmfulLink: 240_000,
} as const;

export function codeOf(error: unknown): number | undefined {
  return error instanceof DiscordAPIError ? Number(error.code) : undefined;
}

/** Whether asking again would bring the same answer. */
export function isRefusal(error: unknown): error is DiscordAPIError {
  return error instanceof DiscordAPIError && error.status >= 400 && error.status < 500;
}

/** Whether it is what the message says that Discord does not take, so that another text could be shown in its place. */
export function isFiltered(error: unknown): error is DiscordAPIError {
  return codeOf(error) === Code.harmfulLink || codeOf(error) === Code.autoModeration;
}

/**
 * What a reply's call throws for an error of discord.js: `RateLimited`, `Gone` or `Unavailable`. It
 * carries neither the request's address nor its body, so that it can be logged.
 */
export function explain(error: unknown): Error {
  if (error instanceof RateLimitError)
    return new RateLimited((error.sublimitTimeout || error.retryAfter) + EARLY_MS);
  if (isRefusal(error)) return new Gone(`Discord refuses the message: ${error.message} (${error.code})`);
  if (error instanceof HTTPError || error instanceof DiscordAPIError)
    return new Unavailable(`Discord answers with the status ${error.status}.`);
  if (!(error instanceof Error)) return new Error(String(error));
  // discord.js drops its token at the first 401.
  if (error.message.startsWith('Expected token')) return new Gone('Discord takes the bot token no more.');
  const reason = error.name === 'AbortError' ? 'no answer in time' : causeOf(error);
  return new Unavailable(`Discord could not be reached: ${reason}`);
}

/** Why a request failed, without what is secret in its address. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
