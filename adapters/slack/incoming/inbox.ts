import type { App, RespondFn, SlackEventMiddlewareArgs } from '@slack/bolt';
import type { Bot } from '../../../src/platform.ts';
import { conversationOf, type Place, placeName } from '../place.ts';
import { ACTIONS, COMMAND, SHORTCUTS } from '../surface.ts';
import { Arrivals, type ArrivalsOptions } from './arrivals.ts';
import { CatchUp, type CatchUpOptions } from './catch-up/catch-up.ts';
import { Controls, NOTHING_RUNS } from './controls.ts';
import { DeadReplies } from './dead-replies.ts';
import { Decisions } from './decisions.ts';
import { isInThread, placeOfClick } from './events.ts';
import { Reactions } from './reactions.ts';

/** Slack takes four prompts. */
const MAX_PROMPTS = 4;

/** Tells who stops an answer that a process has left behind. */
const BROKEN_OFF =
  'Nothing is being answered there any more: that answer broke off. I have taken its Stop button away.';

const FORGOTTEN = 'I do not know any more what was asked here. Please mention me and ask again.';

export type InboxOptions = Omit<ArrivalsOptions, 'onAsked'> & Pick<CatchUpOptions, 'timeScale'>;

/** Everything that comes from Slack: messages, clicks, shortcuts and commands. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #bot: Bot;
  readonly #controls: Controls;
  readonly #arrivals: Arrivals;
  readonly #deadReplies: DeadReplies;
  readonly #reactions: Reactions;
  readonly #catchUp: CatchUp;
  readonly #decisions: Decisions;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#bot = options.bot;
    this.#controls = new Controls(options.bot);
    this.#deadReplies = new DeadReplies(options);
    this.#reactions = new Reactions(options);
    this.#arrivals = new Arrivals({ ...options, onAsked: (place) => this.#controls.remember(place) });
    this.#catchUp = new CatchUp({ ...options, arrivals: this.#arrivals });
    this.#decisions = new Decisions(options);
  }

  /** What was written while nobody was there to hear it is taken as if it came now. */
  catchUp(signal: AbortSignal): Promise<void> {
    return this.#catchUp.run(signal);
  }

  listen(app: App): void {
    app.event('app_mention', async ({ event }) => {
      await this.#catchUp.reached(event);
      await this.#arrivals.heard(event);
    });
    app.event('message', async ({ event }) => {
      await this.#catchUp.reached(event);
      await Promise.all([this.#arrivals.heard(event), this.#arrivals.deleted(event)]);
    });
    for (const type of ['channel_deleted', 'group_deleted'] as const)
      app.event(type, ({ event }) => this.#bot.vanish(placeName(event.channel), 'for good'));
    for (const type of ['channel_left', 'group_left'] as const)
      app.event(type, ({ event }) => this.#bot.vanish(placeName(event.channel), 'for now'));
    app.event('app_home_opened', ({ event }) => this.#offerPrompts(event));
    app.event('agent_session_stopped', ({ event }) => this.#stop(event));
    app.event('reaction_added', async ({ event }) => void this.#reactions.heard(event));
    app.event('reaction_removed', async ({ event }) => void this.#reactions.heard(event));
    this.#listenToButtons(app);
    this.#decisions.listen(app);
    this.#listenToShortcuts(app);
    app.command(COMMAND, async ({ ack, command }) => {
      const where = { channel: command.channel_id, user: command.user_id };
      const text = await this.#controls.command(command.text ?? '', where);
      await ack({ response_type: 'ephemeral', text });
    });
  }

  #listenToButtons(app: App): void {
    app.action(ACTIONS.stop, async ({ ack, body, respond }) => {
      await ack();
      const place = this.#placeOf(body);
      if (await this.#bot.stop(conversationOf(place))) return;
      const isEnded = await this.#deadReplies.endIfStoppable(place);
      await this.#whisper(body, respond, isEnded ? BROKEN_OFF : NOTHING_RUNS);
    });
    const regenerate = { type: 'block_actions', action_id: ACTIONS.regenerate } as const;
    app.action(regenerate, async ({ ack, body, action, respond }) => {
      await ack();
      const isTaken = await this.#arrivals.regenerate(this.#placeOf(body), action.action_ts);
      if (!isTaken) await this.#whisper(body, respond, FORGOTTEN);
    });
    app.action(ACTIONS.feedback, async ({ ack, body, payload }) => {
      await ack();
      const opinion = 'value' in payload && payload.value === 'bad' ? 'bad' : 'good';
      await this.#reactions.pressed(this.#placeOf(body), opinion);
    });
  }

  #listenToShortcuts(app: App): void {
    app.shortcut(SHORTCUTS.stop, async ({ ack, body, respond }) => {
      await ack();
      await this.#whisper(body, respond, await this.#controls.stop(conversationOf(this.#placeOf(body))));
    });
    app.shortcut(SHORTCUTS.new, async ({ ack, body, respond }) => {
      await ack();
      await this.#whisper(body, respond, await this.#controls.forget(conversationOf(this.#placeOf(body))));
    });
  }

  /** An answer that only the one who asked sees, in the thread where they did: `respond` leads to the channel. */
  async #whisper(body: unknown, respond: RespondFn, text: string): Promise<void> {
    const toChannel = () => respond({ response_type: 'ephemeral', replace_original: false, text });
    if (!isInThread(body)) return void (await toChannel());
    const { channel, thread, user } = this.#placeOf(body);
    await this.#options.client.chat
      .postEphemeral({ channel, user, thread_ts: thread, text })
      .catch(toChannel);
  }

  #placeOf(body: unknown): Place {
    return placeOfClick(body, this.#options.identity.team);
  }

  async #offerPrompts({ tab, channel }: SlackEventMiddlewareArgs<'app_home_opened'>['event']): Promise<void> {
    const [first, ...others] = this.#bot.prompts
      .slice(0, MAX_PROMPTS)
      .map(({ title, message }) => ({ title, message }));
    if (tab !== 'messages' || !first) return;
    const prompts: [typeof first, ...typeof others] = [first, ...others];
    await this.#options.client.assistant.threads.setSuggestedPrompts({ channel_id: channel, prompts });
  }

  /** Slack's own Stop button stays until the session is told to be over, and has ended the streams themselves. */
  async #stop(event: SlackEventMiddlewareArgs<'agent_session_stopped'>['event']): Promise<void> {
    const { channel, thread_ts: thread, user, streaming_message_ts: streams = [] } = event;
    if (await this.#bot.stop(conversationOf({ channel, thread }))) return;
    const settled = this.#options.activity.settle({ channel, thread });
    const ended = await Promise.all(
      streams.map((ts) => this.#deadReplies.endStream({ channel, thread, ts })),
    );
    const text = ended.includes(true) ? BROKEN_OFF : NOTHING_RUNS;
    await this.#options.client.chat.postEphemeral({ channel, user, thread_ts: thread, text });
    await settled;
  }
}
