import { fileInMessage } from './file-json.ts';
import type { Channel, Json, Message } from './objects.ts';
import { streamBlocks } from './streams.ts';
import { APP_USER, type Workspace } from './workspace.ts';

/** A message as the Web API and the events show it. */
export function messageJson(workspace: Workspace, origin: string, message: Message): Json {
  const { stream, bot, edited, threadTs, fileIds } = message;
  const files = fileIds.flatMap((id) => workspace.files.get(id) ?? []);
  const blocks = stream === undefined ? message.blocks : streamBlocks(stream);
  return {
    type: 'message',
    ...(message.subtype !== undefined && { subtype: message.subtype }),
    user: message.user,
    text: message.text,
    ts: message.ts,
    team: workspace.team.id,
    ...(bot !== undefined && {
      bot_id: bot.id,
      app_id: bot.appId,
      bot_profile: botProfile(workspace, message),
    }),
    ...(message.username !== undefined && { username: message.username }),
    ...(threadTs !== undefined && threadJson(workspace, message, threadTs)),
    ...(blocks.length > 0 && { blocks }),
    ...(files.length > 0 && {
      files: files.map((file) => fileInMessage(workspace, origin, file)),
      upload: false,
    }),
    ...(message.attachments !== undefined && { attachments: message.attachments }),
    ...(edited !== undefined && { edited }),
    ...(stream !== undefined && { streaming_state: stream.state }),
    ...(message.reactions !== undefined && { reactions: reactionsJson(message.reactions) }),
    ...(message.metadata !== undefined && { metadata: message.metadata }),
  };
}

function threadJson(workspace: Workspace, message: Message, threadTs: string): Json {
  const channel = workspace.channel(message.channel);
  if (threadTs !== message.ts) {
    const parent = channel.messages.get(threadTs);
    return { thread_ts: threadTs, ...(parent !== undefined && { parent_user_id: parent.user }) };
  }
  return { thread_ts: threadTs, ...rootJson(workspace, channel, message) };
}

/** Only a message with replies carries their count. */
function rootJson(workspace: Workspace, channel: Channel, root: Message): Json {
  const replies = workspace.replies(channel, root.ts);
  const users = [...new Set(replies.map((reply) => reply.user))];
  return {
    reply_count: replies.length,
    reply_users: users,
    reply_users_count: users.length,
    latest_reply: replies.at(-1)?.ts,
  };
}

function botProfile(workspace: Workspace, message: Message): Json {
  const { user, bot } = message;
  const name = workspace.users.get(user)?.name ?? APP_USER.name;
  return { id: bot?.id, app_id: bot?.appId, name, team_id: workspace.team.id, deleted: false, updated: 0 };
}

function reactionsJson(reactions: Map<string, string[]>): Json[] {
  return [...reactions].map(([name, users]) => ({ name, users, count: users.length }));
}
