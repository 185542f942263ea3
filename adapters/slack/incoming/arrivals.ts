import type { webApi } from '@slack/bolt';
import { KeyedQueue } from '../../../src/keyed-queue.ts';
import type { Bot, IncomingMessage } from '../../../src/platform.ts';
import type { Identity } from '../identity.ts';
import { mentionedUsers, readable } from '../markup.ts';
import { conversationOf, type Place } from '../place.ts';
import type { Activity } from '../reply/activity.ts';
import { addressed, attachmentsOf, placeIn, type Written, writtenIn } from './events.ts';
import { HELP } from './help.ts';
import type { People } from './people.ts';

/** Of so many people a message's mentions are given names. */
const MAX_NAMES = 20;

export interface ArrivalsOptions {
  bot: Bot;
  identity: Identity;
  client: webApi.WebClient;
  people: People;
  activity: Activity;
  /** Is told where somebody asks something. */
  onAsked: (place: Place) => void;
}

/** Brings people's messages to the bot, those of a conversation in their order. */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #queue = new KeyedQueue();

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** A `message` or `app_mention` event. A message that comes as both is taken twice, with one id. */
  async heard(event: unknown): Promise<void> {
    const { user: self, team } = this.#options.identity;
    const written = writtenIn(event, self);
    const answer = written && addressed(written, self);
    if (!written || answer === 'no') return;
    const place = placeIn(written, team);
    await this.#queue.run(conversationOf(place), async () => {
      if (answer === 'follow-up' && !(await this.#takesPart(place))) return;
      await this.#take(place, () => this.#messageOf(written, place));
    });
  }

  /** Somebody wants the last answer anew; `at` tells one such wish from another. */
  async regenerate(place: Place, at: string): Promise<void> {
    await this.#queue.run(conversationOf(place), () =>
      this.#take(place, async () => {
        this.#options.activity.name(place, '', false);
        const id = `${idOf(place)}:regenerate:${at}`;
        return { ...this.#plainMessage(place, await this.#authorOf(place), ''), id, regenerate: true };
      }),
    );
  }

  /** A conversation that has only just begun may not be written down yet. */
  async #takesPart(place: Place): Promise<boolean> {
    const { activity, bot } = this.#options;
    return activity.isBusy(place) || (await bot.knows(conversationOf(place)));
  }

  /** Returns when the bot has the message. The turn goes on by itself, and people see that it does. */
  async #take(place: Place, prepare: () => Promise<IncomingMessage | undefined>): Promise<void> {
    const { activity, bot, onAsked } = this.#options;
    activity.begin(place);
    const end = () => activity.end(place);
    try {
      const message = await prepare();
      if (!message) return end();
      onAsked(place);
      void bot.receive(message).finally(end);
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Undefined when somebody called and said nothing; then help is the answer. */
  async #messageOf(written: Written, place: Place): Promise<IncomingMessage | undefined> {
    const { activity, bot } = this.#options;
    const [text, author] = await Promise.all([this.#textOf(written), this.#authorOf(place)]);
    const attachments = attachmentsOf(written);
    if (text === '' && attachments.length === 0) {
      await this.#help(place);
      return undefined;
    }
    activity.name(place, text, !(await bot.knows(conversationOf(place))));
    return { ...this.#plainMessage(place, author, text), ...(attachments.length > 0 && { attachments }) };
  }

  #plainMessage(place: Place, author: IncomingMessage['author'], text: string): IncomingMessage {
    return { id: idOf(place), conversation: conversationOf(place), author, text, replyTo: place };
  }

  async #textOf({ text }: Written): Promise<string> {
    const { identity, people } = this.#options;
    const mentioned = mentionedUsers(text).filter((user) => user !== identity.user);
    const names = await people.names(mentioned.slice(0, MAX_NAMES));
    names.set(identity.user, identity.name);
    return readable(text, identity.user, names);
  }

  async #authorOf({ user }: Place): Promise<IncomingMessage['author']> {
    const { name = user, locale } = await this.#options.people.find(user);
    return { id: user, name, ...(locale && { locale }) };
  }

  async #help({ channel, thread }: Place): Promise<void> {
    await this.#options.client.chat.postMessage({ channel, thread_ts: thread, text: HELP });
  }
}

function idOf({ channel, ts }: Place): string {
  return `slack:${channel}:${ts}`;
}
