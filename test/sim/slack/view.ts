import { blockText } from './block-text.ts';
import { readable } from './markup.ts';
import type { Block, Channel, Message, Stream } from './objects.ts';
import { streamBlocks } from './streams.ts';
import { APP_USER, threadKey, type Workspace } from './workspace.ts';

const INDENT = '  ';

/** What a message's bubble shows, without its author. */
export function messageText(workspace: Workspace, message: Message): string {
  const blocks = message.stream === undefined ? message.blocks : shownBlocks(message.stream);
  if (blocks.length === 0) return readable(workspace, message.text, message.format);
  return blocks.map((block) => blockText(workspace, block)).join('\n');
}

/** In `plan` mode all tasks stand together under the plan's title, where the first of them came. */
function shownBlocks(stream: Stream): Block[] {
  const blocks = streamBlocks(stream);
  if (stream.displayMode !== 'plan') return blocks;
  const tasks = blocks.filter(({ type }) => type === 'task_card');
  const plan = { type: 'plan', title: stream.planTitle ?? 'Plan', tasks };
  return blocks.flatMap((block) => {
    if (block.type !== 'task_card') return [block];
    return block === tasks[0] ? [plan] : [];
  });
}

/** A whole channel, each thread under its first message. */
export function channelView(workspace: Workspace, channel: Channel): string {
  const roots = workspace
    .messages(channel)
    .filter(({ ts, threadTs }) => threadTs === undefined || threadTs === ts);
  const title = channel.kind === 'im' ? `(direct messages ${channel.id})` : `#${channel.name}`;
  const whispers = whispered(workspace, channel, undefined);
  return [
    title,
    ...promptLines(workspace, channel, ''),
    ...roots.map((root) => threadView(workspace, channel, root)),
    ...whispers,
  ].join('\n');
}

/** A message and its replies, what the app is doing there, and what is there to press. */
export function threadView(workspace: Workspace, channel: Channel, root: Message): string {
  const title =
    workspace.titles.get(threadKey(channel.id, root.ts)) ??
    workspace.sessions.get(threadKey(channel.id, root.ts))?.title;
  const lines = [
    ...(title === undefined ? [] : [`“${title}”`]),
    messageView(workspace, root),
    ...workspace.replies(channel, root.ts).map((reply) => indented(messageView(workspace, reply))),
    ...promptLines(workspace, channel, root.ts),
    ...whispered(workspace, channel, root.ts),
    ...workLines(workspace, channel, root.ts),
  ];
  return lines.join('\n');
}

function messageView(workspace: Workspace, message: Message): string {
  const author = message.username ?? workspace.users.get(message.user)?.name ?? message.user;
  const name = message.bot === undefined ? author : `${author} [app]`;
  const files = message.fileIds.flatMap((id) => workspace.files.get(id) ?? []);
  const reactions = [...(message.reactions ?? [])].map(([emoji, users]) => `:${emoji}: ${users.length}`);
  const body = [
    `${messageText(workspace, message)}${marks(message)}`,
    ...files.map(
      ({ title, mimetype, length, alt }) =>
        `📎 ${title} (${mimetype}, ${length} bytes)${alt === undefined ? '' : ` [alt: ${alt}]`}`,
    ),
    ...(reactions.length > 0 ? [reactions.join(' ')] : []),
  ].join('\n');
  return body.includes('\n') ? `${name}:\n${indented(body)}` : `${name}: ${body}`;
}

function marks({ stream, edited }: Message): string {
  if (stream?.state === 'in_progress') return ' ▌';
  if (stream?.state === 'errored') return ' ⚠ (this reply broke off)';
  return edited === undefined ? '' : ' (edited)';
}

function workLines(workspace: Workspace, channel: Channel, threadTs: string): string[] {
  const status = workspace.status(channel.id, threadTs);
  const loading = status?.loadingMessages.join(' / ') ?? '';
  return [
    ...(status === undefined
      ? []
      : [`${INDENT}${APP_USER.name} ${status.status}${loading && ` (${loading})`}`]),
    ...(workspace.showsStop(channel.id, threadTs) ? [`${INDENT}[■ Stop]`] : []),
  ];
}

function whispered(workspace: Workspace, channel: Channel, threadTs: string | undefined): string[] {
  return channel.ephemerals
    .filter((ephemeral) => ephemeral.threadTs === threadTs)
    .map(({ user, text, blocks }) => {
      const shown =
        blocks.length === 0
          ? readable(workspace, text, 'mrkdwn')
          : blocks.map((block) => blockText(workspace, block)).join('\n');
      return indented(`(only visible to ${workspace.users.get(user)?.name}) ${shown}`);
    });
}

function promptLines(workspace: Workspace, channel: Channel, threadTs: string): string[] {
  const prompts = workspace.prompts.get(threadKey(channel.id, threadTs));
  if (prompts === undefined) return [];
  return [
    `${INDENT}${prompts.title ?? 'Try these prompts'}: ${prompts.prompts.map(({ title }) => `[${title}]`).join(' ')}`,
  ];
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => INDENT + line)
    .join('\n');
}
