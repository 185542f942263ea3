import { z } from 'zod';
import { mistakeInBaseURL, modelApiOf } from './base-url.ts';
import type { Checked } from './checked.ts';
import { contradictions } from './contradictions.ts';
import { linkHosts } from './link-hosts.ts';
import {
  catchUpMinutes,
  DEFAULT_CATCH_UP_MINUTES,
  DEFAULT_GRACE_SECONDS,
  days,
  graceSeconds,
  megabytes,
  poolSize,
  port,
  producedDays,
  replyLength,
  sandboxMegabytes,
} from './numbers.ts';
import {
  DEFAULT_PYTHON_AT_ONCE,
  DEFAULT_TURNS_AN_HOUR,
  DEFAULT_TURNS_AT_ONCE,
  limit,
  limits,
  type PeopleSettings,
  people,
} from './people.ts';
import { mistakeInProxy, type ProxySettings, proxyAddress } from './proxy.ts';

const OPENAI_URL = 'https://api.openai.com/v1';

/** Where functions are looked for, which need not be there. */
const FUNCTIONS_DIR = './functions';

/** For servers that ask for no key, such as Ollama: the SDK wants one in any case. */
const NO_KEY = 'none';

/** OpenTelemetry's exporters for Prometheus have the same: https://github.com/prometheus/prometheus/wiki/Default-port-allocations */
const METRICS_PORT = 9464;

/** What the environment says, grouped by use. */
export interface Config {
  /** How answers are made; `demo` is the offline model that needs no provider. */
  readonly model:
    | { readonly api: 'demo' }
    | { readonly api: 'chat'; readonly apiKey: string; readonly baseURL: string }
    | {
        readonly api: 'responses';
        readonly apiKey: string;
        readonly baseURL: string;
        /** Answers go on at the provider, which keeps them, when Bobbin is gone. */
        readonly background?: true;
      };
  /** Which model of the provider says what means alike; left out, that is learnt from the documents themselves. */
  readonly embeddings?: { readonly apiKey: string; readonly baseURL: string; readonly model: string };
  /**
   * Without `baseURL` the embedded server is used, and `apiKey` is what `serve` asks of its clients. With it,
   * `assistantId` is an assistant that exists there.
   */
  readonly assistants: {
    readonly baseURL?: string;
    readonly apiKey?: string;
    readonly assistantId?: string;
  };
  /** With `appToken` events come by Socket Mode, with `signingSecret` by HTTP; with both, either way. */
  readonly slack?: {
    readonly botToken: string;
    readonly appToken?: string;
    readonly signingSecret?: string;
    /** How replies grow; `auto`: native streams in direct messages, edits in channels. */
    readonly streaming: 'native' | 'edits' | 'auto';
    readonly apiUrl?: string;
  };
  readonly discord?: {
    readonly token: string;
    readonly apiUrl?: string;
    readonly replyIn: 'thread' | 'channel';
  };
  /** Left out: the world is reached directly. */
  readonly proxy?: ProxySettings;
  /** The folder of the team's functions, and whether it has to be there: one that somebody has named. */
  readonly functions: { readonly dir: string; readonly isRequired: boolean };
  /** The packages that people's Python can import. */
  readonly python?: {
    /** The address below which they are fetched; Pyodide's own when left out. */
    readonly packagesUrl?: string;
    /** A list of packages beside Pyodide's own, in the form of `pyodide-lock.json`. */
    readonly packagesLock?: string;
    /** A folder with packages beside the one in `dataDir`, such as an image's. */
    readonly packagesDir?: string;
  };
  /** What Python and the reading of documents may hold together. Left out: half of the machine's or container's memory. */
  readonly childMemoryBytes?: number;
  readonly store: { readonly dataDir: string; readonly databaseUrl?: string; readonly poolSize?: number };
  /** UTF-16 code units of a reply that are shown as messages. Left out: each command has its own. */
  readonly maxReplyLength?: number;
  /** Hosts whose addresses in an answer are always links, with all below them. */
  readonly linkHosts: readonly string[];
  readonly port: number;
  /** How many bytes of files may come, and how long those that are made stay. What is left out has a default. */
  readonly files?: {
    readonly conversationBytes?: number;
    readonly dayBytes?: number;
    readonly producedDays?: number;
  };
  /** Where the metrics are shown. */
  readonly metrics: { readonly host: string; readonly port: number };
  readonly people: PeopleSettings;
  /** What becomes of work when Bobbin ends, when it comes back, and when it is old. */
  readonly operation: {
    /** How long replies may end by themselves after SIGTERM, before they are handed over. */
    readonly graceMs: number;
    /** How old an unanswered message may be to be answered after a time without Bobbin; 0: none is looked for. */
    readonly catchUpMs: number;
    /** After so many days what was said is deleted. Left out: never. */
    readonly retentionDays?: number;
  };
  /** Left out: each command has its own. */
  readonly logLevel?: z.infer<typeof logLevel>;
}

