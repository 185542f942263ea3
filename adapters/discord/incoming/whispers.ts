import type { ButtonInteraction, ChatInputCommandInteraction } from 'discord.js';
import type { IncomingMessage } from '../../../src/platform.ts';
import { type Note, postNote } from './notes.ts';
import { whispered } from './whisper.ts';

/** An interaction that has been answered. */
type Answered = ButtonInteraction | ChatInputCommandInteraction;

/** So many of the latest are remembered; what came before has been told by then, as a rule. */
const MAX_REMEMBERED = 1_000;

/**
 * What is told to one person about their message. Only who used a command or a button can be told so that nobody else sees
 * it, for a quarter of an hour and by the process that heard of it; everybody else is by an answer to their message.
 * https://discord.com/developers/docs/interactions/receiving-and-responding
 */
export class Whispers {
  /** By the id of the message that came of it; the oldest first. */
  readonly #interactions = new Map<string, Promise<Answered>>();
  readonly #post: (note: Note) => Promise<boolean>;

  constructor(parts: Parameters<typeof postNote>[1]) {
    this.#post = (note) => postNote(note, parts);
  }

  /** A message came of an interaction, which is answered soon. */
  remember(message: string, answered: Promise<Answered>): void {
    answered.catch(() => {});
    this.#interactions.set(message, answered);
    const [oldest] = this.#interactions.keys();
    if (this.#interactions.size > MAX_REMEMBERED && oldest !== undefined) this.#interactions.delete(oldest);
  }

  async tell({ id, author, replyTo }: IncomingMessage, text: string): Promise<void> {
    if (await this.#whisper(id, text)) return;
    const { channel, message: answers } = replyTo ?? {};
    if (channel === undefined)
      throw new Error('A message that does not come from Discord can not be answered there.');
    const content = answers === undefined ? `<@${author.id}> ${text}` : text;
    if (!(await this.#post({ channel, content, answers, nonce: `n${id}` })))
      throw new Error('There was no room for a note.');
  }

  async #whisper(id: string, text: string): Promise<boolean> {
    try {
      const interaction = await this.#interactions.get(id);
      await interaction?.followUp(whispered(text));
      return interaction !== undefined;
    } catch {
      // Its time is over: the channel is left.
      return false;
    }
  }
}
