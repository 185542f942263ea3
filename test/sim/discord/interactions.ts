import { randomBytes } from 'node:crypto';
import {
  ButtonStyle,
  ComponentType,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
  MessageType,
} from 'discord.js';
import {
  ApiError,
  alreadyAcknowledged,
  invalidWebhookToken,
  unknownInteraction,
  unknownMessage,
  unknownWebhook,
} from './api-error.ts';
import { type NewFile, type NewFiles, stored } from './attachments.ts';
import type { Cdn } from './cdn.ts';
import { snowflake } from './ids.ts';
import { isJson, type Json } from './json.ts';
import type { Messages } from './messages.ts';
import type { Channel, Message, User } from './model.ts';
import {
  attachmentPayload,
  channelPayload,
  interactingMember,
  messagePayload,
  userPayload,
} from './payloads.ts';
import { checkAnswerable } from './threads.ts';
import { plainBody, readMessageBody } from './validation/message.ts';
import { readForm, submissionOf } from './validation/modal.ts';
import { appPermissionsIn, memberOf, type World } from './world.ts';

/** Random bytes in a token: enough that nobody guesses one. */
const TOKEN_BYTES = 48;
/** 10 MiB, what a guild without boosts takes. */
const ATTACHMENT_SIZE_LIMIT = 10 * 1024 * 1024;

/** `failed` is what people see as "The application did not respond". */
export type InteractionState = 'waiting' | 'acknowledged' | 'failed';

export interface Interaction {
  id: string;
  token: string;
  user: User;
  channel: Channel;
  /** The name of the command, or null for a component. */
  command: string | null;
  /** The message whose component was used. */
  source: Message | null;
  state: InteractionState;
  /** What `@original` is. */
  response: Message | null;
  /** The form that it has opened, until that is sent. */
  form: Json | null;
  /** What was sent, if it is a form that was. */
  isForm: boolean;
  expiresAt: number;
}

/** Commands and components at work: telling the app, its answer within 3 s, and what its token allows for 15 min. */
export class Interactions {
  readonly #world: World;
  readonly #cdn: Cdn;
  readonly #messages: Messages;
  readonly #byToken = new Map<string, Interaction>();
  readonly #deadlines = new Set<NodeJS.Timeout>();

  constructor(world: World, cdn: Cdn, messages: Messages) {
    this.#world = world;
    this.#cdn = cdn;
    this.#messages = messages;
  }

