import type { Bot } from '../../../src/platform.ts';
import { conversationOf, type Place } from '../place.ts';
import { COMMAND } from '../surface.ts';
import { HELP } from './help.ts';

/** Somebody's last conversation in a channel is remembered for so many of them. */
const MAX_REMEMBERED = 5_000;

/** Tells who stops an answer where there is none. */
export const NOTHING_RUNS = 'Nothing is being answered there.';

const NO_CONVERSATION =
  'There is no conversation with me here that I could forget. Mention me, and one begins.';

/** What people do beside asking: forget, stop, help. Each answer is a sentence for the one who asked. */
export class Controls {
  readonly #bot: Bot;
  /** A slash command says where it was given, but not in which thread: so the last conversation is meant. */
  readonly #last = new Map<string, string>();

  constructor(bot: Bot) {
    this.#bot = bot;
  }

  /** Somebody takes part in a conversation. */
  remember(place: Place): void {
    const key = keyOf(place);
    this.#last.delete(key);
    this.#last.set(key, conversationOf(place));
    const [oldest] = this.#last.keys();
    if (this.#last.size > MAX_REMEMBERED && oldest !== undefined) this.#last.delete(oldest);
  }

  async command(text: string, where: Pick<Place, 'channel' | 'user'>): Promise<string> {
    const [word = ''] = text.trim().toLowerCase().split(/\s+/);
    const last = this.#last.get(keyOf(where));
    switch (word) {
      case '':
      case 'help':
        return HELP;
      case 'new':
        return last
          ? this.forget(last)
          : 'There is nothing to forget: each mention or new message to me begins anew.';
      case 'stop':
        return last ? this.stop(last) : 'There is no answer to you here that could be stopped.';
      default:
        return `I don't know "${word.slice(0, 40)}". Use \`${COMMAND} help\`, \`${COMMAND} new\` or \`${COMMAND} stop\`.`;
    }
  }

  async forget(conversation: string): Promise<string> {
    return this.#bot.renew(conversation).then(
      (isRenewed) => (isRenewed ? 'I have forgotten what was said. Ask me something new.' : NO_CONVERSATION),
      () => 'That did not work, so I still remember what was said. Try again.',
    );
  }

  async stop(conversation: string): Promise<string> {
    return (await this.#bot.stop(conversation)) ? 'I stop.' : NOTHING_RUNS;
  }
}

function keyOf({ channel, user }: Pick<Place, 'channel' | 'user'>): string {
  return `${channel} ${user}`;
}
