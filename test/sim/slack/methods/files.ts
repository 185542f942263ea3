import { z } from 'zod';
import { parseBlocks } from '../blocks.ts';
import { type Call, type Method, writableChannel } from '../call.ts';
import { fileJson, mimetypeOf } from '../file-json.ts';
import type { Block, Channel, Json, SlackFile } from '../objects.ts';
import { TIER_4 } from '../rate-tiers.ts';
import { invalidArguments, SlackError } from '../slack-error.ts';
import { APP_USER } from '../workspace.ts';
import { inThread, newMessage } from './chat.ts';

/** Characters: https://docs.slack.dev/reference/methods/files.getUploadURLExternal (`alt_txt_too_large`) */
const ALT_LIMIT = 1_000;

const completedSchema = z.array(z.object({ id: z.string(), title: z.string().optional() })).min(1);

export const fileMethods: Record<string, Method> = {
  'files.getUploadURLExternal': { limits: [TIER_4], scopes: ['files:write'], run: getUploadUrl },
  'files.completeUploadExternal': { limits: [TIER_4], scopes: ['files:write'], run: completeUpload },
  'files.info': { limits: [TIER_4], scopes: ['files:read'], run: info },
};

/** An empty file has no length for Slack: https://docs.slack.dev/reference/methods/files.getUploadURLExternal */
function getUploadUrl({ args, workspace, services }: Call): Json {
  const name = args.required('filename');
  const length = args.number('length', 0);
  if (length <= 0) throw new SlackError('missing_argument');
  const alt = args.text('alt_txt');
  if (alt !== undefined && alt.length > ALT_LIMIT) throw new SlackError('alt_txt_too_large');
  const id = workspace.nextId('F');
  workspace.files.set(id, {
    id,
    name,
    title: name,
    mimetype: mimetypeOf(name),
    user: APP_USER.id,
    created: Math.floor(Date.now() / 1_000),
    length,
    ...(alt !== undefined && { alt }),
    channels: new Set(),
  });
  return { upload_url: `${services.uploadOrigin}/upload/v1/${id}`, file_id: id };
}

/** Shares the files in one message. A file without its upload does not exist. */
function completeUpload(call: Call): Json {
  const { args, workspace, services } = call;
  const given = completedSchema.safeParse(args.json('files'));
  if (!given.success) throw invalidArguments('missing required field: files');
  const destination = args.text('channel_id') ?? args.text('channels');
  const channel = destination === undefined ? undefined : writableChannel(call, destination);
  const blocks = parseBlocks(args.json('blocks') ?? []);
  const files = given.data.map(({ id, title }) => completed(call, id, title, channel));
  // A file that is no image and has a description is taken and never shared (slackapi/python-slack-sdk#1818).
  const isShared = files.every(({ alt, mimetype }) => alt === undefined || mimetype.startsWith('image/'));
  if (channel !== undefined && isShared) share(call, files, channel, blocks);
  return { files: files.map((file) => fileJson(workspace, services.origin, file)) };
}

function completed(
  { workspace }: Call,
  id: string,
  title: string | undefined,
  channel: Channel | undefined,
): SlackFile {
  const file = workspace.files.get(id);
  if (file?.content === undefined || file.channels.size > 0) throw new SlackError('file_not_found');
  const shared = {
    ...file,
    title: title ?? file.name,
    channels: new Set(channel === undefined ? [] : [channel.id]),
  };
  workspace.files.set(id, shared);
  return shared;
}

function share(call: Call, files: SlackFile[], channel: Channel, blocks: Block[]): void {
  const { args, workspace } = call;
  const threadTs = args.text('thread_ts');
  if (threadTs !== undefined) inThread(call, channel, threadTs);
  workspace.post({
    ...newMessage(call, channel, threadTs),
    text: args.text('initial_comment') ?? '',
    blocks,
    subtype: 'file_share',
    fileIds: files.map((file) => file.id),
  });
}

function info({ args, workspace, services }: Call): Json {
  const file = workspace.files.get(args.required('file'));
  if (file?.content === undefined) throw new SlackError('file_not_found');
  if (file.state === 'tombstone') throw new SlackError('file_deleted');
  if (file.state === 'access_denied') throw new SlackError('access_denied');
  return { file: fileJson(workspace, services.origin, file) };
}
