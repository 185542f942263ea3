import { unknownApplication, unknownCommand, unknownGuild } from '../../api-error.ts';
import { applicationPayload } from '../../guild-payloads.ts';
import { isSnowflake } from '../../ids.ts';
import { readCommands } from '../../validation/commands.ts';
import { type Answer, done, ok, type Request, type Route, route } from '../route.ts';

/** The app itself, the gateway's address and the commands. */
export const applicationRoutes: Route[] = [
  route('GET', '/gateway', 'other', ({ backend }) => ok({ url: backend.gateway.info().url })),
  route('GET', '/gateway/bot', 'other', ({ backend }) => ok(backend.gateway.info())),
  route('GET', '/applications/@me', 'other', ({ backend }) => ok(applicationPayload(backend.world))),
  route('GET', '/oauth2/applications/@me', 'other', ({ backend }) => ok(applicationPayload(backend.world))),
  ...['/applications/:application/commands', '/applications/:application/guilds/:guild/commands'].flatMap(
    (path) => [
      route('GET', path, 'commands', listCommands),
      route('PUT', path, 'commands', replaceCommands),
      route('DELETE', `${path}/:command`, 'commands', deleteCommand),
    ],
  ),
];

function listCommands(request: Request): Answer {
  const { commands, world } = request.backend;
  return ok(commands.list(scope(request)).map((command) => commands.payload(command, world.bot.id)));
}

function replaceCommands(request: Request): Answer {
  const { commands, world } = request.backend;
  const set = commands.replace(scope(request), readCommands(request.body));
  return ok(set.map((command) => commands.payload(command, world.bot.id)));
}

function deleteCommand(request: Request): Answer {
  const { commands } = request.backend;
  const before = commands.list(scope(request));
  const rest = before.filter(({ id }) => id !== request.param('command'));
  if (rest.length === before.length) throw unknownCommand();
  commands.replace(scope(request), rest);
  return done;
}

/** The guild whose commands are meant, or null for everywhere. */
function scope(request: Request): string | null {
  const { world } = request.backend;
  if (request.param('application') !== world.bot.id) throw unknownApplication();
  const guild = request.param('guild');
  if (guild === '') return null;
  if (!isSnowflake(guild) || !world.guilds.get(guild)?.members.has(world.bot.id)) throw unknownGuild();
  return guild;
}
