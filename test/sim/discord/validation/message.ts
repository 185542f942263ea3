import { MessageFlags } from 'discord.js';
import type { Json } from '../json.ts';
import type { AllowedMentions } from '../mentions.ts';
import { readComponents } from './components.ts';
import { readEmbeds } from './embeds.ts';
import { Form, lengthOf } from './form.ts';

const CONTENT = 2000;
/** Past this length Discord names the greater limit, of paying people, in its answer (discord-api-docs#2941). */
const PAID_CONTENT = 4000;
const NONCE = 25;
const ATTACHMENTS = 10;
const DESCRIPTION = 1024;
const MENTIONS = 100;

/** A request to create or edit a message; what is absent is undefined, what is emptied is empty. */
export interface MessageBody {
  content: string | undefined;
  embeds: Json[] | undefined;
  components: Json[] | undefined;
  /** What stays of the old attachments, and what describes the new ones. */
  attachments: { id: string; filename: string | undefined; description: string | undefined }[] | undefined;
  allowedMentions: AllowedMentions | undefined;
  flags: number | undefined;
  nonce: string | number | undefined;
  enforceNonce: boolean;
  reference: { messageId: string; channelId: string | undefined; failIfNotExists: boolean } | undefined;
}

/** Flags that a bot may set. https://discord.com/developers/docs/resources/message#message-object-message-flags */
const SETTABLE =
  MessageFlags.SuppressEmbeds |
  MessageFlags.Ephemeral |
  MessageFlags.SuppressNotifications |
  MessageFlags.IsComponentsV2;

/**
 * Reads the body of a message.
 * @param before The flags that the message has already, when it is edited.
 * @throws ApiError 50035 that names every fault.
 */
export function readMessageBody(json: Json, before = 0): MessageBody {
  const form = new Form();
  const flags = form.integer(['flags'], json.flags, { min: 0, max: 0xff_ff_ff });
  const laidOut = (((flags ?? 0) | before) & MessageFlags.IsComponentsV2) !== 0;
  const body: MessageBody = {
    content: readContent(form, json.content),
    embeds: readEmbeds(form, json.embeds === null ? [] : json.embeds),
    components: readComponents(form, json.components === null ? [] : json.components, laidOut),
    attachments: readAttachments(form, json.attachments === null ? [] : json.attachments),
    allowedMentions: readAllowedMentions(form, json.allowed_mentions),
    flags: flags === undefined ? undefined : flags & SETTABLE,
    nonce: readNonce(form, json.nonce),
    enforceNonce: form.flag(['enforce_nonce'], json.enforce_nonce) ?? false,
    reference: readReference(form, json.message_reference),
  };
  if (laidOut && body.content) refuseBeside(form, 'content');
  if (laidOut && body.embeds?.length) refuseBeside(form, 'embeds');
  form.check();
  return body;
}

function refuseBeside(form: Form, field: string): void {
  form.fault(
    [field],
    'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
    `The '${field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
  );
}

/** "Discord may strip certain characters", such as these: https://discord.com/developers/docs/resources/message#create-message, discord-api-docs#1189 */
const STRIPPED = /[\u202a-\u202e]/g;

/** Space at both ends is cut off, as people see it happen; no page of Discord's tells. */
function readContent(form: Form, value: unknown): string | undefined {
  if (value === null) return '';
  const length = typeof value === 'string' ? lengthOf(value) : 0;
  const max = length > PAID_CONTENT ? PAID_CONTENT : CONTENT;
  return form.text(['content'], value, { max })?.replace(STRIPPED, '').trim();
}

function readNonce(form: Form, value: unknown): string | number | undefined {
  if (typeof value === 'number')
    return form.integer(['nonce'], value, { min: 0, max: Number.MAX_SAFE_INTEGER });
  return form.text(['nonce'], value, { max: NONCE });
}

function readAttachments(form: Form, value: unknown): MessageBody['attachments'] {
  if (value === undefined) return undefined;
  return form.objects(['attachments'], value, { max: ATTACHMENTS }).map(({ path, value: attachment }) => ({
    id: String(attachment.id),
    filename: form.text([...path, 'filename'], attachment.filename, { max: 1024 }),
    description: form.text([...path, 'description'], attachment.description, { max: DESCRIPTION }),
  }));
}

function readReference(form: Form, value: unknown): MessageBody['reference'] {
  const reference = form.object(['message_reference'], value);
  if (!reference) return undefined;
  const messageId = form.id(['message_reference', 'message_id'], reference.message_id);
  if (reference.message_id === undefined) {
    form.fault(['message_reference', 'message_id'], 'BASE_TYPE_REQUIRED', 'This field is required');
  }
  const channelId = form.id(['message_reference', 'channel_id'], reference.channel_id);
  const failIfNotExists = form.flag(
    ['message_reference', 'fail_if_not_exists'],
    reference.fail_if_not_exists,
  );
  return messageId === undefined
    ? undefined
    : { messageId, channelId, failIfNotExists: failIfNotExists ?? true };
}

function readAllowedMentions(form: Form, value: unknown): AllowedMentions | undefined {
  const allowed = form.object(['allowed_mentions'], value);
  if (!allowed) return undefined;
  const parse = readParse(form, allowed.parse);
  const users = readIds(form, 'users', allowed.users);
  const roles = readIds(form, 'roles', allowed.roles);
  for (const [kind, list] of [
    ['users', users],
    ['roles', roles],
  ] as const) {
    if (parse.includes(kind) && list.length > 0) {
      const message = `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`;
      form.fault(['allowed_mentions'], 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE', message);
    }
  }
  const repliedUser = form.flag(['allowed_mentions', 'replied_user'], allowed.replied_user) ?? false;
  return { parse, users, roles, repliedUser };
}

function readParse(form: Form, value: unknown): string[] {
  const path = ['allowed_mentions', 'parse'];
  return (form.list(path, value, { max: 3 }) ?? []).flatMap(
    (kind, index) => form.choice([...path, index], kind, ['users', 'roles', 'everyone']) ?? [],
  );
}

function readIds(form: Form, kind: 'users' | 'roles', value: unknown): string[] {
  const path = ['allowed_mentions', kind];
  return (form.list(path, value, { max: MENTIONS }) ?? []).flatMap(
    (id, index) => form.id([...path, index], id) ?? [],
  );
}

/** A body that says just this. */
export function plainBody(content: string, more: Partial<MessageBody> = {}): MessageBody {
  return {
    content,
    embeds: undefined,
    components: undefined,
    attachments: undefined,
    allowedMentions: undefined,
    flags: undefined,
    nonce: undefined,
    enforceNonce: false,
    reference: undefined,
    ...more,
  };
}
