import { isAddress, type McpEntry, type McpOAuth, VARIABLE } from './mcp-fields.ts';

/** A server whose texts have what the environment says in place of the variables. */
export type McpServer = McpEntry & {
  /** What came from the environment: nobody may read it. */
  secrets: string[];
};

interface Mistake {
  path: PropertyKey[];
  message: string;
}

/** What a header can hold: https://www.rfc-editor.org/rfc/rfc9110#name-field-values */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;

/** Puts the variables' values in their places; every variable that is not set, or can't be used, is a mistake. */
export function resolveServers(
  entries: readonly McpEntry[],
  variables: NodeJS.ProcessEnv,
): { servers: McpServer[]; mistakes: Mistake[] } {
  const resolved = entries.map((entry) => new Resolution(entry, variables));
  return {
    servers: resolved.map(({ server }) => server),
    mistakes: resolved.flatMap(({ mistakes }) => mistakes),
  };
}

/** One server's variables. */
class Resolution {
  readonly server: McpServer;
  readonly mistakes: Mistake[] = [];
  readonly #at: PropertyKey[];
  readonly #name: string;
  readonly #variables: NodeJS.ProcessEnv;
  readonly #secrets = new Set<string>();

  constructor(entry: McpEntry, variables: NodeJS.ProcessEnv) {
    this.#at = ['mcp', ...entry.at];
    this.#name = entry.name;
    this.#variables = variables;
    const own = 'url' in entry ? this.#address(entry) : this.#program(entry);
    this.server = { ...entry, ...own, secrets: [...this.#secrets] };
  }

  #program({ args, env }: Extract<McpEntry, { command: string }>) {
    return { args: args.map((arg) => this.#fill(arg, 'args')), env: this.#fillMap(env, 'env') };
  }

  #address({ url: written, headers: map, oauth }: Extract<McpEntry, { url: string }>) {
    const url = this.#fill(written, 'url');
    const headers = this.#fillMap(map, 'headers');
    if (this.mistakes.length === 0 && !isAddress(url))
      this.#mistake('url', 'it is no address once its variables are in it: check them.');
    if (Object.values(headers).some((value) => UNSENDABLE.test(value)))
      this.#mistake('headers', 'a variable holds a letter that no header can: copy its value again.');
    return { url, headers, oauth: this.#oauth(oauth) };
  }

  #oauth({ client_id, client_secret, ...rest }: McpOAuth): McpOAuth {
    return {
      ...rest,
      ...(client_id && { client_id: this.#fill(client_id, 'oauth') }),
      ...(client_secret && { client_secret: this.#fill(client_secret, 'oauth') }),
    };
  }

  #fillMap(map: Record<string, string>, field: string): Record<string, string> {
    return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, this.#fill(value, field)]));
  }

  #fill(written: string, field: string): string {
    const rest = written.replace(VARIABLE, '');
    const bare = /\$([A-Z_][A-Z0-9_]*)/.exec(rest)?.[1];
    if (bare)
      this.#mistake(field, `write \${${bare}} instead of $${bare} to have the variable's value there.`);
    if (rest.includes(`\${`))
      this.#mistake(field, `a \${ must be followed by the name of a variable and a }, as in \${WIKI_TOKEN}.`);
    return written.replace(VARIABLE, (_, name: string) => this.#valueOf(name, field));
  }

  #valueOf(name: string, field: string): string {
    const value = this.#variables[name]?.trim() ?? '';
    const isBroken = /\p{Cc}/u.test(value);
    if (value === '') this.#mistake(field, `the environment variable ${name} is not set: put it into .env.`);
    if (isBroken)
      this.#mistake(field, `the environment variable ${name} holds a line break: copy its value again.`);
    if (value !== '') this.#secrets.add(value);
    return isBroken ? '' : value;
  }

  #mistake(field: string, message: string): void {
    this.mistakes.push({
      path: [...this.#at, field],
      message: `${field} of the MCP server ${this.#name}: ${message}`,
    });
  }
}