const secret = z.string().regex(/^[^\s"'\x7f-\u{10ffff}]+$/u, {
  error: 'holds a space, a quotation mark or a letter that no key has: copy the key again, without quotes.',
});

/** A Slack token, which shows by its beginning what it is for. */
const slackToken = (prefix: string, name: string) =>
  secret.refine((text) => text.startsWith(prefix), {
    error: `is not ${name}, which begins with ${prefix}: copy it from your app at https://api.slack.com/apps.`,
  });

const baseURL = z.string().superRefine((text, context) => {
  const mistake = mistakeInBaseURL(text);
  if (mistake !== undefined) context.addIssue(mistake);
});

const proxy = z
  .string()
  .superRefine((text, context) => {
    const mistake = mistakeInProxy(text);
    if (mistake !== undefined) context.addIssue(mistake);
  })
  .transform(proxyAddress);

const databaseURL = z.string().refine((text) => /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text), {
  error:
    'is not the address of a PostgreSQL database: write postgres://user:password@host:5432/database, with every special character of the password percent-encoded, or leave it out to keep everything in a file.',
});

const logLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
  error: 'is not a level: write trace, debug, info, warn, error, fatal or silent.',
});

const VARIABLES = z.object({
  OPENAI_API_KEY: secret.exactOptional(),
  OPENAI_BASE_URL: baseURL.exactOptional(),
  MODEL_API: z
    .enum(['responses', 'chat'], {
      error: 'is neither "responses" nor "chat": write one of them, or leave it out.',
    })
    .exactOptional(),
  OPENAI_BACKGROUND: z
    .enum(['on', 'off'], { error: 'is neither "on" nor "off": write one of them, or leave it out.' })
    .default('off'),
  EMBEDDING_MODEL: z.string().exactOptional(),
  ASSISTANTS_BASE_URL: baseURL.exactOptional(),
  ASSISTANTS_API_KEY: secret.exactOptional(),
  ASSISTANT_ID: z.string().exactOptional(),
  SLACK_BOT_TOKEN: slackToken('xoxb-', 'a bot token').exactOptional(),
  SLACK_APP_TOKEN: slackToken('xapp-', 'an app-level token').exactOptional(),
  SLACK_SIGNING_SECRET: secret.exactOptional(),
  SLACK_STREAMING: z
    .enum(['native', 'edits', 'auto'], {
      error: 'is none of "native", "edits" and "auto": write one of them, or leave it out.',
    })
    .default('auto'),
  SLACK_API_URL: baseURL.exactOptional(),
  DISCORD_TOKEN: secret.exactOptional(),
  DISCORD_API_URL: baseURL.exactOptional(),
  DISCORD_REPLY_IN: z
    .enum(['thread', 'channel'], {
      error: 'is neither "thread" nor "channel": write one of them, or leave it out.',
    })
    .default('thread'),
  HTTPS_PROXY: proxy.exactOptional(),
  HTTP_PROXY: proxy.exactOptional(),
  NO_PROXY: z.string().exactOptional(),
  DATABASE_URL: databaseURL.exactOptional(),
  DATABASE_POOL_SIZE: poolSize.exactOptional(),
  DATA_DIR: z.string().default('./data'),
  FUNCTIONS_DIR: z.string().default(FUNCTIONS_DIR),
  PYTHON_PACKAGES_URL: baseURL.exactOptional(),
  PYTHON_PACKAGES_LOCK: z.string().exactOptional(),
  PYTHON_PACKAGES_DIR: z.string().exactOptional(),
  SANDBOX_MEMORY_MB: sandboxMegabytes.exactOptional(),
  MAX_REPLY_LENGTH: replyLength.exactOptional(),
  LINK_HOSTS: linkHosts.default([]),
  PORT: port.default(3000),
  METRICS_HOST: z.string().default('127.0.0.1'),
  METRICS_PORT: port.default(METRICS_PORT),
  PERSON_TURNS_AT_ONCE: limit.default(DEFAULT_TURNS_AT_ONCE),
  PERSON_TURNS_PER_HOUR: limit.default(DEFAULT_TURNS_AN_HOUR),
  PERSON_PYTHON_AT_ONCE: limit.default(DEFAULT_PYTHON_AT_ONCE),
  UNLIMITED_PEOPLE: people.default([]),
  SHUTDOWN_GRACE_SECONDS: graceSeconds.default(DEFAULT_GRACE_SECONDS),
  CATCH_UP_MINUTES: catchUpMinutes.default(DEFAULT_CATCH_UP_MINUTES),
  RETENTION_DAYS: days.exactOptional(),
  PRODUCED_FILES_DAYS: producedDays.exactOptional(),
  FILES_MB_PER_CONVERSATION: megabytes.exactOptional(),
  FILES_MB_PER_DAY: megabytes.exactOptional(),
  LOG_LEVEL: z.preprocess((text) => String(text).toLowerCase(), logLevel).exactOptional(),
});

