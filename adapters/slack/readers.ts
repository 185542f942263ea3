import type { webApi } from '@slack/bolt';
import type { Readers } from '../../src/platform.ts';
import { Problem } from '../../src/problem.ts';
import { slackCode } from './failures.ts';
import { isDirect, type Place } from './place.ts';
import { APPS_PAGE } from './surface.ts';

/** The most that Slack gives in a page: https://docs.slack.dev/reference/methods/conversations.members */
const PAGE = 999;

interface Group {
  names: readonly string[];
  users: ReadonlySet<string>;
}

/** Who can read a channel: everybody a public one, its members every other. Those are asked for anew each time. */
export class ChannelReaders {
  readonly #client: webApi.WebClient;
  readonly #groupsAgeMs: number;
  #groups: { all: Promise<Group[]>; at: number } | undefined;

  /** @param groupsAgeMs Slack lets an app ask for user groups 20 times a minute. Who leaves one is taken for a member so much longer. */
  constructor(client: webApi.WebClient, groupsAgeMs: number) {
    this.#client = client;
    this.#groupsAgeMs = groupsAgeMs;
  }

  /** @param self The app's own user, who tells nobody. */
  async of(place: Place, named: readonly string[], self: string): Promise<Readers> {
    const { channel: id } = place;
    const ours = named.filter((name) => name.startsWith('slack:'));
    if (ours.length === 0) return { places: [] };
    if (isDirect(place)) return { places: [`slack:${id}`], people: await this.#called([place.user], ours) };
    const { channel } = await this.#client.conversations.info({ channel: id });
    if (!channel) throw new Error('Slack does not say what a channel is.');
    const { name, is_private: isPrivate, is_mpim: isGroup } = channel;
    const places = [`slack:${id}`, ...(name && !isGroup ? [`slack:#${name.toLowerCase()}`] : [])];
    // Only what Slack calls so is known to be closed.
    if (!isPrivate && !isGroup) return { places };
    const members = (await this.#members(id)).filter((user) => user !== self);
    return { places, people: await this.#called(members, ours) };
  }

  /**
   * A person's own name, and those of their groups and channels, as far as any of these are named. Throws a `Problem` where
   * the app may not know.
   */
  async namesOf(person: string, named: readonly string[]): Promise<string[]> {
    return this.#namesOf(person, named).catch((error: unknown) => {
      throw slackCode(error) === 'missing_scope' ? lacking(error) : error;
    });
  }

  async #namesOf(person: string, named: readonly string[]): Promise<string[]> {
    const isNamed = named.some((name) => /^slack:[CG#]/.test(name));
    const [called, channels] = await Promise.all([
      this.#called([person], named),
      isNamed ? this.#channelsOf(person) : [],
    ]);
    return [...called.flat(), ...channels];
  }

  /** What a user group is called, such as `@it`; undefined for one that is not there. */
  async handleOf(group: string): Promise<string | undefined> {
    const found = (await this.#allGroups()).find(({ names }) => names.includes(`slack:${group}`));
    return found?.names.find((name) => name.startsWith('slack:@'))?.slice('slack:'.length);
  }

  /** The names of the channels that somebody is in, as far as the app may know of them. */
  async #channelsOf(user: string): Promise<string[]> {
    const names: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.#client.users.conversations({
        user,
        types: 'public_channel,private_channel',
        exclude_archived: true,
        limit: PAGE,
        ...(cursor && { cursor }),
      });
      for (const { id, name } of page.channels ?? [])
        names.push(`slack:${id}`, ...(name ? [`slack:#${name.toLowerCase()}`] : []));
      cursor = page.response_metadata?.next_cursor || undefined;
      if (cursor === undefined) return names;
    }
  }

  async #members(channel: string): Promise<string[]> {
    const members: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.#client.conversations.members({
        channel,
        limit: PAGE,
        ...(cursor && { cursor }),
      });
      members.push(...(page.members ?? []));
      cursor = page.response_metadata?.next_cursor || undefined;
      if (cursor === undefined) return members;
    }
  }

  /** What each is called: by their id and by their groups, if audiences name any. */
  async #called(users: readonly string[], named: readonly string[]): Promise<string[][]> {
    const groups = named.some((name) => /^slack:[S@]/.test(name)) ? await this.#allGroups() : [];
    return users.map((user) => [
      `slack:${user}`,
      ...groups.filter((group) => group.users.has(user)).flatMap(({ names }) => names),
    ]);
  }

  #allGroups(): Promise<Group[]> {
    const known = this.#groups;
    if (known && performance.now() - known.at < this.#groupsAgeMs) return known.all;
    const all = this.#askForGroups();
    this.#groups = { all, at: performance.now() };
    all.catch(() => {
      this.#groups = undefined;
    });
    return all;
  }

  /** Those that are switched off are left out. */
  async #askForGroups(): Promise<Group[]> {
    const { usergroups = [] } = await this.#client.usergroups.list({ include_users: true });
    return usergroups.map(({ id, handle, users = [] }) => ({
      names: [`slack:${id}`, ...(handle ? [`slack:@${handle.toLowerCase()}`] : [])],
      users: new Set(users),
    }));
  }
}

function lacking(cause: unknown): Problem {
  return new Problem(
    `The Slack app may not look up groups and channels: paste adapters/slack/manifest.json at ${APPS_PAGE} and install the app again.`,
    { cause },
  );
}
