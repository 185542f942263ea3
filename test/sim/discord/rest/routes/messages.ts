import { missingPermissions, unknownEmoji } from '../../api-error.ts';
import { react, showTyping, unreact } from '../../gestures.ts';
import type { Message } from '../../model.ts';
import { messagePayload, nonceField, withoutContent } from '../../payloads.ts';
import { checkActive } from '../../threads.ts';
import { Form } from '../../validation/form.ts';
import { readMessageBody } from '../../validation/message.ts';
import { may } from '../../world.ts';
import { type Answer, done, ok, type Request, type Route, route } from '../route.ts';

const MESSAGE = '/channels/:channel/messages/:message';
/** The most that one request lists, and how many it lists when it doesn't say. */
const PAGE = { max: 100, default: 50 };

export const messageRoutes: Route[] = [
  route('GET', '/channels/:channel/messages', 'messageRead', listMessages),
  route('POST', '/channels/:channel/messages', 'messages', createMessage),
  route('GET', MESSAGE, 'messageRead', (request) => {
    const message = request.message();
    if (!may(message.channel, request.backend.world.bot, 'ReadMessageHistory')) throw missingPermissions();
    return ok(shown(request, message));
  }),
  route('PATCH', MESSAGE, 'messages', editMessage),
  route('DELETE', MESSAGE, 'messageDelete', (request) => {
    request.backend.messages.delete(request.message(), request.backend.world.bot);
    return done;
  }),
  route('POST', '/channels/:channel/typing', 'typing', type),
  route('PUT', `${MESSAGE}/reactions/:emoji/@me`, 'reactions', addReaction),
  route('DELETE', `${MESSAGE}/reactions/:emoji/@me`, 'reactions', (request) => {
    const message = request.message();
    checkActive(message.channel);
    unreact(request.backend.world, message, request.backend.world.bot, request.param('emoji'));
    return done;
  }),
  route('POST', '/attachments/refresh-urls', 'other', refreshLinks),
];

/** A message as this app may read it: what the gateway hides without the intent, REST hides without its switch. */
function shown({ backend }: Request, message: Message) {
  const payload = messagePayload(backend.world, backend.cdn, message);
  const mayRead = backend.world.settings.privilegedIntents.includes('MessageContent');
  return mayRead ? payload : withoutContent(backend.world, payload);
}

function createMessage(request: Request): Answer {
  const { messages, world } = request.backend;
  const channel = request.channel();
  const body = readMessageBody(request.json);
  const message = messages.send({ channel, author: world.bot, body, files: request.files });
  return ok({ ...shown(request, message), ...nonceField(message) });
}

function editMessage(request: Request): Answer {
  const { messages, world } = request.backend;
  const message = request.message();
  const body = readMessageBody(request.json, message.flags);
  if (message.author === world.bot) messages.countOldEdit(message);
  return ok(shown(request, messages.edit(message, world.bot, body, request.files)));
}

/** Newest first; without ReadMessageHistory an empty list, not a refusal. */
function listMessages(request: Request): Answer {
  const channel = request.channel();
  const form = new Form();
  const asked = request.query.get('limit');
  const limit =
    form.integer(['limit'], asked === null ? PAGE.default : Number(asked), { min: 1, max: PAGE.max }) ?? 0;
  const [before, after, around] = ['before', 'after', 'around'].map((name) =>
    form.id([name], request.query.get(name)),
  );
  form.check();
  if (!may(channel, request.backend.world.bot, 'ReadMessageHistory')) return ok([]);
  const newest = [...channel.messages.values()].filter(({ onlyFor }) => !onlyFor).reverse();
  return ok(page(newest, limit, { before, after, around }).map((message) => shown(request, message)));
}

type Anchor = Record<'before' | 'after' | 'around', string | undefined>;

function page(newest: readonly Message[], limit: number, { before, after, around }: Anchor): Message[] {
  const older = (id: string) => newest.filter((message) => BigInt(message.id) < BigInt(id));
  const newer = (id: string) => newest.filter((message) => BigInt(message.id) > BigInt(id));
  if (around) {
    const half = Math.floor(limit / 2);
    const middle = newest.filter(({ id }) => id === around);
    return [...newer(around).slice(-half), ...middle, ...older(around).slice(0, half)];
  }
  if (before) return older(before).slice(0, limit);
  return after ? newer(after).slice(-limit) : newest.slice(0, limit);
}

function type(request: Request): Answer {
  const channel = request.channel();
  const { world } = request.backend;
  if (!may(channel, world.bot, channel.thread ? 'SendMessagesInThreads' : 'SendMessages'))
    throw missingPermissions();
  showTyping(world, channel, world.bot);
  return done;
}

function addReaction(request: Request): Answer {
  const message = request.message();
  const { world } = request.backend;
  const emoji = request.param('emoji');
  if (!/^\p{RGI_Emoji}$/v.test(emoji)) throw unknownEmoji();
  const allowed =
    may(message.channel, world.bot, 'AddReactions') && may(message.channel, world.bot, 'ReadMessageHistory');
  if (!allowed) throw missingPermissions();
  checkActive(message.channel);
  react(world, message, world.bot, emoji);
  return done;
}

function refreshLinks(request: Request): Answer {
  const links = Array.isArray(request.json.attachment_urls) ? request.json.attachment_urls.map(String) : [];
  const refreshed = links.map((original) => ({
    original,
    refreshed: request.backend.cdn.refresh(original) ?? original,
  }));
  return ok({ refreshed_urls: refreshed });
}
