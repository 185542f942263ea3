/** What the app shows to Slack: `manifest.json` declares the same, and a test compares the two. */

/** The Events API's events that the adapter listens to, as a manifest names them. */
export const EVENTS = [
  'agent_session_stopped',
  'app_home_opened',
  'app_mention',
  'channel_deleted',
  'channel_left',
  'group_deleted',
  'group_left',
  'message.channels',
  'message.groups',
  'message.im',
  'message.mpim',
  'reaction_added',
  'reaction_removed',
] as const;

/** The bot token's scopes, each for what stands beside it. */
export const SCOPES = [
  'app_mentions:read',
  // Prompts and titles.
  'assistant:write',
  // Follow-ups in threads, what was said in one before the app was called, what was written while nobody was there, and
  // finding a message whose acknowledgement was lost.
  'channels:history',
  // Who can read a conversation, where documents are for some people only, and who may approve a call as a channel's member.
  'channels:read',
  'chat:write',
  'commands',
  'files:read',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'mpim:history',
  'mpim:read',
  // Thumbs under replies.
  'reactions:read',
  // The same of user groups.
  'usergroups:read',
  // The names and languages of those who ask.
  'users:read',
] as const;

const FOR_AUDIENCES = 'documents with an audience are not found in channels';
const FOR_APPROVALS =
  'calls that need the word of a user group or a channel ("approve") can be approved by none of their members';

/** Scopes that apps of an older manifest lack, and what does not work there until the app is installed again. */
export const NEWER_SCOPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['mpim:history', ['messages in group direct messages are not heard']],
  ['reactions:read', ['reactions to replies are not heard']],
  ['channels:read', [FOR_AUDIENCES, FOR_APPROVALS]],
  ['groups:read', [FOR_AUDIENCES, FOR_APPROVALS]],
  ['mpim:read', [FOR_AUDIENCES]],
  ['usergroups:read', [FOR_AUDIENCES, FOR_APPROVALS]],
]);

export const COMMAND = '/bobbin';

export const SHORTCUTS = {
  new: 'bobbin_new',
  stop: 'bobbin_stop',
} as const;

export const ACTIONS = {
  stop: 'bobbin_stop',
  regenerate: 'bobbin_regenerate',
  feedback: 'bobbin_feedback',
} as const;

/** How the ids of the buttons begin that decide on a call; the id of what is asked follows. */
export const DECISIONS = {
  approve: 'bobbin_approve:',
  refuse: 'bobbin_refuse:',
} as const;

/** The form in which people say why they refuse a call. */
export const REASON_FORM = 'bobbin_reason';

/** Where the person who runs Bobbin finds their app. */
export const APPS_PAGE = 'https://api.slack.com/apps';

/** Where Slack posts events, commands and clicks when there is no Socket Mode. */
export const HTTP_PATH = '/slack/events';

/**
 * Slack would fetch every address in a message otherwise. A stream takes no such wish
 * (https://github.com/slackapi/node-slack-sdk/pull/2389): there only an address that is no link is not fetched.
 * https://docs.slack.dev/messaging/unfurling-links-in-messages
 */
export const NO_PREVIEWS = { unfurl_links: false, unfurl_media: false };
