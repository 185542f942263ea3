import { webApi } from '@slack/bolt';
import { Gone, RateLimited, Unavailable } from '../../src/platform.ts';
import { Elsewhere } from './addresses.ts';

/** How long to wait, in milliseconds, where Slack asks to and does not say how long: posts come once a second. */
const UNTOLD_WAIT_MS = 1_000;

/** Limits that Slack tells of in the answer itself: https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const LIMITED: ReadonlySet<string> = new Set(['rate_limited', 'ratelimited']);

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
  'messages_tab_disabled',
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

/** Slack's own trouble, after which part of a call may have been carried out. */
const TROUBLE: ReadonlySet<string> = new Set([
  'fatal_error',
  'internal_error',
  'request_timeout',
  'service_unavailable',
]);

/** The code with which Slack refused a call; undefined for everything else that went wrong. */
export function slackCode(error: unknown): string | undefined {
  const code = error instanceof webApi.WebAPIPlatformError ? error.data.error : undefined;
  return code === undefined || TROUBLE.has(code) ? undefined : code;
}

/** A stream's time is over, or a person has pressed Slack's Stop button. */
const STREAM_OVER: ReadonlySet<string> = new Set(['message_not_in_streaming_state', 'stopped_by_user']);

/** Whether Slack has ended a stream by itself; its message can be edited then. */
export function isStreamOver(error: unknown): boolean {
  return STREAM_OVER.has(slackCode(error) ?? '');
}

/** Another way to show a message, by the error with which Slack refused the first. */
export function detourFor(error: unknown): 'stop the stream' | 'post anew' | 'plain text' | undefined {
  switch (slackCode(error)) {
    case 'streaming_state_conflict':
      return 'stop the stream';
    case 'cant_update_message':
    case 'edit_window_closed':
      return 'post anew';
    case 'block_mismatch':
    case 'invalid_blocks':
    case 'invalid_blocks_format':
    case 'msg_blocks_too_long':
    case 'msg_blocks_too_many':
    case 'msg_too_long':
      return 'plain text';
    default:
      return undefined;
  }
}

/** Why nothing was sent, where the address was none of Slack's. */
export function elsewhere(error: unknown): string | undefined {
  const { original } = error instanceof webApi.WebAPIRequestError ? error : {};
  return original instanceof Elsewhere ? original.message : undefined;
}

/** Whether a call may have been carried out although it failed: its answer was lost, not the call itself. */
export function mayHaveWorked(error: unknown): boolean {
  if (elsewhere(error) !== undefined) return false;
  if (error instanceof webApi.WebAPIPlatformError) return TROUBLE.has(error.data.error);
  return error instanceof webApi.WebAPIRequestError || error instanceof webApi.WebAPIHTTPError;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a refusal is about where something was to be said, not about what or how. */
export function isAboutPlace(error: unknown): boolean {
  const code = slackCode(error) ?? '';
  return GONE.has(code) || code === 'invalid_thread_ts';
}

/** A failed call in the port's words; what they have no word for stays as it is. */
export function translated(error: unknown): unknown {
  if (error instanceof webApi.WebAPIRateLimitedError)
    return new RateLimited(error.retryAfter * 1_000, { cause: error });
  const code = slackCode(error);
  if (code !== undefined && LIMITED.has(code)) return new RateLimited(UNTOLD_WAIT_MS, { cause: error });
  if (code !== undefined && GONE.has(code))
    return new Gone(`Slack takes no more of this reply (${code}).`, { cause: error });
  if (mayHaveWorked(error)) return new Unavailable(reasonOf(error), { cause: error });
  return error;
}
