import { mentionsIn } from './markup.ts';
import type { Change, Channel, Json, Message } from './objects.ts';
import { streamBlocks } from './streams.ts';
import type { Workspace } from './workspace.ts';

/** A notification that a mention brought to people. */
export interface Ping {
  channel: string;
  ts: string;
  author: string;
  /** `@U0ANN`, `!channel`, `!subteam^S0HELP` … */
  mention: string;
  /** Who was notified: members of the channel, without the author and bots. */
  users: string[];
}

/**
 * Who would have been notified. A new message notifies, an edit nobody; a stream notifies whom its text reaches
 * as it grows (not documented: the strict reading).
 */
export class Pings {
  readonly list: Ping[] = [];
  readonly #workspace: Workspace;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
    workspace.listen((change) => this.#heed(change));
  }

  #heed(change: Change): void {
    if (change.kind === 'posted' || change.kind === 'appended') this.#ping(change.message);
    if (change.kind === 'changed' && change.message.stream !== undefined) this.#ping(change.message);
  }

  #ping(message: Message): void {
    const channel = this.#workspace.channel(message.channel);
    const known = this.list.filter(({ ts }) => ts === message.ts).map(({ mention }) => mention);
    for (const mention of new Set(mentionsOf(message))) {
      const users = this.#reached(channel, mention).filter((user) => user !== message.user);
      if (known.includes(mention) || users.length === 0) continue;
      this.list.push({ channel: channel.id, ts: message.ts, author: message.user, mention, users });
    }
  }

  #reached(channel: Channel, mention: string): string[] {
    const people = [...channel.members].filter((id) => this.#workspace.users.get(id)?.bot === undefined);
    if (['!channel', '!here', '!everyone'].includes(mention)) return people;
    const subteam = this.#workspace.subteams.get(mention.replace('!subteam^', '')) ?? [];
    return people.filter((id) => mention === `@${id}` || subteam.includes(id));
  }
}

/** Blocks as well as text count: the text is what a notification is made of. */
function mentionsOf(message: Message): string[] {
  const blocks = message.stream === undefined ? message.blocks : streamBlocks(message.stream);
  return [...mentionsIn(message.text, message.format), ...blocks.flatMap(mentionsInBlock)];
}

function mentionsInBlock(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(mentionsInBlock);
  if (typeof value !== 'object' || value === null) return [];
  const each: Json = { ...value };
  switch (each.type) {
    case 'mrkdwn':
      return mentionsIn(String(each.text), 'mrkdwn');
    case 'markdown':
      return mentionsIn(String(each.text), 'markdown');
    case 'user':
      return [`@${each.user_id}`];
    case 'usergroup':
      return [`!subteam^${each.usergroup_id}`];
    case 'broadcast':
      return [`!${each.range}`];
    default:
      return Object.values(each).flatMap(mentionsInBlock);
  }
}
