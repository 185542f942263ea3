import type { webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Logger } from '../../../src/log.ts';
import type { ContextMessage } from '../../../src/platform.ts';
import type { RateBudget } from '../../../src/reply/publisher/rate-budget.ts';
import { heedLimit, takeSoon } from '../budgets.ts';
import { translated } from '../failures.ts';
import type { Identity } from '../identity.ts';
import { mentionedUsers } from '../markup.ts';
import type { Place } from '../place.ts';
import { type Content, contentFields, mentionedIn, nameOf, readableContent, wordsOf } from './content.ts';
import { PEOPLES_SUBTYPES } from './events.ts';
import type { People } from './people.ts';

/** So many messages before the call are read, beside the thread's first: what people would scroll up for. */
const LATEST = 30;

/** A page of a thread; Slack asks for no more than 200 at a time. */
const PAGE = 200;

/** A thread's pages come oldest first; of longer threads than so many of them the latest messages are not read. */
const MAX_PAGES = 10;

/** The answer does not wait longer for it, in milliseconds. */
const PATIENCE_MS = 10_000;

/** So many people, those who write and those who are mentioned, are asked for by name. */
const MAX_NAMES = 40;

const reply = z.object({
  ...contentFields,
  ts: z.string(),
  subtype: z.string().optional().catch(undefined),
  user: z.string().optional().catch(undefined),
  username: z.string().optional().catch(undefined),
  bot_id: z.string().optional().catch(undefined),
  bot_profile: z.object({ name: z.string().optional() }).optional().catch(undefined),
});

type ThreadMessage = z.infer<typeof reply>;

export interface ThreadContextOptions {
  client: webApi.WebClient;
  identity: Identity;
  people: People;
  /** For `conversations.replies`. */
  budget: RateBudget;
  log: Logger;
}

/** What people said in a thread before they called the app into it. Where it can't be had, the answer goes without. */
export class ThreadContext {
  readonly #options: ThreadContextOptions;

  constructor(options: ThreadContextOptions) {
    this.#options = options;
  }

  /** What stands before the message; nothing when it begins the thread. Never rejects. */
  async before({ ts, ...place }: Place): Promise<ContextMessage[]> {
    return ts === place.thread ? [] : this.#read({ ts, ...place }, (messages) => messages);
  }

  /** What stands before the first message that called the app. Never rejects. */
  async beforeFirstCall(place: Place): Promise<ContextMessage[]> {
    return this.#read(place, (messages) => {
      const call = messages.findIndex((message) => this.#isOwn(message) || this.#calls(message));
      return call < 0 ? messages : messages.slice(0, call);
    });
  }

  async #read(
    place: Place,
    choose: (messages: ThreadMessage[]) => ThreadMessage[],
  ): Promise<ContextMessage[]> {
    const { log } = this.#options;
    try {
      const [root, ...replies] = choose(await withinPatience(this.#messages(place)));
      const chosen = root ? [root, ...replies.slice(-LATEST)] : [];
      return await this.#told(chosen.filter((message) => !this.#isOwn(message) && isSaid(message)));
    } catch (error) {
      log.warn({ err: error, channel: place.channel }, 'what was said in a thread before can not be read');
      return [];
    }
  }

  /** The thread up to a message, oldest first. */
  async #messages({ channel, thread, ts }: Place): Promise<ThreadMessage[]> {
    const { client, budget } = this.#options;
    const found: ThreadMessage[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      if (!(await takeSoon(budget))) throw new Error('There is no room for a call.');
      const where = { channel, ts: thread, latest: ts, limit: PAGE, ...(cursor && { cursor }) };
      const answer = await client.conversations.replies(where).catch((error: unknown) => {
        heedLimit(error, budget);
        throw translated(error);
      });
      found.push(...(answer.messages ?? []).flatMap((message) => reply.safeParse(message).data ?? []));
      cursor = answer.response_metadata?.next_cursor;
      if (!cursor) break;
    }
    return found.filter((message) => message.ts < ts).sort((a, b) => (a.ts < b.ts ? -1 : 1));
  }

  async #told(messages: readonly ThreadMessage[]): Promise<ContextMessage[]> {
    const { identity, people } = this.#options;
    const authors = messages.flatMap(({ user, bot_id }) => (user && !bot_id ? [user] : []));
    const users = [...new Set([...authors, ...messages.flatMap(mentionedIn)])];
    const names = await people.names(users.filter((user) => user !== identity.user).slice(0, MAX_NAMES));
    names.set(identity.user, identity.name);
    return messages.flatMap((message) => {
      const text = textOf(message, identity.user, names);
      return text === '' ? [] : [{ author: authorOf(message, names), text }];
    });
  }

  #isOwn({ user, bot_id }: ThreadMessage): boolean {
    const { identity } = this.#options;
    return user === identity.user || bot_id === identity.bot;
  }

  #calls(message: ThreadMessage): boolean {
    return !message.bot_id && mentionedUsers(wordsOf(message)).includes(this.#options.identity.user);
  }
}

/** Notices such as "has joined the channel" and deleted messages say nothing. */
function isSaid({ subtype }: ThreadMessage): boolean {
  return subtype === undefined || subtype === 'bot_message' || PEOPLES_SUBTYPES.has(subtype);
}

/** Apps often write everything into blocks, and only a summary into the text. */
function textOf(message: ThreadMessage, self: string, names: ReadonlyMap<string, string>): string {
  const blocks = message.bot_id ? wordsOf({ text: '', blocks: message.blocks }) : '';
  const content: Content = blocks.length > message.text.length ? { ...message, text: blocks } : message;
  const files = message.files.map((file) => `[file: ${nameOf(file)}]`);
  return [readableContent(content, self, names), ...files].filter((part) => part !== '').join('\n');
}

function authorOf(
  { user, username, bot_id, bot_profile }: ThreadMessage,
  names: ReadonlyMap<string, string>,
) {
  const app = bot_id && (username || bot_profile?.name);
  return app || (user && names.get(user)) || username || user || 'an app';
}

async function withinPatience<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('It takes too long.')), PATIENCE_MS);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
