import { Args } from './args.ts';
import { interactiveElements } from './blocks.ts';
import type { Delivery, Outcome } from './delivery.ts';
import { messageJson } from './message-json.ts';
import type { Channel, Json, Message, User } from './objects.ts';
import type { ResponseUrls } from './response-urls.ts';
import { streamBlocks } from './streams.ts';
import { type Views, valuesOf } from './views.ts';
import { APP_BOT, type Workspace } from './workspace.ts';

export interface InteractionParts {
  workspace: Workspace;
  delivery: Delivery;
  responseUrls: ResponseUrls;
  views: Views;
  origin: string;
}

/** Clicks, message shortcuts and slash commands, from the person to the app and back. */
export class Interactions {
  readonly #parts: InteractionParts;

  constructor(parts: InteractionParts) {
    this.#parts = parts;
  }

  /** `which` is a button's action_id, or what people read on it. Throws an `Error` when the message shows no such button. */
  press(
    user: User,
    channel: Channel,
    message: Message,
    which: string,
    side?: 'positive' | 'negative',
  ): Promise<Outcome> {
    const blocks = message.stream === undefined ? message.blocks : streamBlocks(message.stream);
    const found = interactiveElements(blocks).find(
      ({ element }) => element.action_id === which || Object(element.text).text === which,
    );
    if (found === undefined)
      throw new Error(`The message ${message.ts} shows nothing to press with action_id or text ${which}.`);
    const action = pressed(found.element, side);
    return this.#interact(user, channel, message, {
      type: 'block_actions',
      container: { type: 'message', message_ts: message.ts, channel_id: channel.id, is_ephemeral: false },
      actions: [{ ...action, block_id: found.block.block_id, action_ts: this.#parts.workspace.nextTs() }],
      state: { values: {} },
    });
  }

  shortcut(user: User, channel: Channel, message: Message, callbackId: string): Promise<Outcome> {
    return this.#interact(user, channel, message, {
      type: 'message_action',
      callback_id: callbackId,
      message_ts: message.ts,
      action_ts: this.#parts.workspace.nextTs(),
    });
  }

  /**
   * A person sends the form that they see; it closes when the app acknowledges that without a word. Throws an `Error` when
   * there is none, or it does not take what was entered.
   */
  async submit(user: User, entered: Readonly<Record<string, string>>): Promise<Outcome> {
    const { workspace, delivery, views } = this.#parts;
    const { team } = workspace;
    const view = views.of(user.id);
    if (view === undefined) throw new Error(`${user.name} sees no form.`);
    const payload: Json = {
      type: 'view_submission',
      token: 'verification',
      api_app_id: APP_BOT.appId,
      team: { id: team.id, domain: team.domain },
      enterprise: null,
      is_enterprise_install: false,
      user: { id: user.id, username: user.name, name: user.name, team_id: team.id },
      trigger_id: views.trigger(user.id),
      view: { ...view.json, state: { values: valuesOf(view, entered) } },
      response_urls: [],
    };
    const outcome = await delivery.dispatch({ type: 'interactive', payload });
    const { response_action: action } = Object(outcome.acked ? outcome.body : undefined);
    if (outcome.acked && action !== 'errors') views.close(user.id);
    return outcome;
  }

  async command(user: User, channel: Channel, command: string, text: string): Promise<Outcome> {
    const { workspace, delivery, responseUrls, origin } = this.#parts;
    const payload: Json = {
      token: 'verification',
      team_id: workspace.team.id,
      team_domain: workspace.team.domain,
      channel_id: channel.id,
      channel_name: channel.kind === 'im' ? 'directmessage' : channel.name,
      user_id: user.id,
      user_name: user.name,
      command,
      text,
      api_app_id: APP_BOT.appId,
      is_enterprise_install: 'false',
      response_url: `${origin}${responseUrls.create(channel, user.id)}`,
      trigger_id: this.#parts.views.trigger(user.id),
    };
    const outcome = await delivery.dispatch({ type: 'slash_commands', payload });
    if (outcome.acked) this.#answered(user, channel, outcome.body);
    else this.#failed(user, channel, `${command} failed with the error "operation_timeout"`);
    return outcome;
  }

  async #interact(user: User, channel: Channel, message: Message, action: Json): Promise<Outcome> {
    const { workspace, delivery, responseUrls, origin } = this.#parts;
    const { team } = workspace;
    const payload: Json = {
      token: 'verification',
      api_app_id: APP_BOT.appId,
      team: { id: team.id, domain: team.domain },
      enterprise: null,
      is_enterprise_install: false,
      user: { id: user.id, username: user.name, name: user.name, team_id: team.id },
      channel: { id: channel.id, name: channel.kind === 'im' ? 'directmessage' : channel.name },
      message: messageJson(workspace, origin, message),
      response_url: `${origin}${responseUrls.create(channel, user.id, message)}`,
      trigger_id: this.#parts.views.trigger(user.id),
      ...action,
    };
    const outcome = await delivery.dispatch({ type: 'interactive', payload });
    if (!outcome.acked) this.#failed(user, channel, 'Something went wrong. Try again.');
    return outcome;
  }

  /** An acknowledgement of a command may carry a message. */
  #answered(user: User, channel: Channel, body: unknown): void {
    const args = new Args(Object(body));
    const silent = args.text('text') === undefined && args.json('blocks') === undefined;
    if (!silent) this.#parts.responseUrls.respond({ channel, user: user.id, source: undefined }, args);
  }

  #failed(user: User, channel: Channel, text: string): void {
    this.#parts.workspace.whisper(channel, { user: user.id, text, blocks: [] });
  }
}

function pressed(element: Json, side: 'positive' | 'negative' = 'positive'): Json {
  const { type, action_id } = element;
  const { text, value } = Object(type === 'feedback_buttons' ? element[`${side}_button`] : element);
  return { type, action_id, text, ...(value !== undefined && { value }) };
}