  /** Keeps the file of a command's option, and says how the command brings it. */
  upload(channel: Channel, file: NewFile): Json {
    return attachmentPayload(this.#cdn, channel, stored(file));
  }

  /** A person runs a command. */
  command(user: User, channel: Channel, name: string, data: Json): Interaction {
    const interaction = this.#open(user, channel, name, null);
    this.#tell(interaction, InteractionType.ApplicationCommand, data);
    return interaction;
  }

  /** A person uses a component of a message. */
  component(user: User, source: Message, data: Json): Interaction {
    const interaction = this.#open(user, source.channel, null, source);
    const message = messagePayload(this.#world, this.#cdn, source);
    this.#tell(interaction, InteractionType.MessageComponent, data, { message });
    return interaction;
  }

  /** A person sends the form that an interaction has opened. Throws an `Error` where it would not take what was entered. */
  submit(from: Interaction, entered: Readonly<Record<string, string>>): Interaction {
    const { form, user, channel, source } = from;
    if (!form) throw new Error('There is no form to send.');
    const data = submissionOf(form, entered);
    from.form = null;
    const interaction = this.#open(user, channel, null, source);
    interaction.isForm = true;
    const message = source && { message: messagePayload(this.#world, this.#cdn, source) };
    this.#tell(interaction, InteractionType.ModalSubmit, data, { ...message });
    return interaction;
  }

  /** The app's first answer. https://discord.com/developers/docs/interactions/receiving-and-responding */
  respond(id: string, token: string, json: Json, files: NewFiles): Interaction {
    const interaction = this.#byToken.get(token);
    if (!interaction || interaction.id !== id || interaction.state === 'failed') throw unknownInteraction();
    if (interaction.state === 'acknowledged') throw alreadyAcknowledged();
    checkAnswerable(this.#world, interaction.channel);
    this.#answer(interaction, json.type, isJson(json.data) ? json.data : {}, files);
    interaction.state = 'acknowledged';
    this.#world.noticed('interaction', interaction.channel, interaction.response);
    return interaction;
  }

  /** What a webhook request with this token may work on. */
  byToken(token: string): Interaction {
    const interaction = this.#byToken.get(token);
    if (interaction?.state !== 'acknowledged') throw unknownWebhook();
    if (interaction.expiresAt < Date.now()) throw invalidWebhookToken();
    return interaction;
  }

  /** One of the messages that this token may see: `@original` or a follow-up's id. */
  message(interaction: Interaction, id: string): Message {
    const message = id === '@original' ? interaction.response : interaction.channel.messages.get(id);
    const own = message && (message === interaction.response || message.interaction?.id === interaction.id);
    if (!own || !interaction.channel.messages.has(message.id)) throw unknownMessage();
    return message;
  }

  edit(interaction: Interaction, id: string, json: Json, files: NewFiles): Message {
    const message = this.message(interaction, id);
    const fills = (message.flags & MessageFlags.Loading) !== 0;
    return this.#messages.edit(message, this.#world.bot, readMessageBody(json, message.flags), files, fills);
  }

  /** A further message; straight after a deferral it fills the message that was promised. */
  followUp(interaction: Interaction, json: Json, files: NewFiles): Message {
    const { response } = interaction;
    if (response && response.flags & MessageFlags.Loading)
      return this.edit(interaction, '@original', json, files);
    checkAnswerable(this.#world, interaction.channel);
    return this.#post(interaction, json, files, response);
  }

  close(): void {
    for (const deadline of this.#deadlines) clearTimeout(deadline);
  }

  #open(user: User, channel: Channel, command: string | null, source: Message | null): Interaction {
    const { acknowledge, interactionToken } = this.#world.settings.timing;
    const interaction: Interaction = {
      id: snowflake(),
      token: randomBytes(TOKEN_BYTES).toString('base64url'),
      user,
      channel,
      command,
      source,
      state: 'waiting',
      response: null,
      form: null,
      isForm: false,
      expiresAt: Date.now() + interactionToken,
    };
    this.#byToken.set(interaction.token, interaction);
    const deadline = setTimeout(() => {
      this.#deadlines.delete(deadline);
      if (interaction.state !== 'waiting') return;
      interaction.state = 'failed';
      this.#world.noticed('interaction', channel, source);
    }, acknowledge);
    this.#deadlines.add(deadline);
    return interaction;
  }

  #tell(interaction: Interaction, type: number, data: Json, more: Json = {}): void {
    const { user, channel, id, token } = interaction;
    const { bot } = this.#world;
    const member = memberOf(channel.guild, user);
    const d = {
      id,
      application_id: bot.id,
      type,
      token,
      version: 1,
      data,
      channel_id: channel.id,
      channel: channelPayload(channel, bot),
      ...(channel.guild && {
        guild_id: channel.guild.id,
        guild: { id: channel.guild.id, locale: 'en-US', features: [] },
      }),
      ...(member ? { member: interactingMember(channel, member) } : { user: userPayload(user) }),
      ...more,
      app_permissions: appPermissionsIn(channel, bot).toString(),
      locale: 'en-US',
      ...(channel.guild && { guild_locale: 'en-US' }),
      entitlements: [],
      authorizing_integration_owners: { 0: channel.guild?.id ?? '0' },
      context: channel.guild ? 0 : 1,
      attachment_size_limit: ATTACHMENT_SIZE_LIMIT,
    };
    this.#world.publish({ t: 'INTERACTION_CREATE', d, guild: channel.guild, channel: null });
  }

  #answer(interaction: Interaction, type: unknown, data: Json, files: NewFiles): void {
    const { source } = interaction;
    if (type === InteractionResponseType.ChannelMessageWithSource) {
      interaction.response = this.#post(interaction, data, files, null);
    } else if (type === InteractionResponseType.DeferredChannelMessageWithSource) {
      const flags = MessageFlags.Loading | (Number(data.flags ?? 0) & MessageFlags.Ephemeral);
      interaction.response = this.#post(interaction, { flags: data.flags }, files, null, flags);
    } else if (type === InteractionResponseType.DeferredMessageUpdate && source) {
      interaction.response = source;
    } else if (type === InteractionResponseType.UpdateMessage && source) {
      if (!source.channel.messages.has(source.id)) throw unknownMessage();
      const body = readMessageBody(data, source.flags);
      interaction.response = this.#messages.edit(source, this.#world.bot, body, files);
    } else if (type === InteractionResponseType.Modal && !interaction.isForm) {
      interaction.form = readForm(data);
    } else {
      throw unsupported(type, interaction);
    }
  }

  #post(interaction: Interaction, json: Json, files: NewFiles, answered: Message | null, flags = 0): Message {
    const { channel, user, source, command, id } = interaction;
    const body = flags & MessageFlags.Loading ? plainBody('') : readMessageBody(json);
    const ephemeral = ((body.flags ?? 0) | flags) & MessageFlags.Ephemeral;
    const reference = answered ?? source;
    return this.#messages.post({
      channel,
      author: this.#world.bot,
      body,
      files,
      flags,
      type: reference ? MessageType.Reply : MessageType.ChatInputCommand,
      reference: reference && { channel, messageId: reference.id },
      interaction: {
        id,
        type: command === null ? InteractionType.MessageComponent : InteractionType.ApplicationCommand,
        user,
        command,
      },
      onlyFor: ephemeral ? user : null,
    });
  }
}

function unsupported(type: unknown, { source, isForm }: Interaction): ApiError {
  const allowed = [4, 5, ...(source ? [6, 7] : []), ...(isForm ? [] : [9])].join(', ');
  return new ApiError(400, 50035, 'Invalid Form Body', {
    errors: {
      type: {
        _errors: [{ code: 'BASE_TYPE_CHOICES', message: `Value ${type} must be one of (${allowed}).` }],
      },
    },
  });
}

/** The data of a press, if this message has such a button and it can be pressed. */
export function pressOf(components: readonly Json[], customId: string): Json {
  const button = components.find((component) => component.custom_id === customId);
  if (!button) throw new Error(`The message has no button "${customId}".`);
  if (button.disabled === true) throw new Error(`The button "${customId}" is disabled.`);
  if (button.style === ButtonStyle.Link) throw new Error(`The button "${customId}" is a link.`);
  return { component_type: ComponentType.Button, custom_id: customId, id: button.id };
}
