import type { App } from './app.ts';
import { messageJson } from './message-json.ts';
import type { Change, Channel, Json, Message } from './objects.ts';
import { APP_BOT, APP_USER, type Workspace } from './workspace.ts';

const FAMILY = {
  public: { subscription: 'message.channels', scope: 'channels:history', type: 'channel' },
  private: { subscription: 'message.groups', scope: 'groups:history', type: 'group' },
  im: { subscription: 'message.im', scope: 'im:history', type: 'im' },
  mpim: { subscription: 'message.mpim', scope: 'mpim:history', type: 'mpim' },
} as const;

/** Turns what happens in the workspace into the Events API's events, as far as the app may and wants to hear. */
export class Events {
  readonly #workspace: Workspace;
  readonly #app: App;
  readonly #origin: string;

  constructor(workspace: Workspace, app: App, origin: string) {
    this.#workspace = workspace;
    this.#app = app;
    this.#origin = origin;
  }

  /** The payloads that a change of the workspace brings. */
  of(change: Change): Json[] {
    if (change.kind === 'reacted') return this.#reaction(change);
    if (change.kind !== 'posted' && change.kind !== 'changed' && change.kind !== 'deleted') return [];
    const channel = this.#workspace.channel(change.message.channel);
    if (!channel.members.has(APP_USER.id)) return [];
    const events = this.#hears(FAMILY[channel.kind]) ? [this.#messageEvent(change, channel)] : [];
    if (change.kind === 'posted' && this.#mentions(change.message, channel)) {
      events.push(this.#mentionEvent(change.message));
    }
    return events.map((event) => this.#callback(event));
  }

  /** https://docs.slack.dev/reference/events/reaction_added: `item_user` is left out for messages without a user. */
  #reaction({ message, user, reaction, isAdded }: Extract<Change, { kind: 'reacted' }>): Json[] {
    const { channel, ts, user: item_user } = message;
    const type = isAdded ? 'reaction_added' : 'reaction_removed';
    const isHeard = this.#hears({ subscription: type, scope: 'reactions:read' });
    if (!isHeard || !this.#workspace.channel(channel).members.has(APP_USER.id)) return [];
    const item = { type: 'message', channel, ts };
    return [this.other({ type, user, reaction, item, item_user })].filter((event) => event !== undefined);
  }

  /** An event of another kind; `undefined` if the app has not subscribed to it. */
  other(event: Json & { type: string }): Json | undefined {
    if (!this.#app.events.has(event.type)) return undefined;
    return this.#callback({ ...event, event_ts: this.#workspace.nextTs() });
  }

  #hears({ subscription, scope }: { subscription: string; scope: string }): boolean {
    return this.#app.events.has(subscription) && this.#app.scopes.includes(scope);
  }

  /**
   * Mentions in direct messages come as messages alone: https://docs.slack.dev/reference/events/app_mention. Of group
   * direct messages reports differ (https://github.com/lidge-jun/cli-jaw/issues/651 saw no mention,
   * https://github.com/openclaw/openclaw/issues/115463 did).
   */
  #mentions(message: Message, channel: Channel): boolean {
    const wanted = this.#hears({ subscription: 'app_mention', scope: 'app_mentions:read' });
    return (
      wanted &&
      channel.kind !== 'im' &&
      channel.kind !== 'mpim' &&
      message.user !== APP_USER.id &&
      message.text.includes(`<@${APP_USER.id}>`)
    );
  }

  #messageEvent(
    change: Exclude<Extract<Change, { message: Message }>, { kind: 'reacted' }>,
    channel: Channel,
  ): Json {
    const place = { channel: channel.id, channel_type: FAMILY[channel.kind].type };
    if (change.kind === 'posted' || change.kind === 'appended') {
      return { ...this.#json(change.message), ...place, event_ts: change.message.ts };
    }
    const ts = this.#workspace.nextTs();
    const hidden = { type: 'message', hidden: true, ...place, ts, event_ts: ts };
    if (change.kind === 'deleted') {
      const { message } = change;
      return {
        ...hidden,
        subtype: 'message_deleted',
        deleted_ts: message.ts,
        previous_message: this.#json(message),
      };
    }
    const { message, previous } = change;
    return {
      ...hidden,
      subtype: 'message_changed',
      message: this.#json(message),
      previous_message: this.#json(previous),
    };
  }

  /**
   * A mention comes without the message's files (https://github.com/openclaw/openclaw/pull/62927,
   * https://github.com/NousResearch/hermes-agent/pull/77141), and to be strict without what it shares.
   */
  #mentionEvent(message: Message): Json {
    const {
      subtype: _none,
      files: _files,
      upload: _upload,
      attachments: _shared,
      ...json
    } = this.#json(message);
    return { ...json, type: 'app_mention', channel: message.channel, event_ts: message.ts };
  }

  #json(message: Message): Json {
    const own = message.bot === undefined && message.subtype === undefined;
    const json = messageJson(this.#workspace, this.#origin, message);
    return { ...json, ...(own && { client_msg_id: `sim-${message.channel}-${message.ts}` }) };
  }

  #callback(event: Json): Json {
    const team = this.#workspace.team.id;
    return {
      token: 'verification',
      team_id: team,
      api_app_id: APP_BOT.appId,
      event,
      type: 'event_callback',
      event_id: this.#workspace.nextId('Ev'),
      event_time: Math.floor(Date.now() / 1_000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: team,
          user_id: APP_USER.id,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
    };
  }
}
