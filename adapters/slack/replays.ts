import type { IncomingMessage, ServerResponse } from 'node:http';

/** As Slack writes it. Bolt leaves out of account what stands behind it, so that one could be written in many ways. */
const SIGNATURE = /^v0=[0-9a-f]{64}$/;

const REFUSED = 401;

/** What has Slack deliver it again. */
const NOT_TAKEN = 503;

/** As many as come within the ten minutes in which a request's time is taken for now, at a busy workspace's rate. */
const MAX_REMEMBERED = 10_000;

/**
 * Requests that Slack has signed, each of which is taken once: a second time it is answered as it was the first time. Slack
 * delivers anew what was not taken, and that is taken then. Each process knows what came to itself.
 */
export class Replays {
  /** With what each was answered, or will be; oldest first. */
  readonly #answers = new Map<string, Promise<number>>();

  /** Whether a request is another's repetition, or signed in another way; then it is answered. One without signature is Bolt's. */
  async answers({ headers }: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const given = headers['x-slack-signature'];
    if (given === undefined) return false;
    const signature = String(given);
    const before = SIGNATURE.test(signature) ? this.#answers.get(signature) : REFUSED;
    if (before !== undefined) {
      response.writeHead(await before).end();
      return true;
    }
    const { promise: answer, resolve } = Promise.withResolvers<number>();
    this.#answers.set(signature, answer);
    response.once('close', () => {
      const status = response.writableFinished ? response.statusCode : NOT_TAKEN;
      if (status >= 300) this.#answers.delete(signature);
      resolve(status);
    });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MAX_REMEMBERED && oldest !== undefined) this.#answers.delete(oldest);
    return false;
  }
}
