import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ChannelType } from 'discord.js';
import { Cdn } from './cdn.ts';
import { Commands } from './commands.ts';
import { Gateway } from './gateway/gateway.ts';
import { guildPayload } from './guild-payloads.ts';
import { type Interaction, Interactions } from './interactions.ts';
import { Messages } from './messages.ts';
import type { Change, Channel, Guild, Message, Overwrite, Ping, Role, User } from './model.ts';
import { type DiscordOptions, type PermissionName, permissionBits, settle } from './options.ts';
import { channelPayload } from './payloads.ts';
import { Person } from './person.ts';
import type { Calls } from './rest/calls.ts';
import type { Fault } from './rest/faults.ts';
import { RateLimits } from './rest/rate-limits.ts';
import { RestServer } from './rest/server.ts';
import { removeChannel } from './threads.ts';
import { type SeenMessage, seenMessages, typingNames, viewOf } from './view.ts';
import { World } from './world.ts';

/** How long `until` waits when the test doesn't say, in ms: only a failure takes as long, on a busy machine too. */
const PATIENCE = 60_000;
/** How often `until` looks again for what only time changes, such as typing that ends, in ms. */
const GLANCE = 20;
/** Connections outlive a busy machine's pauses, in ms, as they do at a large service: what is sent on one that ends is lost. */
const KEEP_ALIVE_MS = 120_000;

/**
 * A Discord of one's own on 127.0.0.1, with one bot, and people who write to it:
 *
 *     const sim = await startDiscord({ timeScale: 0.02 });
 *     const client = new Client({ intents, rest: { api: sim.apiUrl } });
 *     await client.login(sim.token);
 *     sim.user('ann').says('general', `${sim.mention} hello`);
 *     await sim.until(() => sim.view('general').includes('Hello, ann'));
 */
export class DiscordSim {
  readonly world: World;
  readonly gateway: Gateway;
  readonly #cdn: Cdn;
  readonly #messages: Messages;
  readonly #interactions: Interactions;
  readonly #commands = new Commands();
  readonly #limits: RateLimits;
  readonly #rest: RestServer;
  readonly #people = new Map<string, Person>();
  readonly #pressed: Interaction[] = [];
  readonly #server: Server;
  readonly #home: Guild;
  /** Where it listens on 127.0.0.1. */
  port = 0;
  #url = '';

