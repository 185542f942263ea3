import { ComponentType, MessageFlags, MessageType } from 'discord.js';
import type { Interaction } from './interactions.ts';
import type { Json } from './json.ts';
import type { Attachment, Channel, Message } from './model.ts';
import { flatten } from './validation/components.ts';
import type { World } from './world.ts';

export interface SeenButton {
  label: string;
  /** Null for a link. */
  customId: string | null;
  disabled: boolean;
}

/** A message as somebody sees it in their client. */
export interface SeenMessage {
  id: string;
  author: string;
  /** Whether the platform wrote it in the author's name. */
  isNote: boolean;
  /** The source of the text: Markdown, mentions by id. */
  content: string;
  edited: boolean;
  /** A deferred reply that still shows "is thinking…". */
  thinking: boolean;
  /** The name of the only person who sees it, or null. */
  onlyFor: string | null;
  /** Whom it answers and with which words, or null. */
  replyTo: { author: string; content: string } | null;
  /** `/ask`, for the answer to a command. */
  command: string | null;
  buttons: SeenButton[];
  attachments: { name: string; contentType: string; data: Buffer; description: string | null }[];
  embeds: { title: string; description: string }[];
  /** The title of the thread that hangs on it, or null. */
  thread: string | null;
  reactions: { emoji: string; count: number }[];
}

const NOTES: readonly number[] = [
  MessageType.RecipientAdd,
  MessageType.ThreadCreated,
  MessageType.ThreadStarterMessage,
];

/** The messages of a channel, oldest first, as a person sees them; without a name everybody's ephemeral ones show. */
export function seenMessages(channel: Channel, as?: string): SeenMessage[] {
  return [...channel.messages.values()]
    .filter(({ onlyFor }) => !onlyFor || as === undefined || onlyFor.name === as)
    .map(seen);
}

function seen(message: Message): SeenMessage {
  const components = flatten(message.components);
  return {
    id: message.id,
    author: message.author.name,
    isNote: NOTES.includes(message.type),
    content: shownText(message, components),
    edited: message.editedAt !== null,
    thinking: (message.flags & MessageFlags.Loading) !== 0,
    onlyFor: message.onlyFor?.name ?? null,
    replyTo: repliedTo(message),
    command: message.type === MessageType.ChatInputCommand ? `/${message.interaction?.command}` : null,
    buttons: components.filter(({ type }) => type === ComponentType.Button).map(seenButton),
    attachments: message.attachments.map(({ name, contentType, data, description }: Attachment) => ({
      name,
      contentType,
      data,
      description,
    })),
    embeds: message.flags & MessageFlags.SuppressEmbeds ? [] : message.embeds.map(seenEmbed),
    thread: message.thread?.name ?? null,
    reactions: [...message.reactions].map(([emoji, users]) => ({ emoji, count: users.size })),
  };
}

/** The platform's own notes have words of their own; a message of components has its text displays. */
function shownText(message: Message, components: readonly Json[]): string {
  if (message.type === MessageType.ThreadCreated) return `started a thread: ${message.content}`;
  if (message.type === MessageType.ThreadStarterMessage) {
    const { reference } = message;
    const source = reference?.messageId ? reference.channel.messages.get(reference.messageId) : undefined;
    return source?.content ?? 'Original message was deleted.';
  }
  if (message.type === MessageType.RecipientAdd)
    return `added <@${message.mentions.users[0]?.id}> to the thread.`;
  const displays = components.filter(({ type }) => type === ComponentType.TextDisplay);
  return displays.length > 0 ? displays.map(({ content }) => content).join('\n') : message.content;
}

function repliedTo({ type, reference }: Message): SeenMessage['replyTo'] {
  if (type !== MessageType.Reply || !reference?.messageId) return null;
  const target = reference.channel.messages.get(reference.messageId);
  return target
    ? { author: target.author.name, content: target.content }
    : { author: '?', content: 'Message deleted' };
}

