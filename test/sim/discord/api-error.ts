import { RESTJSONErrorCodes } from 'discord.js';
import type { Json } from './json.ts';

/** https://discord.com/developers/docs/topics/rate-limits#header-format-rate-limit-header-examples */
export type Scope = 'user' | 'global' | 'shared';

/**
 * An answer that Discord gives instead of doing what was asked.
 * Codes and wording: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
 */
export class ApiError extends Error {
  readonly status: number;
  /** Null for the rate limits that come without one. */
  readonly code: number | null;
  readonly details: Json;
  /** Of a rate limit: whose it is. */
  readonly scope: Scope | null;

  constructor(
    status: number,
    code: number | null,
    message: string,
    details: Json = {},
    scope: Scope | null = null,
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.scope = scope;
  }

  get body(): Json {
    return { message: this.message, ...(this.code !== null && { code: this.code }), ...this.details };
  }
}

const known = (status: number, code: number, message: string) => () => new ApiError(status, code, message);

const Code = RESTJSONErrorCodes;

export const unauthorized = known(401, 0, '401: Unauthorized');
export const notFound = known(404, 0, '404: Not Found');
export const methodNotAllowed = known(405, 0, '405: Method Not Allowed');
export const unknownChannel = known(404, Code.UnknownChannel, 'Unknown Channel');
export const unknownGuild = known(404, Code.UnknownGuild, 'Unknown Guild');
export const unknownMember = known(404, Code.UnknownMember, 'Unknown Member');
export const unknownMessage = known(404, Code.UnknownMessage, 'Unknown Message');
export const unknownUser = known(404, Code.UnknownUser, 'Unknown User');
export const unknownEmoji = known(400, Code.UnknownEmoji, 'Unknown Emoji');
export const unknownWebhook = known(404, Code.UnknownWebhook, 'Unknown Webhook');
export const unknownInteraction = known(404, Code.UnknownInteraction, 'Unknown interaction');
export const unknownApplication = known(404, Code.UnknownApplication, 'Unknown Application');
export const unknownCommand = known(404, Code.UnknownApplicationCommand, 'Unknown application command');
export const invalidWebhookToken = known(401, Code.InvalidWebhookToken, 'Invalid Webhook Token');
export const alreadyAcknowledged = known(
  400,
  Code.InteractionHasAlreadyBeenAcknowledged,
  'Interaction has already been acknowledged.',
);
export const missingAccess = known(403, Code.MissingAccess, 'Missing Access');
export const missingPermissions = known(403, Code.MissingPermissions, 'Missing Permissions');
export const notYourMessage = known(
  403,
  Code.CannotEditMessageAuthoredByAnotherUser,
  'Cannot edit a message authored by another user',
);
export const emptyMessage = known(400, Code.CannotSendAnEmptyMessage, 'Cannot send an empty message');
export const refusesMessages = known(
  403,
  Code.CannotSendMessagesToThisUser,
  'Cannot send messages to this user',
);
export const noMutualGuilds = known(
  403,
  50278,
  'Cannot send messages to this user due to having no mutual guilds',
);
export const wrongChannelType = known(
  400,
  Code.CannotExecuteActionOnThisChannelType,
  'Cannot execute action on this channel type',
);
export const noTextChannel = known(
  400,
  Code.CannotSendMessagesInNonTextChannel,
  'Cannot send messages in a non-text channel',
);
export const forumChannel = known(
  400,
  Code.CannotSendAMessageInAForumChannel,
  'Cannot send a message in a forum channel',
);
export const systemMessage = known(
  403,
  Code.CannotExecuteActionOnSystemMessage,
  'Cannot execute action on a system message',
);
/** 400 as bots report it: "400 Bad Request (error code: 50083): Thread is archived". */
export const threadArchived = known(400, Code.InvalidActionOnArchivedThread, 'Thread is archived');
/** The status is not documented; 403 is the stricter guess, because it counts as an invalid request. */
export const threadLocked = known(403, Code.ThreadLocked, 'Thread is locked');
export const threadExists = known(
  400,
  Code.ThreadAlreadyCreatedForMessage,
  'A thread has already been created for this message',
);
export const tooManyThreads = known(
  400,
  Code.MaximumActiveThreads,
  'Maximum number of active threads reached',
);
export const historyNeeded = known(
  400,
  Code.CannotReplyWithoutPermissionToReadMessageHistory,
  'Cannot reply without permission to read message history',
);
export const tooLarge = known(413, Code.RequestEntityTooLarge, 'Request entity too large');
export const tooManyAttachments = known(
  400,
  Code.MaximumNumberOfAttachmentsInAMessageReached,
  'Maximum number of attachments in a message reached (10)',
);
/** The status is not documented; 400 is what refused content gets elsewhere. */
export const harmfulLink = known(
  400,
  Code.MessageBlockedByHarmfulLinksFilter,
  'Message blocked by harmful links filter',
);
export const invalidJson = known(
  400,
  Code.RequestBodyContainsInvalidJSON,
  'The request body contains invalid JSON.',
);
export const invalidApiVersion = known(400, Code.InvalidAPIVersion, 'Invalid API version provided');
/** How Discord's edge turns away a client without a proper User-Agent. https://discord.com/developers/docs/reference#user-agent */
export const userAgentNeeded = known(403, 40333, 'internal network error');
