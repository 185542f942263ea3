import type { webApi } from '@slack/bolt';
import { lookUpEach } from '../../src/look-up-each.ts';
import type { People } from './incoming/people.ts';
import type { ChannelReaders } from './readers.ts';

export interface DisplayNamesOptions {
  client: webApi.WebClient;
  people: Pick<People, 'find'>;
  readers: Pick<ChannelReaders, 'handleOf'>;
}

/** What those are called whom audiences name. A private channel's name is not told: others may read it. Never rejects. */
export function displayNames(
  named: readonly string[],
  options: DisplayNamesOptions,
): Promise<Map<string, string>> {
  return lookUpEach(named, (name) => displayName(name, options));
}

/** Undefined for whom Slack does not know. */
async function displayName(
  name: string,
  { client, people, readers }: DisplayNamesOptions,
): Promise<string | undefined> {
  const [, id = ''] = /^slack:(.+)$/.exec(name) ?? [];
  if (id.startsWith('@')) return id;
  if (id.startsWith('#')) return `a member of ${id}`;
  if (/^[UW]/.test(id)) return (await people.find(id)).name;
  if (id.startsWith('S')) return readers.handleOf(id);
  const { channel } = await client.conversations.info({ channel: id });
  return channel?.is_private || !channel?.name
    ? 'a member of a private channel'
    : `a member of #${channel.name}`;
}
