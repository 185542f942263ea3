/** A part of a variable's name that says that its value is nobody's business. */
const SECRET_NAME =
  /(key|token|secret|passw(or)?d|passwd|passphrase|pwd|pass|pin|credentials?|auth|signature|signing|private|cookie|salt|dsn|jwt|pat|webhook|bearer)s?(_|\d|$)/i;

/** Names that end so say where a secret is, not what it is. */
const NAMES_A_PLACE = /_(sock|file|path|dir|folder)$/i;

/** How keys begin that providers hand out, wherever they stand. */
const SECRET_BEGINNING =
  /^(sk-|rk_|pk_live|xox[a-z]-|xapp-|gh[a-z]_|github_pat_|glpat-|AKIA|ASIA|AIza|ya29\.|eyJ|hf_|npm_|SG\.|-----BEGIN )/;

/** What is shorter is a word or a number of sentences, and would be taken out of them. */
const SHORTEST = 6;
/** Nobody guesses a value without digits that is shorter, unless it is a word. */
const SHORTEST_OF_LETTERS = 8;
/** From here on a mix of letters and digits is no name. */
const SHORTEST_RANDOM = 20;

/** What people write where a key is asked for and none is needed, and what stands in their sentences. */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  'changeme',
  'password',
  'postgres',
  'localhost',
  'disabled',
  'undefined',
  'anonymous',
]);

const REDACTED = '[redacted]';

/** Takes secrets out of what a function gives. */
export interface Secrets {
  redact(text: string): string;
  /** Whether bytes hold one as it is. */
  isIn(bytes: Uint8Array): boolean;
  /** The length of the longest one in any of its forms, in UTF-16 code units. */
  readonly longest: number;
}

/** The secrets of an environment: what its names say to be one, passwords in addresses, and what looks like a key. */
export function secretsOf(env: NodeJS.ProcessEnv): Secrets {
  const secrets = [...new Set(Object.entries(env).flatMap(([name, value = '']) => secretsIn(name, value)))];
  // A longer one may hold a shorter one.
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const bytes = secrets.map((secret) => Buffer.from(secret));
  return {
    redact: (text) => forms.reduce((told, form) => told.replaceAll(form, REDACTED), text),
    isIn: (content) => {
      const looked = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
      return bytes.some((secret) => looked.includes(secret));
    },
    longest: forms[0]?.length ?? 0,
  };
}

function secretsIn(name: string, written: string): string[] {
  const value = written.trim();
  if (NAMES_A_PLACE.test(name)) return [];
  const isNamed = SECRET_NAME.test(name) && isTelling(value);
  const isOne = isNamed || SECRET_BEGINNING.test(value) || looksRandom(value);
  return [...(isOne ? [value, ...linesOf(value)] : []), ...passwordsIn(value)].filter(isTelling);
}

function isTelling(value: string): boolean {
  if (value.length < SHORTEST || PLACEHOLDERS.has(value.toLowerCase())) return false;
  return !/^[a-z]+$/i.test(value) || value.length >= SHORTEST_OF_LETTERS;
}

/** Small and capital letters with digits in one long run: neither a word, nor an address, a path or a commit. */
function looksRandom(value: string): boolean {
  const runs = /\s/.test(value) ? [] : value.split(/[^\da-z+=]+/i);
  return runs.some(
    (run) => run.length >= SHORTEST_RANDOM && [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(run)),
  );
}

/** A key of several lines is often passed on line by line. */
function linesOf(value: string): string[] {
  const lines = value.split(/\s*(?:\n|\\n)\s*/);
  return lines.length > 1 ? lines.filter((line) => line.length >= SHORTEST_RANDOM && !/^-/.test(line)) : [];
}

/** As a password stands in an address, and as it is meant. */
function passwordsIn(value: string): string[] {
  const password = value.includes('://') ? URL.parse(value)?.password : undefined;
  if (!password) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

/** How a value may be written in a result: as it is, inside JSON, in an address, and encoded. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
}
