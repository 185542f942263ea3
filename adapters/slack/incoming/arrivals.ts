import { setTimeout as sleep } from 'node:timers/promises';
import type { webApi } from '@slack/bolt';
import { KeyedQueue } from '../../../src/keyed-queue.ts';
import type { Logger } from '../../../src/log.ts';
import type { Bot, ContextMessage, IncomingMessage } from '../../../src/platform.ts';
import type { Budgets } from '../budgets.ts';
import type { Identity } from '../identity.ts';
import { conversationOf, isDirect, type Place } from '../place.ts';
import type { Activity } from '../reply/status/activity.ts';
import { NO_PREVIEWS } from '../surface.ts';
import { filesIn, mentionedIn, readableContent } from './content.ts';
import { EventPairs } from './event-pairs.ts';
import { addressed, deletedIn, placeIn, type Written, writtenIn } from './events.ts';
import { Files } from './files.ts';
import { HELP } from './help.ts';
import type { People } from './people.ts';
import { ThreadContext } from './thread-context.ts';

/** Stands for the question of somebody who calls the app into a thread and says nothing more. */
const CALLED = 'See what was said before.';

/** Who calls the bot is answered even if it can't be told by then, in ms, whether it has been there before. */
const KNOWN_WITHIN_MS = 1_000;

/** Of so many people a message's mentions are given names. */
const MAX_NAMES = 20;

export interface ArrivalsOptions {
  bot: Bot;
  identity: Identity;
  client: webApi.WebClient;
  people: People;
  activity: Activity;
  budgets: Budgets;
  /** How long a mention waits for its other event, in milliseconds; for tests. */
  siblingMs?: number;
  log: Logger;
  /** Is told where somebody asks something. */
  onAsked: (place: Place) => void;
}

/** Brings people's messages to the bot, those of a conversation in their order. */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #queue = new KeyedQueue();
  readonly #pairs: EventPairs;
  readonly #files: Files;
  readonly #context: ThreadContext;

  constructor(options: ArrivalsOptions) {
    const { budgets, siblingMs } = options;
    this.#options = options;
    this.#pairs = new EventPairs(siblingMs);
    this.#files = new Files({ ...options, budget: budgets.fileInfo });
    this.#context = new ThreadContext({ ...options, budget: budgets.replies });
  }

  /**
   * A `message` or `app_mention` event; a message that comes as both is taken once. Returns when the bot has kept it, and
   * throws when it could not be taken.
   */
  async heard(event: unknown): Promise<void> {
    const { user: self, team } = this.#options.identity;
    const written = writtenIn(event, self);
    const answer = written && addressed(written, self);
    if (!written || answer === 'no') return;
    const place = placeIn(written, team);
    await this.#pairs.take(written, (richest) =>
      this.#queue.run(conversationOf(place), async () => {
        const knowing = this.#takesPart(place);
        const isKnown = await (answer === 'follow-up' ? knowing : orSoonNot(knowing));
        if (answer === 'follow-up' && !isKnown) return;
        const id = idOf(place);
        await this.#take(place, id, async () => this.#messageOf(await richest, place, isKnown));
      }),
    );
  }

  /** A message that was deleted is forgotten; one that is still being taken, after that. */
  async deleted(event: unknown): Promise<void> {
    const { activity, bot, identity } = this.#options;
    const place = deletedIn(event, identity.user);
    if (!place) return;
    const conversation = conversationOf(place);
    await this.#queue.run(conversation, async () => {
      await bot.retract(conversation, idOf(place));
      // An answer that is being given comes to its end, and is deleted with the message then.
      if (place.isAll && !activity.isBusy(place)) await bot.vanish(conversation, 'for good');
    });
  }

  /**
   * Somebody wants the last answer anew; `at` tells one such wish from another. False where nobody knows any more what was
   * asked.
   */
  async regenerate(place: Place, at: string): Promise<boolean> {
    const id = `${idOf(place)}:regenerate:${at}`;
    return this.#queue.run(conversationOf(place), async () => {
      // Where the store can't tell, the turn says so.
      if (!(await this.#takesPart(place).catch(() => true))) return false;
      await this.#take(place, id, async () => {
        const [author, context] = await Promise.all([
          this.#authorOf(place),
          isDirect(place) ? [] : this.#context.beforeFirstCall(place),
        ]);
        return { ...this.#plainMessage(place, author, '', context), id, regenerate: true };
      });
      return true;
    });
  }

  /** A conversation that has only just begun may not be written down yet. */
  async #takesPart(place: Place): Promise<boolean> {
    const { activity, bot } = this.#options;
    return activity.isBusy(place) || (await bot.knows(conversationOf(place)));
  }

  /** Returns when the bot has kept the message. The turn goes on by itself, and people see that it does. */
  async #take(place: Place, id: string, prepare: () => Promise<IncomingMessage | undefined>): Promise<void> {
    const { activity, bot, onAsked } = this.#options;
    activity.begin(place, id);
    const end = () => void activity.end(place, id);
    try {
      const message = await prepare();
      if (!message) return end();
      onAsked(place);
      const { kept, answered } = bot.receive(message);
      void answered.then(end);
      await kept;
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Undefined when somebody called and said nothing; then help is the answer. */
  async #messageOf(written: Written, place: Place, isKnown: boolean): Promise<IncomingMessage | undefined> {
    const [text, author, attachments, context] = await Promise.all([
      this.#textOf(written),
      this.#authorOf(place),
      this.#files.attachments(filesIn(written)),
      isKnown ? [] : this.#context.before(place),
    ]);
    if (text === '' && attachments.length === 0 && context.length === 0) {
      await this.#help(place);
      return undefined;
    }
    if (!isKnown) this.#options.activity.name(place, text);
    const question = text === '' && attachments.length === 0 ? CALLED : text;
    const message = this.#plainMessage(place, author, question, context);
    return { ...message, ...(attachments.length > 0 && { attachments }) };
  }

  #plainMessage(
    place: Place,
    author: IncomingMessage['author'],
    text: string,
    context: readonly ContextMessage[],
  ): IncomingMessage {
    const message = { id: idOf(place), conversation: conversationOf(place), author, text, replyTo: place };
    return { ...message, ...(context.length > 0 && { context }) };
  }

  async #textOf(written: Written): Promise<string> {
    const { identity, people } = this.#options;
    const mentioned = mentionedIn(written).filter((user) => user !== identity.user);
    const names = await people.names(mentioned.slice(0, MAX_NAMES));
    names.set(identity.user, identity.name);
    return readableContent(written, identity.user, names);
  }

  async #authorOf({ user }: Place): Promise<IncomingMessage['author']> {
    const { name = user, locale } = await this.#options.people.find(user);
    return { id: user, name, ...(locale && { locale }) };
  }

  async #help({ channel, thread }: Place): Promise<void> {
    await this.#options.client.chat.postMessage({
      channel,
      thread_ts: thread,
      text: HELP,
      ...NO_PREVIEWS,
    });
  }
}

function idOf({ channel, ts }: Pick<Place, 'channel' | 'ts'>): string {
  return `slack:${channel}:${ts}`;
}

async function orSoonNot(knowing: Promise<boolean>): Promise<boolean> {
  const late = sleep(KNOWN_WITHIN_MS, false, { ref: false });
  return Promise.race([knowing.catch(() => false), late]);
}
