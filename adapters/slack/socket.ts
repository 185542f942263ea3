import { setTimeout as sleep } from 'node:timers/promises';
import { SocketModeReceiver, type SocketModeReceiverOptions } from '@slack/bolt';
import type { Logger } from '../../src/log.ts';
import { boltLog } from './bolt-log.ts';
import { appTokenProblem } from './identity.ts';

/** The waits before each further attempt to connect again, the last one repeated. */
const RECONNECT_DELAYS_MS = [0, 1_000, 2_000, 5_000, 15_000, 30_000];

export interface SocketOptions {
  appToken: string;
  apiUrl: string | undefined;
  dispatcher: SocketModeReceiverOptions['dispatcher'];
  log: Logger;
}

/**
 * A Socket Mode connection that stays. Bolt's own client waits five seconds before it connects again, and one that
 * is refused then ends the process with an unhandled rejection (`delayReconnectAttempt` in @slack/socket-mode), so
 * the connection is renewed here.
 */
export class Socket {
  readonly receiver: SocketModeReceiver;
  /** Whether Slack has greeted, and the connection stands. */
  isOpen = false;
  readonly #log: Logger;
  readonly #closing = new AbortController();

  constructor({ appToken, apiUrl, dispatcher, log }: SocketOptions) {
    this.#log = log;
    const clientOptions = {
      retryConfig: { retries: 0 },
      ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    };
    this.receiver = new SocketModeReceiver({
      appToken,
      dispatcher,
      autoReconnectEnabled: false,
      installerOptions: { clientOptions },
      logger: boltLog(log),
    });
    for (const event of ['ws_message', 'slack_event']) this.#contain(event);
    const { client } = this.receiver;
    client.on('connected', () => {
      this.isOpen = true;
    });
    client.on('disconnected', () => {
      this.isOpen = false;
    });
  }

  /**
   * Bolt's listeners for what the socket brings are asynchronous, and an odd frame lets them reject (`null`, an event
   * without its type, an acknowledgement for which the connection is gone), which would end the process.
   */
  #contain(event: string): void {
    const { client } = this.receiver;
    const listeners = client.listeners(event);
    client.removeAllListeners(event);
    for (const listener of listeners)
      client.on(event, async (...parts: unknown[]) => {
        try {
          await listener.apply(client, parts);
        } catch (error) {
          this.#log.error({ err: error }, 'something from Slack could not be read');
        }
      });
  }

  /** Throws a `Problem` when Slack does not let the app in. */
  async open(): Promise<void> {
    await this.receiver.start().catch((error: unknown) => {
      throw appTokenProblem(error);
    });
    void this.#stay();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.receiver.stop();
  }

  async #stay(): Promise<void> {
    const { client } = this.receiver;
    while (!this.#closing.signal.aborted) {
      await new Promise<void>((resolve) => client.once('disconnected', () => resolve()));
      await this.#reopen();
    }
  }

  async #reopen(): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const delay = RECONNECT_DELAYS_MS[attempt] ?? RECONNECT_DELAYS_MS.at(-1);
      await sleep(delay, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.receiver.start();
        return;
      } catch (error) {
        this.#log.warn(
          { err: appTokenProblem(error), attempt },
          'the connection to Slack could not be renewed',
        );
      }
    }
  }
}
