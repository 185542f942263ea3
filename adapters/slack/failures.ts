import { webApi } from '@slack/bolt';
import { Gone, RateLimited } from '../../src/platform.ts';

/** Errors after which nothing can be said in a place any more. */
const GONE: ReadonlySet<string> = new Set([
  'account_inactive',
  'cannot_reply_to_message',
  'channel_not_found',
  'ekm_access_denied',
  'invalid_auth',
  'is_archived',
  'is_inactive',
  'message_not_found',
  'missing_scope',
  'no_permission',
  'not_in_channel',
  'restricted_action',
  'restricted_action_non_threadable_channel',
  'restricted_action_read_only_channel',
  'restricted_action_thread_locked',
  'restricted_action_thread_only_channel',
  'team_access_not_granted',
  'thread_not_found',
  'token_expired',
  'token_revoked',
]);

/** The code of an error that Slack answered; undefined for everything else that went wrong. */
export function slackCode(error: unknown): string | undefined {
  return error instanceof webApi.WebAPIPlatformError ? error.data.error : undefined;
}

/** Whether a call may have been carried out although it failed: its answer was lost, not the call itself. */
export function mayHaveWorked(error: unknown): boolean {
  return error instanceof webApi.WebAPIRequestError || error instanceof webApi.WebAPIHTTPError;
}

/** A failed call in the port's words; what they have no word for stays as it is. */
export function translated(error: unknown): unknown {
  if (error instanceof webApi.WebAPIRateLimitedError)
    return new RateLimited(error.retryAfter * 1_000, { cause: error });
  const code = slackCode(error);
  if (code !== undefined && GONE.has(code))
    return new Gone(`Slack takes no more of this reply (${code}).`, { cause: error });
  return error;
}
