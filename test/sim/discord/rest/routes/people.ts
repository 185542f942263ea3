import { missingAccess, unknownGuild, unknownMember, unknownUser } from '../../api-error.ts';
import { guildSummary, rolePayload } from '../../guild-payloads.ts';
import type { Guild } from '../../model.ts';
import { channelPayload, memberPayload, userPayload } from '../../payloads.ts';
import { Form } from '../../validation/form.ts';
import { type Answer, ok, type Request, type Route, route } from '../route.ts';

/** Users, direct messages, guilds and their members. */
export const peopleRoutes: Route[] = [
  route('GET', '/users/@me', 'other', ({ backend }) => ok(userPayload(backend.world.bot))),
  route('GET', '/users/@me/guilds', 'other', ({ backend }) => {
    const guilds = [...backend.world.guilds.values()].filter(({ members }) =>
      members.has(backend.world.bot.id),
    );
    return ok(
      guilds.map(({ id, name }) => ({ id, name, icon: null, owner: false, permissions: '0', features: [] })),
    );
  }),
  route('POST', '/users/@me/channels', 'directMessages', openDirectMessages),
  route('GET', '/users/:user', 'other', (request) => {
    const user = request.backend.world.users.get(request.param('user'));
    if (!user) throw unknownUser();
    return ok(userPayload(user));
  }),
  route('GET', '/guilds/:guild', 'other', (request) => ok(guildSummary(guildOf(request)))),
  route('GET', '/guilds/:guild/channels', 'other', (request) => {
    const guild = guildOf(request);
    const { world } = request.backend;
    const channels = [...world.channels.values()].filter(
      (channel) => channel.guild === guild && !channel.thread,
    );
    return ok(channels.map((channel) => channelPayload(channel, world.bot)));
  }),
  route('GET', '/guilds/:guild/roles', 'other', (request) =>
    ok([...guildOf(request).roles.values()].map(rolePayload)),
  ),
  route('GET', '/guilds/:guild/members/:user', 'other', (request) => {
    const member = guildOf(request).members.get(request.param('user'));
    if (!member) throw unknownMember();
    return ok(memberPayload(member));
  }),
];

function openDirectMessages(request: Request): Answer {
  const { world } = request.backend;
  const form = new Form();
  const id = form.id(['recipient_id'], request.json.recipient_id);
  if (request.json.recipient_id === undefined) {
    form.fault(['recipient_id'], 'BASE_TYPE_REQUIRED', 'This field is required');
  }
  form.check();
  const user = world.users.get(id ?? '');
  if (!user || user === world.bot) throw unknownUser();
  return ok(channelPayload(world.directMessages(user), world.bot));
}

function guildOf(request: Request): Guild {
  const { world } = request.backend;
  const guild = world.guilds.get(request.param('guild'));
  if (!guild) throw unknownGuild();
  if (!guild.members.has(world.bot.id)) throw missingAccess();
  return guild;
}
