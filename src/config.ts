import { z } from 'zod';
import { isOpenAI, mistakeInBaseURL } from './base-url.ts';
import type { Checked } from './checked.ts';
import { contradictions } from './contradictions.ts';

const OPENAI_URL = 'https://api.openai.com/v1';

/** For servers that ask for no key, such as Ollama: the SDK wants one in any case. */
const NO_KEY = 'none';

/** What the environment says, grouped by use. */
export interface Config {
  /** How answers are made; `demo` is the offline model that needs no provider. */
  readonly model:
    | { readonly api: 'demo' }
    | { readonly api: 'responses' | 'chat'; readonly apiKey: string; readonly baseURL: string };
  /**
   * Without `baseURL` the embedded server is used, and `apiKey` is what `serve` asks of its clients. With it,
   * `assistantId` is an assistant that exists there.
   */
  readonly assistants: {
    readonly baseURL?: string;
    readonly apiKey?: string;
    readonly assistantId?: string;
  };
  readonly store: { readonly dataDir: string; readonly databaseUrl?: string };
  readonly port: number;
  /** Left out: each command has its own. */
  readonly logLevel?: z.infer<typeof logLevel>;
}

const secret = z.string().regex(/^[^\s"'\x7f-\u{10ffff}]+$/u, {
  error: 'holds a space, a quotation mark or a letter that no key has: copy the key again, without quotes.',
});

const baseURL = z.string().superRefine((text, context) => {
  const mistake = mistakeInBaseURL(text);
  if (mistake !== undefined) context.addIssue(mistake);
});

const databaseURL = z.string().refine((text) => /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text), {
  error:
    'is not the address of a PostgreSQL database: write postgres://user:password@host:5432/database, with every special character of the password percent-encoded, or leave it out to keep everything in a file.',
});

const port = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, {
    error: 'is not a port: write a number from 0 to 65535, such as 3000.',
  })
  .transform(Number);

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
  ASSISTANTS_BASE_URL: baseURL.exactOptional(),
  ASSISTANTS_API_KEY: secret.exactOptional(),
  ASSISTANT_ID: z.string().exactOptional(),
  DATABASE_URL: databaseURL.exactOptional(),
  DATA_DIR: z.string().default('./data'),
  PORT: port.default(3000),
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
  const { ASSISTANTS_BASE_URL, ASSISTANTS_API_KEY, ASSISTANT_ID, DATABASE_URL, LOG_LEVEL } = variables;
  return {
    model: modelOf(variables),
    assistants: {
      ...(ASSISTANTS_BASE_URL && { baseURL: ASSISTANTS_BASE_URL }),
      ...(ASSISTANTS_API_KEY && { apiKey: ASSISTANTS_API_KEY }),
      ...(ASSISTANT_ID && { assistantId: ASSISTANT_ID }),
    },
    store: { dataDir: variables.DATA_DIR, ...(DATABASE_URL && { databaseUrl: DATABASE_URL }) },
    port: variables.PORT,
    ...(LOG_LEVEL && { logLevel: LOG_LEVEL }),
  };
}

function modelOf({ OPENAI_API_KEY, OPENAI_BASE_URL, MODEL_API }: Variables): Config['model'] {
  if (!OPENAI_API_KEY && !OPENAI_BASE_URL) return { api: 'demo' };
  const url = OPENAI_BASE_URL ?? OPENAI_URL;
  const api = MODEL_API ?? (isOpenAI(url) ? 'responses' : 'chat');
  return { api, apiKey: OPENAI_API_KEY ?? NO_KEY, baseURL: url };
}
