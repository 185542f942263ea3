import type { App, webApi } from '@slack/bolt';
import type { Logger } from '../../src/log.ts';
import type { Bot, IncomingMessage } from '../../src/platform.ts';
import type { Activity } from './activity.ts';
import { Controls } from './controls.ts';
import { addressed, attachmentsOf, placeIn, placeOfClick, type Written, writtenIn } from './events.ts';
import { HELP } from './help.ts';
import type { Identity } from './identity.ts';
import { mentionedUsers, readable } from './markup.ts';
import type { People } from './people.ts';
import { conversationOf, type Place } from './place.ts';
import { ACTIONS, COMMAND, SHORTCUTS } from './surface.ts';

/** Of so many people a message's mentions are given names. */
const MAX_NAMES = 20;

/** Slack takes four prompts. */
const MAX_PROMPTS = 4;

export interface InboxOptions {
  bot: Bot;
  identity: Identity;
  client: webApi.WebClient;
  people: People;
  activity: Activity;
  log: Logger;
}

/** Everything that comes from Slack: messages, clicks, shortcuts and commands. */
export class Inbox {
  readonly #bot: Bot;
  readonly #identity: Identity;
  readonly #client: webApi.WebClient;
  readonly #people: People;
  readonly #activity: Activity;
  readonly #log: Logger;
  readonly #controls: Controls;

  constructor({ bot, identity, client, people, activity, log }: InboxOptions) {
    this.#bot = bot;
    this.#identity = identity;
    this.#client = client;
    this.#people = people;
    this.#activity = activity;
    this.#log = log;
    this.#controls = new Controls(bot);
  }

  listen(app: App): void {
    app.event('app_mention', ({ event }) => this.#onMessage(event));
    app.event('message', ({ event }) => this.#onMessage(event));
    app.event('app_home_opened', ({ event }) => this.#onHomeOpened(event));
    app.event('agent_session_stopped', ({ event }) => this.#onStopped(event));
    app.action(ACTIONS.stop, async ({ ack, body }) => {
      await ack();
      this.#bot.stop(conversationOf(this.#placeOfClick(body)));
    });
    app.action(ACTIONS.regenerate, async ({ ack, body, action }) => {
      await ack();
      await this.#regenerate(this.#placeOfClick(body), Object(action).action_ts);
    });
    app.action(ACTIONS.feedback, async ({ ack, body, action }) => {
      await ack();
      this.#rate(this.#placeOfClick(body), Object(action).value);
    });
    app.shortcut(SHORTCUTS.stop, async ({ ack, body, respond }) => {
      await ack();
      const place = this.#placeOfClick(body);
      await respond(whisper(this.#controls.stop(conversationOf(place)), place));
    });
    app.shortcut(SHORTCUTS.new, async ({ ack, body, respond }) => {
      await ack();
      const place = this.#placeOfClick(body);
      await respond(whisper(await this.#controls.forget(conversationOf(place)), place));
    });
    app.command(COMMAND, async ({ ack, command }) => {
      const where = { channel: command.channel_id, user: command.user_id };
      await ack({
        response_type: 'ephemeral',
        text: await this.#controls.command(command.text ?? '', where),
      });
    });
    app.error(async (error) => this.#log.error({ err: error }, 'something from Slack could not be handled'));
  }

  #placeOfClick(body: unknown): Place {
    return placeOfClick(body, this.#identity.team);
  }

  async #onMessage(event: unknown): Promise<void> {
    const { user: self, team } = this.#identity;
    const written = writtenIn(event, self);
    const answer = written && addressed(written, self);
    if (!written || answer === 'no') return;
    const place = placeIn(written, team);
    if (answer === 'follow-up' && !(await this.#takesPart(place))) return;
    this.#activity.begin(place);
    await this.#take(written, place).finally(() => this.#activity.end(place));
  }

  /** A conversation that has only just begun may not be written down yet. */
  async #takesPart(place: Place): Promise<boolean> {
    return this.#activity.isBusy(place) || (await this.#bot.knows(conversationOf(place)));
  }

  async #take(written: Written, place: Place): Promise<void> {
    const { user: self } = this.#identity;
    const mentioned = mentionedUsers(written.text).filter((user) => user !== self);
    const names = await this.#people.names(mentioned.slice(0, MAX_NAMES));
    const text = readable(written.text, self, (user) => names.get(user));
    const attachments = attachmentsOf(written);
    if (text === '' && attachments.length === 0) return this.#help(place);
    const author = await this.#authorOf(place);
    const files = attachments.length > 0 && { attachments };
    this.#activity.name(place, text, !(await this.#bot.knows(conversationOf(place))));
    await this.#receive({ ...this.#messageAt(place), author, text, ...files }, place);
  }

  #messageAt(place: Place) {
    return { id: idOf(place), conversation: conversationOf(place), replyTo: place };
  }

  async #receive(message: IncomingMessage, place: Place): Promise<void> {
    this.#controls.remember(place);
    await this.#bot.receive(message);
  }

  async #authorOf({ user }: Place): Promise<IncomingMessage['author']> {
    const { name = user, locale } = await this.#people.find(user);
    return { id: user, name, ...(locale && { locale }) };
  }

  async #regenerate(place: Place, at: unknown): Promise<void> {
    this.#activity.begin(place);
    const author = await this.#authorOf(place);
    this.#activity.name(place, '', false);
    const message = { ...this.#messageAt(place), id: `${idOf(place)}:regenerate:${at}`, author, text: '' };
    await this.#receive({ ...message, regenerate: true }, place).finally(() => this.#activity.end(place));
  }

  #rate(place: Place, value: unknown): void {
    this.#bot.rate(conversationOf(place), place.user, value === 'bad' ? 'bad' : 'good');
  }

  /** Somebody called and said nothing. */
  async #help({ channel, thread }: Place): Promise<void> {
    await this.#client.chat.postMessage({ channel, thread_ts: thread, text: HELP });
  }

  async #onHomeOpened({ tab, channel }: { tab?: string; channel: string }): Promise<void> {
    const prompts = this.#bot.prompts.slice(0, MAX_PROMPTS).map(({ title, message }) => ({ title, message }));
    const [first, ...others] = prompts;
    if (tab !== 'messages' || !first) return;
    await this.#client.assistant.threads.setSuggestedPrompts({
      channel_id: channel,
      prompts: [first, ...others],
    });
  }

  /** Slack's own Stop button stays until the session is told to be over. */
  async #onStopped({ channel, thread_ts: thread }: { channel: string; thread_ts: string }): Promise<void> {
    const isRunning = this.#bot.stop(conversationOf({ channel, thread }));
    if (!isRunning) await this.#activity.settle({ channel, thread });
  }
}

/** A mention comes as two events, of one message. */
function idOf({ channel, ts }: Place): string {
  return `slack:${channel}:${ts}`;
}

/** An answer that only the one who asked sees, in the thread where they did. */
function whisper(text: string, { thread }: Place) {
  return { response_type: 'ephemeral' as const, replace_original: false, text, thread_ts: thread };
}
