/*
 * Errors of systems, databases and other servers name where these are. That helps whoever runs Bobbin, who finds it in the
 * log, and nobody else but those who look for a way in.
 */

/** What is longer is no sentence that anybody reads, in UTF-16 code units. */
const LONGEST = 4_000;

const ADDRESS = '[address]';
const PATH = '[path]';

/** Where a program was when it failed, line by line, or as Python tells it. */
const STACK = /(?:\n\s*at [^\n]*)+|\bTraceback \(most recent call last\):[\s\S]*?(?:\n(?=\S)|$)/g;

/** With all that may stand in it, such as a password. The end of a sentence is none of it. */
const URL_LIKE = /\b[a-z][\w+.-]*:\/\/[^\s"'`<>]*[^\s"'`<>.,;:!?)\]}]/gi;

/** The name that was not found, whatever it looks like; and one that is not reached, where it stands as a name does. */
const NOT_FOUND = /\b(ENOTFOUND|EAI_[A-Z]+|resolve host:)\s+(?!\[)[\w.:-]*\w/g;
const NOT_REACHED =
  /\b(lookup|host name|host|server at|server on|connect to|reach) (?:(["'`])[\w.:-]+\2|[\w-]+(?= port \d| on \[))/gi;

/** A host with its port, an IPv4 address, and IPv6 as systems write it, with or without brackets. */
const HOST_AND_PORT = /(?<![\w.@-])(?:[a-z][\w-]*|\d[\w-]*[a-z][\w-]*)(?:\.[\w-]+)*\.?:\d{2,5}\b(?!:\d)/gi;
const IPV4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\w.]*\w)/g;
const IPV6 =
  /\[[\da-f]*:[\da-f:.]*(?:%\w+)?\](?::\d{1,5})?|(?<![\w:])(?:[\da-f]{1,4}(?::[\da-f]{1,4})*)?::[\da-f:.]*[\da-f](?:%\w+)?|(?<![\w:])(?:[\da-f]{1,4}:){7}[\da-f]{1,4}/gi;

/** Names that only a company's own network knows, and others of three parts or more that end like no file. */
const INSIDE =
  /(?<![\w.@-])(?:[a-z\d][\w-]*\.)+(?:internal|intranet|local|localdomain|lan|corp|home|private|svc|cluster)\b/gi;
const HOST_NAME =
  /(?<![\w.@/-])(?:[a-z\d][\w-]*\.){2,}(?!(?:gz|bz2|xz|zip|ts|js|mjs|json|md|txt|csv|pdf|html?|xlsx?|docx?|pptx?|ya?ml|log|py|whl|eml)\b)[a-z]{2,18}\b(?!\()/gi;
const THIS_MACHINE = /(?<![\w.@-])localhost\b/gi;

/** In quotes a path may have spaces. */
const QUOTED_PATH =
  /(["'`])(?:file:|~|\.{1,2})?(?:\/[^"'`\n/]+\/[^"'`\n]*|[a-z]:[\\/][^"'`\n]*|\\\\[^"'`\n]+)\1/gi;
const POSIX_PATH =
  /(?<![\w.~/-])(?:~|\.{1,2})?(?:\/[\w@.+~%-]+){2,}\/?|(?<![\w.~/-])(?:~|\.{1,2})\/[\w@.+~%-]+/g;
/** Of one part: folders that a system has, where a command of ours has the same form. */
const SYSTEM_FOLDER =
  /(?<![\w.~/-])\/(?:app|bin|data|dev|etc|home|lib|media|mnt|opt|private|proc|root|run|sbin|srv|sys|tmp|usr|var|work|workspace|Users|Volumes)\b\/?/g;
const WINDOWS_PATH =
  /(?<!\w)[a-z]:[\\/](?:[^\s"'`<>|*?]*[^\s"'`<>|*?.,;:!)\]}])?|\\\\[\w.$-]+(?:\\[\w.$ -]*[\w$-])+/gi;

/** In this order: what comes first may hold what comes later. */
const WHEREABOUTS: readonly (readonly [what: RegExp, instead: string])[] = [
  [STACK, ''],
  [URL_LIKE, ADDRESS],
  [QUOTED_PATH, `$1${PATH}$1`],
  [WINDOWS_PATH, PATH],
  [POSIX_PATH, PATH],
  [SYSTEM_FOLDER, PATH],
  [IPV6, ADDRESS],
  [IPV4, ADDRESS],
  [HOST_AND_PORT, ADDRESS],
  [INSIDE, ADDRESS],
  [HOST_NAME, ADDRESS],
  [THIS_MACHINE, ADDRESS],
  [NOT_FOUND, `$1 ${ADDRESS}`],
  [NOT_REACHED, `$1 $2${ADDRESS}$2`],
];

/**
 * A sentence on what went wrong without the addresses, hosts and paths in it, for people who talk with the bot. What
 * `known` says is none: they have named it themselves.
 */
export function withoutWhereabouts(sentence: string, known = ''): string {
  const bounded = sentence.length > LONGEST ? `${sentence.slice(0, LONGEST).toWellFormed()}…` : sentence;
  return WHEREABOUTS.reduce(
    (told, [what, instead]) =>
      told.replace(what, (found, ...groups) => (isKnown(found, known) ? found : filled(instead, groups))),
    bounded,
  );
}

function isKnown(found: string, known: string): boolean {
  const bare = found.replace(/^["'`]|["'`]$/g, '');
  return bare.length > 1 && known.includes(bare);
}

/** The replacement with the groups that it names. */
function filled(instead: string, groups: readonly unknown[]): string {
  return instead.replace(/\$(\d)/g, (_, place) => String(groups[Number(place) - 1] ?? ''));
}
