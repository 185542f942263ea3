import { createHmac, randomUUID } from 'node:crypto';
import type { App } from './app.ts';
import type { Attempt, Envelope, Outcome, Transport } from './delivery.ts';
import type { Json } from './objects.ts';
import type { Timing } from './options.ts';

interface Body {
  type: 'application/json' | 'application/x-www-form-urlencoded';
  text: string;
}

/** Slack's side of a request URL: signed POSTs, an answer with 2xx in time. */
export class HttpEvents implements Transport {
  readonly #app: App;
  readonly #timing: Timing;
  readonly #url: string;

  constructor(app: App, timing: Timing, url: string) {
    this.#app = app;
    this.#timing = timing;
    this.#url = url;
  }

  /** What Slack does when the address is entered. Throws unless the app echoes the challenge. */
  async verify(): Promise<void> {
    const challenge = randomUUID();
    const response = await this.#post(
      json({ type: 'url_verification', token: 'verification', challenge }),
      {},
    );
    const text = await response.text();
    if (!response.ok || !text.includes(challenge)) {
      throw new Error(
        `The request URL answered ${response.status} and not the value of the challenge parameter.`,
      );
    }
  }

  async send(envelope: Envelope, attempt: Attempt): Promise<Outcome> {
    const retry = { 'x-slack-retry-num': String(attempt.number), 'x-slack-retry-reason': attempt.reason };
    try {
      const response = await this.#post(bodyOf(envelope), attempt.number === 0 ? {} : retry);
      const text = await response.text();
      if (response.ok) return { acked: true, body: decoded(text) };
      return {
        acked: false,
        reason: 'http_error',
        noRetry: response.headers.get('x-slack-no-retry') === '1',
      };
    } catch (error) {
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      return { acked: false, reason: timedOut ? 'http_timeout' : 'connection_failed' };
    }
  }

  /** https://docs.slack.dev/authentication/verifying-requests-from-slack */
  #post(body: Body, headers: Record<string, string>): Promise<Response> {
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const digest = createHmac('sha256', this.#app.signingSecret)
      .update(`v0:${timestamp}:${body.text}`)
      .digest('hex');
    return fetch(this.#url, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': body.type,
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${digest}`,
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      },
      body: body.text,
      signal: AbortSignal.timeout(this.#timing.ackMs),
    });
  }
}

/** Events are JSON, commands are a form, clicks and shortcuts are JSON in a form. */
function bodyOf({ type, payload }: Envelope): Body {
  if (type === 'events_api') return json(payload);
  if (type === 'interactive') return form({ payload: JSON.stringify(payload) });
  return form(Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, String(value)])));
}

function json(value: Json): Body {
  return { type: 'application/json', text: JSON.stringify(value) };
}

function form(values: Record<string, string>): Body {
  return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(values).toString() };
}

/** A command may be answered with JSON or with plain text. */
function decoded(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}
