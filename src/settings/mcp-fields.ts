import { z } from 'zod';
import { audience } from './knowledge-fields.ts';
import { nearest } from './nearest.ts';

/** Whose word a tool of an MCP server needs: who asked, anybody in the conversation, or those people and groups. */
export type McpApproval = 'asker' | 'channel' | string[];

/** What one server of `mcp:` has, however it is reached. */
interface McpCommon {
  name: string;
  /** Where it stands in the fields. */
  at: PropertyKey[];
  /** Patterns of the names of tools; all when left out. */
  allow?: string[];
  deny: string[];
  /** The first pattern that a tool's name fits says whose word it needs; none when none fits. */
  approve: { tools: string; whose: McpApproval }[];
  /** Milliseconds that a call may take. */
  timeoutMs: number;
}

/** A program that is started, and talked to over its standard input and output. */
export interface McpProgram {
  command: string;
  args: string[];
  /** What it is given of the environment, by the names that it knows. */
  env: Record<string, string>;
}

/** A server that is reached over streamable HTTP. */
export interface McpAddress {
  url: string;
  headers: Record<string, string>;
  oauth: McpOAuth;
}

/** How Bobbin signs in; a client that is registered by hand where the server registers none by itself. */
export interface McpOAuth {
  client_id?: string;
  client_secret?: string;
  scope?: string;
  port?: number;
}

/** One server of `mcp:`, as it is written: texts may name environment variables as `${NAME}`. */
export type McpEntry = McpCommon & (McpProgram | McpAddress);

/** It stands in front of its tools' names, which have 64 characters together, and ends at the first `__`. */
const NAME = /^(?=.{1,32}$)[a-z\d]+(?:[_-][a-z\d]+)*$/i;

/** What a server's name must be, to go on after "must be". */
const NAMED =
  '1 to 32 letters and digits, with a single - or _ between them: it stands in front of the names of its tools';

/** For what a server is asked, in seconds, where nothing else is said. */
const USUAL_TIMEOUT = 60;

/** Runs end after ten minutes, which a call must leave time for an answer: seconds. */
const LONGEST_TIMEOUT = 540;

/** `${NAME}` in a text. */
export const VARIABLE = /\$\{([A-Za-z_]\w*)\}/g;

const text = z.string().trim().min(1);
const texts = z.array(z.union([z.string(), z.number(), z.boolean()]).transform(String)).max(200);
const VARIABLE_NAME = /^[A-Za-z_]\w*$/;

/** A list gives variables under their own names. */
const env = z.union([
  z
    .array(z.string().regex(VARIABLE_NAME))
    .transform((names) => Object.fromEntries(names.map((name) => [name, `\${${name}}`]))),
  z.record(z.string().regex(VARIABLE_NAME), z.union([z.string(), z.number(), z.boolean()]).transform(String)),
]);

/** https://www.rfc-editor.org/rfc/rfc9110#name-field-names */
const headers = z.record(
  z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/),
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/),
);

/** A variable at the beginning may hold the host, too. */
const url = text.refine((written) =>
  isAddress(written.replace(/^\$\{[A-Za-z_]\w*\}/, 'https://x').replace(VARIABLE, 'x')),
);

/** Whether it is an address that can be asked. */
export function isAddress(written: string): boolean {
  const address = URL.parse(written);
  return address !== null && /^https?:$/.test(address.protocol) && !address.username && !address.password;
}

const pattern = z.string().regex(/^\S{1,128}$/);
const patterns = z.preprocess(
  (written) => (typeof written === 'string' ? [written] : written),
  z.array(pattern).max(500),
);

const whose = z.union([z.enum(['asker', 'channel']), audience]);

const approve = z.union([
  whose.transform((whose) => [{ tools: '*', whose }]),
  z.record(pattern, whose).transform((byTool) =>
    Object.entries(byTool)
      .map(([tools, whose]) => ({ tools, whose }))
      // Who names a tool says more of it than who names many.
      .sort((a, b) => stars(a.tools) - stars(b.tools) || b.tools.length - a.tools.length),
  ),
]);

const stars = (pattern: string) => (pattern.includes('*') ? 1 : 0);

const COMMON = {
  allow: patterns.exactOptional(),
  deny: patterns.default([]),
  approve: approve.default([]),
  timeout: z.number().min(1).max(LONGEST_TIMEOUT).default(USUAL_TIMEOUT),
};

const PROGRAM = {
  command: text.refine((written) => !/^[^\s/\\]+\s/.test(written)),
  args: texts.default([]),
  env: env.default({}),
  ...COMMON,
};

const ADDRESS = {
  url,
  headers: headers.default({}),
  oauth: z
    .strictObject({
      client_id: text.exactOptional(),
      client_secret: text.exactOptional(),
      scope: text.exactOptional(),
      port: z.int().min(1).max(65_535).exactOptional(),
    })
    .default({}),
  ...COMMON,
};

/** What each field must be, to go on after "must be". */
const EXPECTED: Readonly<Record<string, string>> = {
  command: 'the name or the path of a program; what comes after it goes into args',
  args: 'a list of texts',
  env: `a list of the names of environment variables, or a map of such names to texts such as \${GITHUB_TOKEN}`,
  url: 'an address that begins with https:// or http://, without a user and password',
  headers: `a map of names to texts, such as Authorization: Bearer \${WIKI_TOKEN}`,
  oauth: 'a map with client_id, client_secret, scope or port',
  allow: 'a list of names of tools, in which * stands for anything',
  deny: 'a list of names of tools, in which * stands for anything',
  approve:
    'asker, channel, a list of people and groups such as slack:U0123ABCD or slack:@hr-team, or a map of names of tools to one of these',
  timeout: `a number of seconds from 1 to ${LONGEST_TIMEOUT}`,
};

