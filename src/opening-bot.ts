import { setTimeout as sleep } from 'node:timers/promises';

import type {
  Absence,
  Bot,
  IncomingMessage,
  Platform,
  Rating,
  Receipt,
  SuggestedPrompt,
  Word,
} from './platform.ts';
import type { RunningBot } from './running-bot.ts';

/**
 * Milliseconds that platforms have to connect by themselves: what the bot is made of holds the event loop for a fifth of
 * a second while it is loaded, and so every step of their greeting. On a slow network that is a pause they wait anyway.
 */
const HEAD_START_MS = 100;

const NOT_NOW = 'This can’t be decided, since I could not start.';

/**
 * The bot for platforms that connect while it is being made, which takes longer than to connect: what people do meanwhile
 * waits for it.
 */
export class OpeningBot implements Bot {
  readonly prompts: readonly SuggestedPrompt[];
  readonly #make: () => Promise<RunningBot>;
  readonly #made = Promise.withResolvers<RunningBot>();
  readonly #connected = Promise.withResolvers<RunningBot>();
  #running: RunningBot | undefined;
  #isOpening = false;
  #platforms: readonly Platform[] = [];

  /** `make` is called once; when it fails it leaves nothing open. */
  constructor(prompts: readonly SuggestedPrompt[], make: () => Promise<RunningBot>) {
    this.prompts = prompts;
    this.#make = make;
    // Whoever opens or connects it is told.
    this.#made.promise.catch(() => {});
    this.#connected.promise.catch(() => {});
  }

  /** Makes the bot. Throws a `Problem` when one of its parts can't be had. */
  open(): Promise<RunningBot> {
    if (!this.#isOpening) {
      this.#isOpening = true;
      this.#make().then((bot) => {
        this.#running = bot;
        this.#made.resolve(bot);
      }, this.#made.reject);
    }
    return this.#made.promise;
  }

  /** Connects them, and makes the bot meanwhile; ends when both are done. Throws what either throws first. */
  async connect(platforms: readonly Platform[]): Promise<void> {
    this.#platforms = platforms;
    const bot = this.#connect(platforms);
    bot.then(this.#connected.resolve, this.#connected.reject);
    (await bot).warmUp();
  }

  async #connect(platforms: readonly Platform[]): Promise<RunningBot> {
    const added = this.#made.promise.then((bot) => {
      for (const platform of platforms) bot.add(platform);
      return bot;
    });
    added.catch(() => {});
    const starts = platforms.map((platform) => platform.start(this));
    const takenUp = platforms.map(async ({ name }, index) => {
      await starts[index];
      await (await added).takeUp(name);
    });
    const ready = Promise.all(takenUp);
    ready.catch(() => {});
    await Promise.race([Promise.all(starts), sleep(HEAD_START_MS)]);
    const [bot] = await Promise.all([this.open(), ready]);
    return bot;
  }

  async knows(conversation: string): Promise<boolean> {
    return this.#made.promise.then(
      (bot) => bot.knows(conversation),
      () => false,
    );
  }

  receive(message: IncomingMessage): Receipt {
    if (this.#running) return this.#running.receive(message);
    const receipt = this.#made.promise.then((bot) => bot.receive(message));
    const ends = (which: keyof Receipt) => receipt.then((it) => it[which]).catch(() => {});
    return { kept: ends('kept'), answered: ends('answered') };
  }

  /** Once the messages that wait are taken up: it then finds their turn. */
  async stop(conversation: string): Promise<boolean> {
    return this.#connected.promise.then(
      (bot) => bot.stop(conversation),
      () => false,
    );
  }

  async renew(conversation: string): Promise<boolean> {
    return (await this.#made.promise).renew(conversation);
  }

  async retract(conversation: string, message: string): Promise<void> {
    await (await this.#made.promise).retract(conversation, message);
  }

  async vanish(...what: Parameters<Bot['vanish']>): Promise<void> {
    await (await this.#made.promise).vanish(...what);
  }

  rate(rating: Rating): void {
    this.#made.promise.then(
      (bot) => bot.rate(rating),
      () => {},
    );
  }

  signOfWork(...about: Parameters<Bot['signOfWork']>): void {
    this.#made.promise.then(
      (bot) => bot.signOfWork(...about),
      () => {},
    );
  }

  async objection(to: Parameters<Bot['objection']>[0]): Promise<string | undefined> {
    return this.#decidable((bot) => bot.objection(to));
  }

  async decide(word: Word): Promise<string | undefined> {
    return this.#decidable((bot) => bot.decide(word));
  }

  #decidable(ask: (bot: RunningBot) => Promise<string | undefined>): Promise<string | undefined> {
    return this.#made.promise.then(ask, () => NOT_NOW);
  }

  async absence(platform: string): Promise<Absence | undefined> {
    return this.#made.promise.then(
      (bot) => bot.absence(platform),
      () => undefined,
    );
  }

  /** Why nothing can be kept at the moment, as a sentence for whoever runs the bot; undefined when it can. */
  async storeProblem(): Promise<string | undefined> {
    return this.#running?.storeProblem();
  }

  /** Closes the bot, once it is made, and the platforms, also those that are still connecting. */
  async close(): Promise<void> {
    const bot = await this.open().catch(() => undefined);
    if (bot) await bot.close();
    else await Promise.all(this.#platforms.map((platform) => platform.close()));
  }
}