function seenButton({ label, emoji, custom_id: customId, disabled }: Json): SeenButton {
  const name = typeof emoji === 'object' && emoji !== null ? String((emoji as Json).name ?? '') : '';
  return {
    label: [name, label].filter(Boolean).join(' '),
    customId: typeof customId === 'string' ? customId : null,
    disabled: disabled === true,
  };
}

function seenEmbed({ title, description }: Json): { title: string; description: string } {
  return { title: String(title ?? ''), description: String(description ?? '') };
}

/** The channel as text: what a person reads on the screen, from top to bottom. */
export function viewOf(world: World, channel: Channel, failed: readonly Interaction[], as?: string): string {
  const lines = seenMessages(channel, as).flatMap((message) => messageLines(world, message));
  const failures = failed.map((one) =>
    one.command === null
      ? `⚠ ${one.user.name}: This interaction failed`
      : `⚠ ${one.user.name}: /${one.command}: The application did not respond`,
  );
  return [headline(channel), ...lines, ...failures, ...typingLine(world, channel)].join('\n');
}

function headline({ recipient, thread, name, parent }: Channel): string {
  if (recipient) return `@${recipient.name}`;
  if (!thread) return `#${name}`;
  const state = [thread.archived && 'archived', thread.locked && 'locked'].filter(Boolean).join(', ');
  return `#${parent?.name} › 🧵 ${name}${state ? ` (${state})` : ''}`;
}

function messageLines(world: World, message: SeenMessage): string[] {
  const { replyTo, content, thinking, edited } = message;
  const marks = [message.command, message.onlyFor && `only ${message.onlyFor} sees this`].filter(Boolean);
  const text = thinking ? `${message.author} is thinking…` : readable(world, content);
  return [
    ...(replyTo ? [`  ╭ ${replyTo.author}: ${firstLine(readable(world, replyTo.content))}`] : []),
    `${message.author}${marks.length > 0 ? ` [${marks.join(', ')}]` : ''}:`,
    ...`${text}${edited ? ' (edited)' : ''}`.split('\n').map((line) => `  ${line}`),
    ...message.embeds.map(
      ({ title, description }) => `  ▏${[title, description].filter(Boolean).join(': ')}`,
    ),
    ...message.attachments.map(
      ({ name, data, description }) =>
        `  📎 ${name} (${data.length} bytes)${description === null ? '' : ` [alt: ${description}]`}`,
    ),
    ...(message.buttons.length > 0 ? [`  ${message.buttons.map(buttonText).join(' ')}`] : []),
    ...(message.reactions.length > 0
      ? [`  ${message.reactions.map((r) => `${r.emoji} ${r.count}`).join('  ')}`]
      : []),
    ...(message.thread === null ? [] : [`  🧵 ${message.thread}`]),
  ];
}

function buttonText({ label, disabled }: SeenButton): string {
  return disabled ? `(${label})` : `[${label}]`;
}

/** Mentions by name, as the client shows them. */
function readable(world: World, text: string): string {
  const roles = [...world.guilds.values()].flatMap(({ roles }) => [...roles.values()]);
  return text
    .replace(/<@!?(\d+)>/g, (mention, id) =>
      world.users.has(id) ? `@${world.users.get(id)?.name}` : mention,
    )
    .replace(/<@&(\d+)>/g, (mention, id) => `@${roles.find((role) => role.id === id)?.name ?? mention}`)
    .replace(/<#(\d+)>/g, (mention, id) => `#${world.channels.get(id)?.name ?? mention}`);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function typingLine(world: World, channel: Channel): string[] {
  const names = typingNames(world, channel);
  return names.length === 0 ? [] : [`${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} typing…`];
}

/** Who shows as typing at this moment. */
export function typingNames(world: World, channel: Channel): string[] {
  const now = Date.now();
  return [...channel.typing]
    .filter(([, until]) => until > now)
    .flatMap(([id]) => world.users.get(id)?.name ?? []);
}
