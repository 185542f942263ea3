import querystring from 'node:querystring';

/** The hosts of Slack and of GovSlack: https://docs.slack.dev/govslack. Files are at `files.`, what `respond` posts to at `hooks.` */
const SLACK_HOST = /(?:^|\.)(?:slack|slack-edge|slack-files|slack-gov)\.com$/;

/** Where the Web API is on Slack's hosts: `api.test` answers with what it is sent, the token included. */
const API_PATH = /^\/+api(?:\/|$)/;

/**
 * Whether an address is one of Slack's, where the app's token and people's words may go: over TLS at the usual port, or at
 * the origin of the Web API's base where another one is configured, such as a proxy's or a test's.
 */
export function isSlacks(address: string, apiUrl: string | undefined): boolean {
  const url = URL.parse(address);
  if (url?.username !== '' || url.password !== '') return false;
  if (apiUrl !== undefined && url.origin === new URL(apiUrl).origin) return true;
  return url.protocol === 'https:' && url.port === '' && SLACK_HOST.test(url.hostname);
}

/** The same for the address of a file, which is none of the Web API's. */
export function isSlackFile(address: string, apiUrl: string | undefined): boolean {
  return isSlacks(address, apiUrl) && !API_PATH.test(querystring.unescape(new URL(address).pathname));
}

/** Something was to go to an address that is none of Slack's. */
export class Elsewhere extends Error {
  constructor(address: string) {
    super(`${hostOf(address)} is none of Slack's hosts`);
    this.name = 'Elsewhere';
  }
}

/**
 * `fetch` for Slack's clients, which are told by Slack where to upload to and to respond: nothing goes to other hosts than
 * its own, and redirects are not followed.
 */
export function slackFetch(apiUrl: string | undefined): typeof fetch {
  return async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    if (!isSlacks(address, apiUrl)) throw new Elsewhere(address);
    return fetch(input, { ...init, redirect: 'error' });
  };
}

/** The host of an address, for people to read. */
export function hostOf(address: string): string {
  return URL.parse(address)?.host || 'an unknown address';
}
