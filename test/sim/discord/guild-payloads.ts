import type { Json } from './json.ts';
import type { Guild, Role } from './model.ts';
import type { PrivilegedIntent } from './options.ts';
import { channelPayload, iso, memberPayload, userPayload } from './payloads.ts';
import { canView, type World } from './world.ts';

export function rolePayload(role: Role): Json {
  return {
    id: role.id,
    name: role.name,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    position: 1,
    permissions: role.permissions.toString(),
    managed: role.bot !== null,
    mentionable: role.mentionable,
    flags: 0,
    ...(role.bot && { tags: { bot_id: role.bot.id } }),
  };
}

/** GUILD_CREATE: channels, the active threads that the bot sees, and members (few enough to come at once). */
export function guildPayload(world: World, guild: Guild): Json {
  const visible = [...world.channels.values()].filter((channel) => channel.guild === guild);
  const bot = world.bot;
  const joined = guild.members.get(bot.id)?.joinedAt ?? Date.now();
  return {
    ...guildSummary(guild),
    joined_at: iso(joined),
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    voice_states: [],
    members: [...guild.members.values()].map(memberPayload),
    channels: visible.filter(({ thread }) => !thread).map((channel) => channelPayload(channel, bot)),
    threads: visible
      .filter((channel) => channel.thread && !channel.thread.archived && canView(channel, bot))
      .map((channel) => channelPayload(channel, bot)),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}

export function guildSummary(guild: Guild): Json {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    owner_id: guild.owner.id,
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 1,
    default_message_notifications: 1,
    explicit_content_filter: 0,
    roles: [...guild.roles.values()].map(rolePayload),
    emojis: [],
    stickers: [],
    features: [],
    mfa_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    vanity_url_code: null,
    description: null,
    banner: null,
    premium_tier: 0,
    preferred_locale: 'en-US',
    public_updates_channel_id: null,
    nsfw_level: 0,
    premium_progress_bar_enabled: false,
    safety_alerts_channel_id: null,
  };
}

/** `flags` of an application tells which privileged intents are switched on, in their form for small bots. */
const INTENT_FLAGS: Record<PrivilegedIntent, number> = {
  GuildPresences: 1 << 13,
  GuildMembers: 1 << 15,
  MessageContent: 1 << 19,
};

export function applicationPayload(world: World): Json {
  return {
    id: world.bot.id,
    name: world.bot.name,
    icon: null,
    description: '',
    bot_public: true,
    bot_require_code_grant: false,
    bot: userPayload(world.bot),
    owner: userPayload(world.bot),
    verify_key: '0'.repeat(64),
    team: null,
    summary: '',
    flags: world.settings.privilegedIntents.reduce((bits, name) => bits | INTENT_FLAGS[name], 0),
  };
}
