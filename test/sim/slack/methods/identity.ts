import type { Call, Method } from '../call.ts';
import type { Json, User } from '../objects.ts';
import { CONNECTING, SPECIAL, TIER_2, TIER_3, TIER_4 } from '../rate-tiers.ts';
import { SlackError } from '../slack-error.ts';
import { APP_BOT, APP_USER, type Team } from '../workspace.ts';

export const identityMethods: Record<string, Method> = {
  'api.test': { limits: [TIER_4], scopes: [], run: () => ({}) },
  'auth.test': { limits: [SPECIAL], scopes: [], run: authTest },
  'bots.info': { limits: [TIER_3], scopes: ['users:read'], run: botInfo },
  'users.info': { limits: [TIER_4], scopes: ['users:read'], run: userInfo },
  'usergroups.list': { limits: [TIER_2], scopes: ['usergroups:read'], run: listGroups },
  'team.info': { limits: [TIER_3], scopes: ['team:read'], run: teamInfo },
  'apps.connections.open': {
    limits: [CONNECTING],
    scopes: ['connections:write'],
    token: 'app',
    run: openConnection,
  },
};

function authTest({ workspace }: Call): Json {
  const { team } = workspace;
  return {
    url: teamUrl(team),
    team: team.name,
    user: APP_USER.name,
    team_id: team.id,
    user_id: APP_USER.id,
    bot_id: APP_BOT.id,
    is_enterprise_install: false,
  };
}

function teamUrl(team: Team): string {
  return `https://${team.domain}.slack.com/`;
}

function botInfo({ args, workspace }: Call): Json {
  const id = args.text('bot') ?? APP_BOT.id;
  const user = [...workspace.users.values()].find(({ bot }) => bot !== undefined && bot.id === id);
  if (user === undefined) throw new SlackError('bot_not_found');
  return {
    bot: { id, deleted: false, name: user.name, updated: 0, app_id: user.bot?.appId, user_id: user.id },
  };
}

function userInfo({ args, workspace }: Call): Json {
  return {
    user: userJson(workspace.team, workspace.user(args.required('user')), args.flag('include_locale')),
  };
}

function userJson(team: Team, user: User, withLocale: boolean): Json {
  return {
    id: user.id,
    team_id: team.id,
    name: user.name,
    deleted: false,
    real_name: user.realName,
    tz: user.tz,
    is_bot: user.bot !== undefined,
    is_admin: false,
    profile: { real_name: user.realName, display_name: user.name, bot_id: user.bot?.id },
    ...(withLocale && { locale: user.locale }),
  };
}

/** https://docs.slack.dev/reference/methods/usergroups.list; a group's handle is its id without the first two letters. */
function listGroups({ args, workspace }: Call): Json {
  const groups = [...workspace.subteams].map(([id, users]) => ({
    id,
    team_id: workspace.team.id,
    is_usergroup: true,
    handle: id.slice(2).toLowerCase(),
    user_count: users.length,
    ...(args.flag('include_users') && { users }),
  }));
  return { usergroups: groups };
}

function teamInfo({ workspace }: Call): Json {
  const { team } = workspace;
  return { team: { id: team.id, name: team.name, domain: team.domain, url: teamUrl(team) } };
}

function openConnection({ services }: Call): Json {
  return { url: services.connectionUrl() };
}
