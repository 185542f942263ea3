import { InteractionResponseType } from 'discord.js';
import { unknownWebhook } from '../../api-error.ts';
import type { Interaction } from '../../interactions.ts';
import { messagePayload } from '../../payloads.ts';
import { type Answer, done, ok, type Request, type Route } from '../route.ts';

/**
 * Answers to interactions. The token in the path is the authority, and the global limit doesn't count them.
 * https://discord.com/developers/docs/interactions/receiving-and-responding#endpoints
 */
export const interactionRoutes: Route[] = [
  byToken('POST', '/interactions/:interaction/:token/callback', respond, null),
  byToken('POST', '/webhooks/:application/:token', followUp),
  byToken('GET', '/webhooks/:application/:token/messages/:message', (request) => {
    const { interactions, world, cdn } = request.backend;
    const message = interactions.message(interactionOf(request), request.param('message'));
    return ok(messagePayload(world, cdn, message));
  }),
  byToken('PATCH', '/webhooks/:application/:token/messages/:message', edit),
  byToken('DELETE', '/webhooks/:application/:token/messages/:message', (request) => {
    const { interactions, messages, world } = request.backend;
    messages.delete(interactions.message(interactionOf(request), request.param('message')), world.bot);
    return done;
  }),
];

function byToken(
  method: string,
  path: string,
  handle: Route['handle'],
  bucket: Route['bucket'] = 'webhook',
): Route {
  return { method, path, bucket, byToken: true, major: ['token'], handle };
}

/** Only these answers come back as messages; #interaction-callback-interaction-callback-resource-object of that page. */
const SHOWN: readonly unknown[] = [
  InteractionResponseType.ChannelMessageWithSource,
  InteractionResponseType.UpdateMessage,
];

function respond(request: Request): Answer {
  const { interactions, world, cdn } = request.backend;
  const { json, files } = request;
  const interaction = interactions.respond(request.param('interaction'), request.param('token'), json, files);
  if (request.query.get('with_response') !== 'true') return done;
  const { response } = interaction;
  return ok({
    interaction: {
      id: interaction.id,
      type: interaction.isForm ? 5 : interaction.command === null ? 3 : 2,
      ...(response && {
        response_message_id: response.id,
        response_message_loading: (response.flags & 128) !== 0,
        response_message_ephemeral: response.onlyFor !== null,
      }),
    },
    resource: {
      type: json.type,
      ...(response && SHOWN.includes(json.type) && { message: messagePayload(world, cdn, response) }),
    },
  });
}

function followUp(request: Request): Answer {
  const { interactions, world, cdn } = request.backend;
  const message = interactions.followUp(interactionOf(request), request.json, request.files);
  return ok(messagePayload(world, cdn, message));
}

function edit(request: Request): Answer {
  const { interactions, world, cdn } = request.backend;
  const message = interactions.edit(
    interactionOf(request),
    request.param('message'),
    request.json,
    request.files,
  );
  return ok(messagePayload(world, cdn, message));
}

function interactionOf(request: Request): Interaction {
  if (request.param('application') !== request.backend.world.bot.id) throw unknownWebhook();
  return request.backend.interactions.byToken(request.param('token'));
}