  /** Use `startDiscord`. */
  constructor(options: DiscordOptions) {
    this.world = new World(settle(options));
    this.#cdn = new Cdn(this.world.settings.timing.attachmentLink);
    this.#messages = new Messages(this.world, this.#cdn);
    this.#interactions = new Interactions(this.world, this.#cdn, this.#messages);
    this.#limits = new RateLimits(this.world.settings);
    this.gateway = new Gateway(this.world);
    this.#rest = new RestServer({
      world: this.world,
      cdn: this.#cdn,
      messages: this.#messages,
      interactions: this.#interactions,
      commands: this.#commands,
      limits: this.#limits,
      gateway: this.gateway,
    });
    this.#home = this.addGuild(this.world.settings.guildName, this.world.settings.channels);
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
      this.#serve(request, response),
    );
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.world.settings.port, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    this.port = port;
    this.#url = this.world.settings.origin ?? `http://127.0.0.1:${port}`;
    this.#cdn.base = this.#url;
    this.gateway.attach(this.#server, this.#url);
  }

  async close(): Promise<void> {
    this.gateway.stop();
    this.#interactions.close();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** For `rest: { api }` of discord.js, and for DISCORD_API_URL. */
  get apiUrl(): string {
    return `${this.#url}/api`;
  }

  get token(): string {
    return this.world.settings.token;
  }

  get bot(): User {
    return this.world.bot;
  }

  /** How the bot is mentioned in a text. */
  get mention(): string {
    return `<@${this.bot.id}>`;
  }

  /** The first guild. */
  get guild(): Guild {
    return this.#home;
  }

  /** What the app has asked of the REST API. */
  get calls(): Calls {
    return this.#rest.calls;
  }

  /** The addresses that Discord has fetched for previews of what the bot wrote. */
  get fetched(): readonly string[] {
    return this.world.fetched;
  }

  /** 401s, 403s and 429s in the last ten minutes. */
  get invalidRequests(): number {
    return this.#limits.invalidRequests;
  }

  /** Who was notified of each new message, in order; edits notify nobody. */
  get pings(): readonly Ping[] {
    return this.world.pings;
  }

  /** A person by name: the same one each time, and at first use a new member of the first guild. */
  user(name: string): Person {
    const known = this.#people.get(name);
    if (known) return known;
    const user = this.world.addUser(name);
    const members = [...this.#home.roles.values()].filter((role) => role.name === 'Members');
    this.world.addMember(this.#home, user, members);
    const person = this.#personOf(user);
    this.#people.set(name, person);
    return person;
  }

  #personOf(user: User): Person {
    const { world } = this;
    const remember = <T extends Interaction>(interaction: T): T => {
      this.#pressed.push(interaction);
      return interaction;
    };
    return new Person(user, {
      world,
      messages: this.#messages,
      commands: this.#commands,
      channel: (idOrName) => this.channel(idOrName),
      upload: (...args) => this.#interactions.upload(...args),
      command: (...args) => remember(this.#interactions.command(...args)),
      press: (...args) => remember(this.#interactions.component(...args)),
      submit: (...args) => remember(this.#interactions.submit(...args)),
    });
  }

  /** A channel or thread by its id or name. @throws Error when there is none. */
  channel(idOrName: string): Channel {
    const { channels } = this.world;
    const found =
      channels.get(idOrName) ?? [...channels.values()].find(({ name, guild }) => guild && name === idOrName);
    if (!found) throw new Error(`There is no channel "${idOrName}".`);
    return found;
  }

  /** The direct messages between a person and the bot. */
  directMessages(name: string): Channel {
    return this.world.directMessages(this.user(name).user);
  }

  /** The bot joins another guild. */
  addGuild(name: string, channels: readonly string[] = ['general']): Guild {
    const guild = this.world.addGuild(name);
    for (const channel of channels)
      this.world.addChannel({ type: ChannelType.GuildText, name: channel, guild });
    this.world.publish({ t: 'GUILD_CREATE', d: guildPayload(this.world, guild), guild, channel: null });
    return guild;
  }

  addChannel(name: string, type: ChannelType = ChannelType.GuildText): Channel {
    const channel = this.world.addChannel({ type, name, guild: this.#home });
    this.world.publish({
      t: 'CHANNEL_CREATE',
      d: channelPayload(channel, this.bot),
      guild: this.#home,
      channel,
    });
    return channel;
  }

  /** A role in the first guild, for these people. */
  addRole(name: string, people: readonly string[] = [], mentionable = false): Role {
    const role = this.world.addRole(this.#home, name, 0n, mentionable);
    for (const person of people) this.#home.members.get(this.user(person).user.id)?.roles.add(role);
    return role;
  }

  /** Takes permissions from the bot, or from everybody, in one channel and its threads. */
  deny(channel: string, permissions: readonly PermissionName[], who: 'bot' | 'everyone' = 'bot'): void {
    const bits = permissionBits(permissions);
    this.#overwrite(channel, who, ({ id, allow, deny }) => ({ id, allow: allow & ~bits, deny: deny | bits }));
  }

  /** Gives permissions beyond those of roles, in one channel and its threads. */
  allow(channel: string, permissions: readonly PermissionName[], who: 'bot' | 'everyone' = 'bot'): void {
    const bits = permissionBits(permissions);
    this.#overwrite(channel, who, ({ id, allow, deny }) => ({ id, allow: allow | bits, deny: deny & ~bits }));
  }

  #overwrite(idOrName: string, who: 'bot' | 'everyone', change: (before: Overwrite) => Overwrite): void {
    const channel = this.channel(idOrName);
    const id = who === 'bot' ? this.bot.id : (channel.guild?.id ?? '');
    channel.overwrites.set(id, change(channel.overwrites.get(id) ?? { id, allow: 0n, deny: 0n }));
    this.world.publish({
      t: 'CHANNEL_UPDATE',
      d: channelPayload(channel, this.bot),
      guild: channel.guild,
      channel,
    });
  }

  /** Deletes a channel with its threads, or a thread. */
  deleteChannel(idOrName: string): void {
    removeChannel(this.world, this.channel(idOrName));
  }

  /** Throws the bot out. */
  removeBot(guild: Guild = this.#home): void {
    guild.members.delete(this.bot.id);
    this.world.publish({ t: 'GUILD_DELETE', d: { id: guild.id }, guild, channel: null });
  }

  /** A guild goes away for a while, or comes back. */
  setAvailable(available: boolean, guild: Guild = this.#home): void {
    guild.available = available;
    const [t, d] = available
      ? ['GUILD_CREATE', guildPayload(this.world, guild)]
      : ['GUILD_DELETE', { id: guild.id, unavailable: true }];
    this.world.publish({ t, d, guild, channel: null });
  }

  /** Deletes many messages of one channel at once. */
  purge(messages: readonly Message[]): void {
    const [first] = messages;
    if (first) this.#messages.purge(first.channel, messages);
  }

  /** A link's preview appears: a MESSAGE_UPDATE that nobody wrote. */
  unfurl(message: Message, title: string): void {
    message.embeds.push({ type: 'link', title, url: 'https://example.com/' });
    this.#messages.publish('MESSAGE_UPDATE', message);
  }

  /** Lets Discord's filter refuse whatever has this in it. */
  banLink(link: string): void {
    this.world.harmfulLinks.add(link);
  }

  /** Orders failures of the REST API. @param route Such as `POST /channels/:channel/messages`, or `*`. */
  fail(route: string, fault: Fault, times = 1): void {
    this.#rest.faults.plan(route, fault, times);
  }

  /** The messages of a channel as data; with a name as that person sees them. */
  messages(channel: string, as?: string): SeenMessage[] {
    return seenMessages(this.channel(channel), as);
  }

  /** A message itself, for a person to answer, edit or press. @throws Error when it is gone. */
  message(id: string): Message {
    const message = this.world.findMessage(id);
    if (!message) throw new Error(`There is no message ${id}.`);
    return message;
  }

  /** The channel as text: what people see on their screens. */
  view(channel: string, as?: string): string {
    const target = this.channel(channel);
    const failed = this.#pressed.filter(
      (one) => one.state === 'failed' && one.channel === target && (as === undefined || one.user.name === as),
    );
    return viewOf(this.world, target, failed, as);
  }

  /** Whose typing shows at this moment. */
  typing(channel: string): string[] {
    return typingNames(this.world, this.channel(channel));
  }

  /** Calls back at everything that somebody looking would notice; returns the way to stop. */
  watch(listener: (change: Change) => void): () => void {
    return this.world.watch(listener);
  }

  /** Waits until it is so. @param patience In ms. @throws Error with all that people see, when it doesn't become so. */
  async until(condition: () => boolean, patience = PATIENCE): Promise<void> {
    const deadline = Date.now() + patience;
    while (!condition()) {
      if (Date.now() > deadline)
        throw new Error(`It did not come about. People see:\n\n${this.#everything()}`);
      await new Promise((resolve) => setTimeout(resolve, GLANCE));
    }
  }

  #everything(): string {
    return [...this.world.channels.keys()].map((id) => this.view(id)).join('\n\n');
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.#url);
    if (url.pathname.startsWith('/attachments/')) this.#serveFile(url, response);
    else void this.#answer(request, response, url);
  }

  /** A client that hung up needs no answer; any other failure is the simulator's own, and loud. */
  async #answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    try {
      await this.#rest.handle(request, response, url);
    } catch (error) {
      response.destroy();
      if (request.complete) throw error;
    }
  }

  #serveFile(url: URL, response: ServerResponse): void {
    const file = this.#cdn.fetch(url);
    if (file) response.writeHead(200, { 'Content-Type': file.contentType }).end(file.data);
    else
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('This content is no longer available.');
  }
}

/** Starts a simulated Discord on 127.0.0.1. */
export async function startDiscord(options: DiscordOptions = {}): Promise<DiscordSim> {
  const sim = new DiscordSim(options);
  await sim.listen();
  return sim;
}
