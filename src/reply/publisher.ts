import type { Logger } from '../log.ts';
import type { Outcome, Reply } from '../platform.ts';
import { layout, type Part } from './layout.ts';
import { type ReplyStyle, toMarkdown } from './render.ts';
import type { Transcript } from './transcript.ts';

/**
 * Brings what people see to what the transcript says. `update` never waits: while a call is under way newer states
 * replace each other, and the next call shows the newest.
 */
export class Publisher {
  readonly #reply: Reply;
  readonly #style: ReplyStyle;
  readonly #log: Logger;
  #newest: Transcript | undefined;
  #shown: string[] = [];
  #busy = false;
  #work = Promise.resolve();

  constructor(reply: Reply, style: ReplyStyle, log: Logger) {
    this.#reply = reply;
    this.#style = style;
    this.#log = log;
  }

  update(transcript: Transcript): void {
    this.#newest = transcript;
    if (!this.#busy) this.#work = this.#catchUp();
  }

  /** Shows the newest state and ends the reply. Never rejects. */
  async finish(outcome: Outcome): Promise<void> {
    await this.#work;
    await this.#reply
      .end(outcome)
      .catch((error: unknown) => this.#log.error({ err: error }, 'a reply did not end'));
  }

  async #catchUp(): Promise<void> {
    this.#busy = true;
    while (this.#newest) {
      const transcript = this.#newest;
      this.#newest = undefined;
      try {
        await this.#show(layout(toMarkdown(transcript, this.#style), this.#reply.limits));
      } catch (error) {
        this.#log.error({ err: error }, 'a reply could not be shown');
      }
    }
    this.#busy = false;
  }

  async #show(parts: Part[]): Promise<void> {
    for (const [index, part] of parts.entries()) {
      if (this.#shown[index] === part.text) continue;
      await this.#reply.show(index, part);
      this.#shown[index] = part.text;
    }
  }
}
