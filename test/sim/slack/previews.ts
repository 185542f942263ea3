import { mrkdwnLinks, slackLinks } from '../links.ts';
import type { RecordedCall } from './counters.ts';
import type { Json } from './objects.ts';

/** What takes no wish about previews (https://github.com/slackapi/node-slack-sdk/pull/2389): all its links may be fetched. */
const STREAMS = ['chat.startStream', 'chat.appendStream', 'chat.stopStream'];

/**
 * The addresses that Slack may have fetched for previews of what the app wrote. An edit has the wish of the message's post,
 * and none where that was streamed.
 */
export function fetchedFor(calls: readonly RecordedCall[]): string[] {
  const done = calls.filter(({ answer }) => answer === 'ok');
  const streamed = new Set(done.filter(({ method }) => STREAMS.includes(method)).map(({ args }) => args.ts));
  return done.flatMap(({ method, args }) => {
    const isQuiet =
      method === 'chat.update'
        ? !streamed.has(args.ts)
        : isFalse(args.unfurl_links) && isFalse(args.unfurl_media);
    return isQuiet ? [] : linksOf(args);
  });
}

/** The addresses of which Slack makes links, in all that a call says. */
export function linksOf({ text, markdown_text, blocks, chunks }: Json): string[] {
  return [
    ...mrkdwnLinks(String(text ?? '')),
    ...slackLinks(String(markdown_text ?? '')),
    ...linksIn(parsed(blocks)),
    ...linksIn(parsed(chunks)),
  ];
}

/** Plain text, and the text of rich text, is shown as it is. */
function linksIn(said: unknown): string[] {
  if (Array.isArray(said)) return said.flatMap(linksIn);
  if (typeof said !== 'object' || said === null) return [];
  const { type, text, url, ...rest } = said as Json;
  const ownText = typeof text !== 'string' ? linksIn(text) : textLinks(type, text);
  return [...ownText, ...(typeof url === 'string' ? [url] : []), ...Object.values(rest).flatMap(linksIn)];
}

function textLinks(type: unknown, text: string): string[] {
  if (type === 'markdown' || type === 'markdown_text') return slackLinks(text);
  return type === 'mrkdwn' ? mrkdwnLinks(text) : [];
}

/** Calls come as forms, too. */
function parsed(said: unknown): unknown {
  return typeof said === 'string' ? JSON.parse(said) : said;
}

function isFalse(value: unknown): boolean {
  return value === false || value === 'false';
}