const SERVERS =
  'a map of servers by their names, such as "wiki: { url: https://wiki.example.com/mcp }", or a list of servers with a name each';

/** Names of what mostly holds a secret. */
const SECRET = /auth|token|secret|passw|api[-_]?key|cookie|credential/i;

interface Mistake {
  path: PropertyKey[];
  message: string;
}

/** The field `mcp`: servers in the order in which they are written. Its mistakes are whole sentences. */
export const mcp = z.unknown().transform((written, context): McpEntry[] => {
  const { servers, mistakes } = readServers(written);
  for (const { path, message } of mistakes)
    context.issues.push({ code: 'custom', input: written, path, message });
  return servers;
});

function readServers(written: unknown): { servers: McpEntry[]; mistakes: Mistake[] } {
  const named = namedServers(written);
  if (!named) return { servers: [], mistakes: [{ path: [], message: `mcp must be ${SERVERS}.` }] };
  const read = named.map(({ at, name, fields }) => readServer(at, name, fields));
  const twice = named.filter(({ name }, i) => named.findIndex((other) => sameName(other.name, name)) < i);
  return {
    servers: read.flatMap(({ server }) => server ?? []),
    mistakes: [
      ...read.flatMap(({ mistakes }) => mistakes),
      ...twice.map(({ at, name }) => ({
        path: at,
        message: `mcp names two servers ${String(name)}: give one another name.`,
      })),
    ],
  };
}

const sameName = (a: unknown, b: unknown) => String(a).toLowerCase() === String(b).toLowerCase();

interface Named {
  at: PropertyKey[];
  name: unknown;
  fields: Record<string, unknown>;
}

function namedServers(written: unknown): Named[] | undefined {
  if (Array.isArray(written)) {
    if (!written.every(isMap)) return undefined;
    return written.map(({ name, ...fields }, index) => ({ at: [index], name, fields }));
  }
  if (!isMap(written) || !Object.values(written).every(isMap)) return undefined;
  return Object.entries(written).map(([name, fields]) => ({
    at: [name],
    name,
    fields: fields as Named['fields'],
  }));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readServer(
  at: PropertyKey[],
  name: unknown,
  fields: Named['fields'],
): { server?: McpEntry; mistakes: Mistake[] } {
  if (typeof name !== 'string' || !NAME.test(name))
    return { mistakes: [{ path: at, message: `the name of an MCP server must be ${NAMED}.` }] };
  if ('command' in fields === 'url' in fields) {
    const message = `the MCP server ${name} must have either command, a program to start, or url, an address.`;
    return { mistakes: [{ path: at, message }] };
  }
  const shape = 'command' in fields ? PROGRAM : ADDRESS;
  const { data, error } = z.strictObject(shape).safeParse(fields);
  const tell = (path: PropertyKey[], message: string) => ({ path: [...at, ...path], message });
  if (!data)
    return {
      mistakes: error.issues
        .flatMap((issue) => mistakesOf(issue, Object.keys(shape)))
        .map(({ path, message }) => tell(path, message)),
    };
  const { timeout, ...rest } = data;
  const server = { name, at, ...rest, timeoutMs: timeout * 1_000 } as McpEntry;
  return { server, mistakes: openSecrets(server).map(({ path, message }) => tell(path, message)) };
}

function mistakesOf(issue: z.core.$ZodIssue, known: readonly string[]): Mistake[] {
  const [field] = issue.path;
  if (field === undefined && issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const meant = nearest(key, known);
      const hint = meant ? `Did you mean ${meant}?` : `Its fields are: ${known.join(', ')}.`;
      return { path: [key], message: `${key} is not a field of such an MCP server. ${hint}` };
    });
  const expected = EXPECTED[String(field)] ?? 'as documented';
  return [{ path: issue.path.slice(0, 1), message: `${String(field)} must be ${expected}.` }];
}

/** What assistant.md must not hold, since it is shared. */
function openSecrets(server: McpEntry): Mistake[] {
  const named =
    'url' in server
      ? [
          ...Object.entries(server.headers).map(([name, value]) => ({
            path: ['headers', name],
            name,
            value,
          })),
          ...[...(URL.parse(server.url)?.searchParams ?? [])].map(([name, value]) => ({
            path: ['url'],
            name,
            value,
          })),
          {
            path: ['oauth', 'client_secret'],
            name: 'client_secret',
            value: server.oauth.client_secret ?? '',
          },
        ]
      : Object.entries(server.env).map(([name, value]) => ({ path: ['env', name], name, value }));
  return named
    .filter(({ name, value }) => SECRET.test(name) && value !== '' && value.search(VARIABLE) < 0)
    .map(({ path, name }) => ({
      path,
      message: `${name} looks like a secret, which must not stand in assistant.md: put it into .env, and write its variable here, such as \${${variableFor(server.name)}}.`,
    }));
}

function variableFor(name: string): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_TOKEN`;
}
