import type { RefusedContent } from '../model.ts';
import type { Circumstances } from './explain.ts';
import type { Failure } from './failure.ts';
import { isContextExceeded, isLoading, isQuotaUsedUp, lacksTools } from './symptoms.ts';

/** How much of a provider's own words goes into a sentence of ours, in characters. */
const MAX_QUOTE = 400;

const UNUSABLE = 'The model cannot be used at the moment. Try again later.';

const REFUSED: Readonly<Record<RefusedContent, string>> = {
  words: 'The content filter refused what was said.',
  images: 'The model takes no pictures.',
  image: 'The model could not read a picture.',
  size: 'The pictures are too large for the model.',
};

/**
 * What those are told who can change neither the provider's address nor the key nor the account there: nothing of
 * these, but what they can do. The provider's own words are in it only where they are about the request.
 */
export function sentenceForClients(failure: Failure, about: Circumstances): string {
  switch (failure.kind) {
    case 'stalled':
      return `The model sent nothing for ${failure.words}: it may be overloaded. Try again in a moment.`;
    case 'cut':
      return 'The connection to the model broke off before the answer was complete. Try again.';
    case 'unreachable':
      return 'The model cannot be reached at the moment. Try again later.';
    case 'malformed':
      return 'The model sent an answer that cannot be read. Try again.';
    case 'refused':
      return refusal(failure, about);
    default:
      return UNUSABLE;
  }
}

function refusal(failure: Failure, about: Circumstances): string {
  const { status, code, words } = failure;
  const says = quoted(withoutAddresses(words, about.url));
  if (isContextExceeded(failure)) {
    return `The conversation is too long for the model \`${about.model}\`.${says}`;
  }
  if (about.refused) return `${REFUSED[about.refused]}${says}`;
  if (isQuotaUsedUp(failure)) return UNUSABLE;
  if (isLoading(failure)) return 'The model is not loaded yet. Try again in a minute.';
  if (lacksTools(failure)) {
    return `The model \`${about.model}\` can't call tools, and this assistant has some: choose a model that can, or take the tools out of the assistant.`;
  }
  if (status === 429 || /rate_limit/.test(code)) {
    return `The model is limiting how much it answers: try again ${pause(failure)}.`;
  }
  if (status === 400 || status === 422) return `The model refused the request (${status}).${says}`;
  return status === undefined || status >= 500 ? 'The model failed. Try again in a moment.' : UNUSABLE;
}

/** How long to wait, in words. */
export function pause({ retryAfterMs }: Failure): string {
  if (retryAfterMs === undefined) return 'in a minute';
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  if (seconds >= 120) return `in ${Math.ceil(seconds / 60)} minutes`;
  return seconds === 1 ? 'in a second' : `in ${seconds} seconds`;
}

/** The beginning of a provider's words as a sentence of their own. */
export function quoted(words: string): string {
  if (words === '') return '';
  const quote = words.length > MAX_QUOTE ? `${words.slice(0, MAX_QUOTE).toWellFormed()}…` : words;
  return ` It says: ${/[.!?…]$/.test(quote) ? quote : `${quote}.`}`;
}

/** URLs, addresses of machines, and the names of organisations and projects at OpenAI. */
const ADDRESS =
  /\b[a-z][\w+.-]*:\/\/[^\s"'`<>()[\]{},]+|\blocalhost(:\d+)?\b|\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b|\[[\da-f]*:[\da-f:]*](:\d+)?|\b(org-|proj_)\w{8,}/gi;

/** Hosts with a port, and what only a network of its own has or nobody could find. */
const HOST =
  /(?<![\w.@/-])[a-z][\w-]*(?:\.[\w-]+)*:\d{2,5}\b|(?<![\w.@/-])(?:[a-z\d][\w-]*\.)+(?:internal|intranet|local|lan|corp|svc)\b|(?<=\b(?:ENOTFOUND|EAI_AGAIN)\s)[\w.-]*\w/gi;

/** Files of the provider's machine. What begins otherwise may be a place in the request, such as `/messages/0/content`. */
const FILE =
  /(?<![\w.~/-])\/(?:app|data|etc|home|mnt|opt|root|run|srv|tmp|usr|var|work|workspace)(?:\/[\w@.+~%-]*[\w~])+/g;

/** A provider's words without where it is, and where it has its files. */
export function withoutAddresses(words: string, url: string): string {
  const { host, hostname } = URL.canParse(url) ? new URL(url) : { host: '', hostname: '' };
  const bare = words.replace(ADDRESS, '[address]').replace(HOST, '[address]').replace(FILE, '[path]');
  return [host, hostname]
    .filter((name) => name !== '')
    .reduce((text, name) => text.replaceAll(name, '[address]'), bare);
}
