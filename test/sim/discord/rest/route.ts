import { missingAccess, unknownChannel, unknownMessage } from '../api-error.ts';
import type { NewFiles } from '../attachments.ts';
import type { Cdn } from '../cdn.ts';
import type { Commands } from '../commands.ts';
import type { Interactions } from '../interactions.ts';
import { isJson, type Json } from '../json.ts';
import type { Messages } from '../messages.ts';
import type { Channel, Message } from '../model.ts';
import type { BucketName } from '../options.ts';
import { canView, type World } from '../world.ts';
import type { RateLimits } from './rate-limits.ts';

/** What the routes work on. */
export interface Backend {
  world: World;
  cdn: Cdn;
  messages: Messages;
  interactions: Interactions;
  commands: Commands;
  limits: RateLimits;
  gateway: { info(): Json };
}

/** One request, matched to its route. */
export class Request {
  readonly backend: Backend;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly files: NewFiles;
  readonly #params: Readonly<Record<string, string>>;

  constructor(
    backend: Backend,
    given: {
      params: Readonly<Record<string, string>>;
      query: URLSearchParams;
      body: unknown;
      files: NewFiles;
    },
  ) {
    this.backend = backend;
    this.query = given.query;
    this.body = given.body;
    this.files = given.files;
    this.#params = given.params;
  }

  param(name: string): string {
    return this.#params[name] ?? '';
  }

  get json(): Json {
    return isJson(this.body) ? this.body : {};
  }

  /** A channel that the bot can see. @throws ApiError 10003 or 50001. */
  channel(): Channel {
    const channel = this.backend.world.channels.get(this.param('channel'));
    if (!channel) throw unknownChannel();
    if (!canView(channel, this.backend.world.bot)) throw missingAccess();
    return channel;
  }

  /** @throws ApiError 10008; an ephemeral message is out of reach by its channel. */
  message(): Message {
    const message = this.channel().messages.get(this.param('message'));
    if (!message || message.onlyFor) throw unknownMessage();
    return message;
  }
}

export interface Answer {
  status: number;
  body?: unknown;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const done: Answer = { status: 204 };

export interface Route {
  method: string;
  /** Placeholders begin with a colon. */
  path: string;
  /** Null: no limit is told or kept. */
  bucket: BucketName | null;
  /** Whether the token of an interaction in the path stands for the bot's own. */
  byToken: boolean;
  /** Placeholders by which the bucket is counted. */
  major: readonly string[];
  handle(request: Request): Answer;
}

/** A route for the bot's own token. */
export function route(method: string, path: string, bucket: BucketName, handle: Route['handle']): Route {
  const major = /^\/(?:channels|guilds)\/:(\w+)/.exec(path)?.[1];
  return { method, path, bucket, byToken: false, major: major ? [major] : [], handle };
}
