import { App, type AppOptions, type ReceiverEvent } from '@slack/bolt';
import { z } from 'zod';
import type { Logger } from '../../src/log.ts';
import type { Identity } from './identity.ts';
import { strangerIn } from './incoming/origin.ts';

const messageEvent = z.object({
  type: z.literal('event_callback'),
  event: z.object({ type: z.enum(['message', 'app_mention']) }),
});

/** So many strangers are named in the log; of more it says nothing. */
const MAX_STRANGERS = 100;

/** Has the context of an event say that it could not be taken. */
interface Refusable {
  refuse?: () => void;
}

/**
 * An app that acknowledges messages to Slack once its listeners have taken them, and everything else at once, as Bolt
 * does. What could not be taken, or not within Slack's three seconds, Slack delivers again: at once, after a minute and
 * after five (https://docs.slack.dev/apis/events-api#retries), and whoever takes it has it acknowledged then.
 *
 * What is for another workspace or another app is left out. It is acknowledged all the same: whoever has installed the app
 * elsewhere could make Slack end all deliveries otherwise, which it does where most of them fail.
 */
export class PatientApp extends App {
  readonly #identity: Identity;
  readonly #log: Logger;
  readonly #strangers = new Set<string>();

  constructor(options: AppOptions, identity: Identity, log: Logger) {
    super({ ...options, extendedErrorHandler: true });
    this.#identity = identity;
    this.#log = log;
    const failed = async ({ error, context }: { error: Error; context: object }) => {
      (context as Refusable).refuse?.();
      log.error({ err: error }, 'something from Slack could not be handled');
    };
    this.error(failed);
  }

  override async processEvent(event: ReceiverEvent): Promise<void> {
    const stranger = strangerIn(event.body, this.#identity);
    if (stranger !== undefined) {
      this.#note(stranger);
      return event.ack();
    }
    if (!messageEvent.safeParse(event.body).success) return super.processEvent(event);
    let isRefused = false;
    const refuse = () => {
      isRefused = true;
    };
    const customProperties = { ...event.customProperties, refuse };
    await super.processEvent({ ...event, ack: async () => {}, customProperties });
    if (!isRefused) await this.#acknowledge(event);
  }

  #note(stranger: string): void {
    if (this.#strangers.has(stranger) || this.#strangers.size === MAX_STRANGERS) return;
    this.#strangers.add(stranger);
    this.#log.warn({ stranger }, 'what Slack sends for another workspace or app is left out');
  }

  /** The connection may be gone, or the three seconds over: then Slack delivers the event again. */
  async #acknowledge(event: ReceiverEvent): Promise<void> {
    try {
      await event.ack();
    } catch (error) {
      this.#log.debug({ err: error }, 'a message was taken, and Slack could not be told in time');
    }
  }
}