type Variables = z.infer<typeof VARIABLES>;

/** Reads the environment; an empty variable is one that is not set. No mistake shows a value: it may be a secret. */
export function readConfig(env: NodeJS.ProcessEnv): Checked<Config> {
  const given = givenIn(env);
  const parsed = VARIABLES.safeParse(given);
  const mistakes = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`),
    ...contradictions(given),
  ];
  return parsed.success && mistakes.length === 0 ? { value: toConfig(parsed.data) } : { mistakes };
}

/** Where the assistant is written down, and the model to use instead of the one that stands there. */
export function assistantSource(env: NodeJS.ProcessEnv): { path: string; model: string | undefined } {
  return { path: variable(env, 'ASSISTANT_FILE') ?? './assistant.md', model: variable(env, 'MODEL') };
}

function givenIn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.keys(VARIABLES.shape).flatMap((name) => {
      const value = variable(env, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

function toConfig(variables: Variables): Config {
  const {
    ASSISTANTS_BASE_URL,
    ASSISTANTS_API_KEY,
    ASSISTANT_ID,
    DATABASE_URL,
    DATABASE_POOL_SIZE,
    LOG_LEVEL,
  } = variables;
  return {
    model: modelOf(variables),
    ...embeddingsOf(variables),
    assistants: {
      ...(ASSISTANTS_BASE_URL && { baseURL: ASSISTANTS_BASE_URL }),
      ...(ASSISTANTS_API_KEY && { apiKey: ASSISTANTS_API_KEY }),
      ...(ASSISTANT_ID && { assistantId: ASSISTANT_ID }),
    },
    ...slackOf(variables),
    ...discordOf(variables),
    ...proxyOf(variables),
    functions: { dir: variables.FUNCTIONS_DIR, isRequired: variables.FUNCTIONS_DIR !== FUNCTIONS_DIR },
    ...pythonOf(variables),
    ...(variables.SANDBOX_MEMORY_MB && { childMemoryBytes: variables.SANDBOX_MEMORY_MB * 1024 * 1024 }),
    store: {
      dataDir: variables.DATA_DIR,
      ...(DATABASE_URL && { databaseUrl: DATABASE_URL }),
      ...(DATABASE_POOL_SIZE && { poolSize: DATABASE_POOL_SIZE }),
    },
    ...(variables.MAX_REPLY_LENGTH && { maxReplyLength: variables.MAX_REPLY_LENGTH }),
    linkHosts: variables.LINK_HOSTS,
    port: variables.PORT,
    ...filesOf(variables),
    metrics: { host: variables.METRICS_HOST, port: variables.METRICS_PORT },
    people: peopleOf(variables),
    operation: operationOf(variables),
    ...(LOG_LEVEL && { logLevel: LOG_LEVEL }),
  };
}

function operationOf(variables: Variables): Config['operation'] {
  const { SHUTDOWN_GRACE_SECONDS, CATCH_UP_MINUTES, RETENTION_DAYS } = variables;
  return {
    graceMs: SHUTDOWN_GRACE_SECONDS * 1_000,
    catchUpMs: CATCH_UP_MINUTES * 60_000,
    ...(RETENTION_DAYS && { retentionDays: RETENTION_DAYS }),
  };
}

function filesOf(variables: Variables): Pick<Config, 'files'> {
  const { PRODUCED_FILES_DAYS, FILES_MB_PER_CONVERSATION, FILES_MB_PER_DAY } = variables;
  const files = {
    ...(FILES_MB_PER_CONVERSATION && { conversationBytes: FILES_MB_PER_CONVERSATION }),
    ...(FILES_MB_PER_DAY && { dayBytes: FILES_MB_PER_DAY }),
    ...(PRODUCED_FILES_DAYS && { producedDays: PRODUCED_FILES_DAYS }),
  };
  return Object.keys(files).length > 0 ? { files } : {};
}

function peopleOf(variables: Variables): PeopleSettings {
  const most = {
    turnsAtOnce: variables.PERSON_TURNS_AT_ONCE,
    turnsAnHour: variables.PERSON_TURNS_PER_HOUR,
    pythonAtOnce: variables.PERSON_PYTHON_AT_ONCE,
  };
  return { ...limits(most), unlimited: variables.UNLIMITED_PEOPLE };
}

function pythonOf(variables: Variables): Pick<Config, 'python'> {
  const { PYTHON_PACKAGES_URL, PYTHON_PACKAGES_LOCK, PYTHON_PACKAGES_DIR } = variables;
  const python = {
    ...(PYTHON_PACKAGES_URL && { packagesUrl: PYTHON_PACKAGES_URL }),
    ...(PYTHON_PACKAGES_LOCK && { packagesLock: PYTHON_PACKAGES_LOCK }),
    ...(PYTHON_PACKAGES_DIR && { packagesDir: PYTHON_PACKAGES_DIR }),
  };
  return Object.keys(python).length > 0 ? { python } : {};
}

function slackOf(variables: Variables): Pick<Config, 'slack'> {
  const { SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET, SLACK_STREAMING, SLACK_API_URL } =
    variables;
  if (!SLACK_BOT_TOKEN) return {};
  return {
    slack: {
      botToken: SLACK_BOT_TOKEN,
      ...(SLACK_APP_TOKEN && { appToken: SLACK_APP_TOKEN }),
      ...(SLACK_SIGNING_SECRET && { signingSecret: SLACK_SIGNING_SECRET }),
      streaming: SLACK_STREAMING,
      ...(SLACK_API_URL && { apiUrl: SLACK_API_URL }),
    },
  };
}

function discordOf({ DISCORD_TOKEN, DISCORD_API_URL, DISCORD_REPLY_IN }: Variables): Pick<Config, 'discord'> {
  if (!DISCORD_TOKEN) return {};
  const apiUrl = DISCORD_API_URL && { apiUrl: DISCORD_API_URL };
  return { discord: { token: DISCORD_TOKEN, ...apiUrl, replyIn: DISCORD_REPLY_IN } };
}

/** One proxy alone is the way out for everything, as it is for Node's own `fetch`. */
function proxyOf({ HTTPS_PROXY, HTTP_PROXY, NO_PROXY }: Variables): Pick<Config, 'proxy'> {
  const https = HTTPS_PROXY ?? HTTP_PROXY;
  if (!https) return {};
  return {
    proxy: { https, ...(HTTP_PROXY && { http: HTTP_PROXY }), ...(NO_PROXY && { except: NO_PROXY }) },
  };
}

function modelOf({
  OPENAI_API_KEY,
  OPENAI_BASE_URL,
  MODEL_API,
  OPENAI_BACKGROUND,
}: Variables): Config['model'] {
  if (!OPENAI_API_KEY && !OPENAI_BASE_URL) return { api: 'demo' };
  const provider = providerOf(OPENAI_API_KEY, OPENAI_BASE_URL);
  if (modelApiOf(provider.baseURL, MODEL_API) === 'chat') return { api: 'chat', ...provider };
  return { api: 'responses', ...provider, ...(OPENAI_BACKGROUND === 'on' && { background: true }) };
}

function embeddingsOf({
  EMBEDDING_MODEL,
  OPENAI_API_KEY,
  OPENAI_BASE_URL,
}: Variables): Pick<Config, 'embeddings'> {
  if (!EMBEDDING_MODEL) return {};
  return { embeddings: { ...providerOf(OPENAI_API_KEY, OPENAI_BASE_URL), model: EMBEDDING_MODEL } };
}

function providerOf(key: string | undefined, url: string | undefined) {
  return { apiKey: key ?? NO_KEY, baseURL: url ?? OPENAI_URL };
}
