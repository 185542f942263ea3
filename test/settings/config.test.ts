import { expect, test } from 'vitest';
import { readConfig } from '../../src/settings/config.ts';

const valid = (env: NodeJS.ProcessEnv) => {
  const { value, mistakes } = readConfig(env);
  expect(mistakes).toBeUndefined();
  return value;
};

test('nothing set is the offline demo with a SQLite file in ./data', () => {
  expect(valid({})).toEqual({
    model: { api: 'demo' },
    assistants: {},
    functions: { dir: './functions', isRequired: false },
    store: { dataDir: './data' },
    linkHosts: [],
    port: 3000,
    metrics: { host: '127.0.0.1', port: 9464 },
    people: { turnsAtOnce: 4, turnsAnHour: 100, pythonAtOnce: 2, unlimited: [] },
    operation: { graceMs: 5_000, catchUpMs: 3_600_000 },
  });
});

test('an empty or blank variable is one that is not set', () => {
  const names = [
    'OPENAI_API_KEY',
    'OPENAI_BASE_URL',
    'MODEL_API',
    'DATABASE_URL',
    'PORT',
    'LOG_LEVEL',
    'DATA_DIR',
  ];
  const env = Object.fromEntries(names.map((name, i) => [name, i % 2 ? '' : '  ']));
  expect(valid(env)).toEqual(valid({}));
});

test('everything that is set arrives where it is used, without the space around it', () => {
  const env = {
    OPENAI_API_KEY: ' key-1\n',
    OPENAI_BASE_URL: 'https://models.example/v1',
    MODEL_API: 'responses',
    OPENAI_BACKGROUND: 'on',
    EMBEDDING_MODEL: 'embedder',
    ASSISTANTS_BASE_URL: 'http://assistants.example/v1',
    ASSISTANTS_API_KEY: 'key-2',
    ASSISTANT_ID: 'asst_1',
    DATABASE_URL: 'postgres://me:p%40ss@db.example/bobbin',
    DATABASE_POOL_SIZE: '3',
    DATA_DIR: '/data',
    FUNCTIONS_DIR: '/functions',
    SANDBOX_MEMORY_MB: '256',
    MAX_REPLY_LENGTH: '5000',
    LINK_HOSTS: 'Wiki.example.com, *.bücher.example',
    PORT: '0',
    METRICS_HOST: '0.0.0.0',
    METRICS_PORT: '9090',
    PERSON_TURNS_AT_ONCE: '10',
    PERSON_TURNS_PER_HOUR: 'off',
    PERSON_PYTHON_AT_ONCE: '3',
    UNLIMITED_PEOPLE: 'slack:U0ADMIN, slack:@IT-Team,discord:123456789012345678',
    SHUTDOWN_GRACE_SECONDS: '0',
    CATCH_UP_MINUTES: '1440',
    RETENTION_DAYS: '30',
    LOG_LEVEL: 'DEBUG',
  };
  expect(valid(env)).toEqual({
    model: { api: 'responses', apiKey: 'key-1', baseURL: 'https://models.example/v1', background: true },
    embeddings: { apiKey: 'key-1', baseURL: 'https://models.example/v1', model: 'embedder' },
    assistants: { baseURL: 'http://assistants.example/v1', apiKey: 'key-2', assistantId: 'asst_1' },
    functions: { dir: '/functions', isRequired: true },
    store: { dataDir: '/data', databaseUrl: 'postgres://me:p%40ss@db.example/bobbin', poolSize: 3 },
    childMemoryBytes: 256 * 1024 * 1024,
    maxReplyLength: 5_000,
    linkHosts: ['wiki.example.com', 'xn--bcher-kva.example'],
    port: 0,
    metrics: { host: '0.0.0.0', port: 9090 },
    people: {
      turnsAtOnce: 10,
      pythonAtOnce: 3,
      unlimited: ['slack:U0ADMIN', 'slack:@it-team', 'discord:123456789012345678'],
    },
    operation: { graceMs: 0, catchUpMs: 86_400_000, retentionDays: 30 },
    logLevel: 'debug',
  });
});

test('how many bytes of files may come, and how long they stay, is set in megabytes and days', () => {
  const env = { PRODUCED_FILES_DAYS: '7', FILES_MB_PER_CONVERSATION: '10', FILES_MB_PER_DAY: '100' };
  expect(valid(env)).toEqual({
    ...valid({}),
    files: { producedDays: 7, conversationBytes: 10 * 1024 ** 2, dayBytes: 100 * 1024 ** 2 },
  });
});

test.each(['off', 'OFF', '0'])('%s takes a limit on people away', (none) => {
  const env = {
    PERSON_TURNS_AT_ONCE: none,
    PERSON_TURNS_PER_HOUR: none,
    PERSON_PYTHON_AT_ONCE: none,
  };
  expect(valid(env)?.people).toEqual({ unlimited: [] });
});

test.each([
  [undefined, 'responses'],
  ['https://api.openai.com/v1', 'responses'],
  ['https://eu.api.openai.com/v1/', 'responses'],
  ['http://localhost:11434/v1', 'chat'],
  ['https://team.openai.azure.com/openai/v1', 'chat'],
  ['https://api.openai.com.evil.example/v1', 'chat'],
])('the base URL %s speaks %s unless MODEL_API says otherwise', (baseURL, api) => {
  const env = { OPENAI_API_KEY: 'key', ...(baseURL && { OPENAI_BASE_URL: baseURL }) };
  expect(valid(env)?.model.api).toBe(api);
  expect(valid({ ...env, MODEL_API: 'chat' })?.model.api).toBe('chat');
  expect(valid({ ...env, MODEL_API: 'responses' })?.model.api).toBe('responses');
});

test('a base URL needs no key, since local servers ask for none', () => {
  expect(valid({ OPENAI_BASE_URL: 'http://localhost:11434/v1' })?.model).toEqual({
    api: 'chat',
    apiKey: 'none',
    baseURL: 'http://localhost:11434/v1',
  });
});

test('a key for the embedded server, which serve asks of its clients, needs no other server', () => {
  expect(valid({ ASSISTANTS_API_KEY: 'key' })?.assistants).toEqual({ apiKey: 'key' });
});

test.each([
  [{ OPENAI_API_KEY: '"secret"' }, /^OPENAI_API_KEY holds a space, a quotation mark .*: copy the key again/],
  [{ OPENAI_API_KEY: 'secret secret' }, /^OPENAI_API_KEY holds a space/],
  [{ OPENAI_API_KEY: 'secret…' }, /^OPENAI_API_KEY holds .* a letter that no key has/],
  [{ ASSISTANTS_API_KEY: 'secret\nsecret' }, /^ASSISTANTS_API_KEY holds a space/],
  [
    { OPENAI_BASE_URL: 'localhost:11434/v1' },
    /^OPENAI_BASE_URL is not a web address: write it with http:\/\//,
  ],
  [{ OPENAI_BASE_URL: 'secret' }, /^OPENAI_BASE_URL is not a web address/],
  [{ OPENAI_BASE_URL: 'https://me:secret@host/v1' }, /^OPENAI_BASE_URL holds a user name or a password/],
  [{ OPENAI_BASE_URL: 'https://host/v1?key=secret' }, /^OPENAI_BASE_URL holds a "\?"/],
  [{ OPENAI_BASE_URL: 'https://host/v1/chat/completions' }, /leave "\/chat\/completions" at its end out\.$/],
  [
    { OPENAI_BASE_URL: 'https://api.openai.com/v1' },
    /^OPENAI_API_KEY is missing, and OpenAI answers nothing/,
  ],
  [{ OPENAI_BASE_URL: 'https://host', MODEL_API: 'secret' }, /^MODEL_API is neither "responses" nor "chat"/],
  [{ MODEL_API: 'chat' }, /^MODEL_API is set, but no provider is: set OPENAI_API_KEY or/],
  [{ OPENAI_API_KEY: 'k', OPENAI_BACKGROUND: 'secret' }, /^OPENAI_BACKGROUND is neither "on" nor "off"/],
  [{ OPENAI_BACKGROUND: 'on' }, /^OPENAI_BACKGROUND is on, but only the Responses API has/],
  [{ OPENAI_API_KEY: 'k', OPENAI_BACKGROUND: 'on', MODEL_API: 'chat' }, /^OPENAI_BACKGROUND is on, but/],
  [{ OPENAI_BASE_URL: 'http://localhost:1/v1', OPENAI_BACKGROUND: 'on' }, /set MODEL_API=responses for/],
  [{ EMBEDDING_MODEL: 'embedder' }, /^EMBEDDING_MODEL is set, but no provider is: set OPENAI_API_KEY or/],
  [{ ASSISTANT_ID: 'asst_1' }, /^ASSISTANT_ID is set, but ASSISTANTS_BASE_URL is not/],
  [{ ASSISTANTS_BASE_URL: 'https://api.openai.com/v1' }, /switched their Assistants servers off/],
  [
    { ASSISTANTS_BASE_URL: 'https://team.openai.azure.com/openai/v1' },
    /switched their Assistants servers off/,
  ],
  [{ ASSISTANTS_BASE_URL: 'ftp://host' }, /^ASSISTANTS_BASE_URL is not a web address/],
  [
    { DATABASE_URL: 'mysql://me:secret@host/db' },
    /^DATABASE_URL is not the address of a PostgreSQL database/,
  ],
  [{ DATABASE_URL: 'postgres://me:secret#1@host:5432/db' }, /password percent-encoded/],
  [{ DATABASE_URL: 'postgres://' }, /^DATABASE_URL is not the address/],
  [
    { DATABASE_URL: 'postgres://host/db', DATABASE_POOL_SIZE: '0' },
    /^DATABASE_POOL_SIZE is not a number of connections: write a whole number from 1 to 1000/,
  ],
  [{ DATABASE_POOL_SIZE: 'secret' }, /^DATABASE_POOL_SIZE is not a number/],
  [{ PYTHON_PACKAGES_URL: 'secret' }, /^PYTHON_PACKAGES_URL is not a web address: write it with http/],
  [{ LINK_HOSTS: 'https://wiki.example.com/' }, /^LINK_HOSTS names something that is no host/],
  [{ LINK_HOSTS: 'good.example, a b@c' }, /^LINK_HOSTS names something that is no host/],
  [{ PORT: '65536' }, /^PORT is not a port: write a number from 0 to 65535/],
  [{ PORT: '-1' }, /^PORT is not a port/],
  [{ METRICS_PORT: '65536' }, /^METRICS_PORT is not a port/],
  [{ PORT: '3000.5' }, /^PORT is not a port/],
  [{ PORT: 'secret' }, /^PORT is not a port/],
  [
    { SANDBOX_MEMORY_MB: '255' },
    /^SANDBOX_MEMORY_MB is not a size: write .* megabytes from 256, such as 2048/,
  ],
  [{ SANDBOX_MEMORY_MB: '2 GB' }, /^SANDBOX_MEMORY_MB is not a size/],
  [{ MAX_REPLY_LENGTH: '499' }, /^MAX_REPLY_LENGTH is not a length: write a number of characters from 500/],
  [{ MAX_REPLY_LENGTH: '20_000' }, /^MAX_REPLY_LENGTH is not a length/],
  [{ MAX_REPLY_LENGTH: 'secret' }, /^MAX_REPLY_LENGTH is not a length/],
  [{ PERSON_TURNS_AT_ONCE: '-1' }, /^PERSON_TURNS_AT_ONCE is not a limit: .* from 1 to 10000, or off/],
  [{ PERSON_TURNS_PER_HOUR: '10001' }, /^PERSON_TURNS_PER_HOUR is not a limit/],
  [{ PERSON_PYTHON_AT_ONCE: 'none' }, /^PERSON_PYTHON_AT_ONCE is not a limit/],
  [{ UNLIMITED_PEOPLE: 'Maria' }, /^UNLIMITED_PEOPLE is not a list of people: .*slack:U0123ABCD/],
  [{ UNLIMITED_PEOPLE: 'slack:U0ADMIN,slack:#it' }, /^UNLIMITED_PEOPLE is not a list of people/],
  [{ SHUTDOWN_GRACE_SECONDS: '-1' }, /^SHUTDOWN_GRACE_SECONDS is not a number of seconds: .* from 0 to 3600/],
  [{ SHUTDOWN_GRACE_SECONDS: '1.5' }, /^SHUTDOWN_GRACE_SECONDS is not a number/],
  [{ SHUTDOWN_GRACE_SECONDS: '3601' }, /^SHUTDOWN_GRACE_SECONDS is not a number/],
  [{ CATCH_UP_MINUTES: '1441' }, /^CATCH_UP_MINUTES is not a number of minutes: .* to 1440, which is a day/],
  [{ CATCH_UP_MINUTES: '1 hour' }, /^CATCH_UP_MINUTES is not a number/],
  [{ RETENTION_DAYS: '0' }, /^RETENTION_DAYS is not a number of days: .* leave it out to keep everything/],
  [{ RETENTION_DAYS: '1e3' }, /^RETENTION_DAYS is not a number/],
  [{ RETENTION_DAYS: 'secret' }, /^RETENTION_DAYS is not a number/],
  [
    { PRODUCED_FILES_DAYS: '0' },
    /^PRODUCED_FILES_DAYS is not a number of days: .* from 1 to 36500, such as 30/,
  ],
  [
    { FILES_MB_PER_CONVERSATION: '1 GB' },
    /^FILES_MB_PER_CONVERSATION is not a number of megabytes: .* as 256/,
  ],
  [{ FILES_MB_PER_DAY: '0' }, /^FILES_MB_PER_DAY is not a number of megabytes/],
  [{ LOG_LEVEL: 'secret' }, /^LOG_LEVEL is not a level: write trace, debug/],
])('the mistake in %o is told with what to do, and no value is shown', (env, sentence) => {
  const { mistakes } = readConfig(env);
  expect(mistakes).toEqual([expect.stringMatching(sentence)]);
  expect(mistakes?.[0]).toMatch(/\.$/);
  expect(mistakes?.[0]).not.toContain('secret');
});

test('all mistakes are listed, contradictions among them', () => {
  const { mistakes } = readConfig({
    PORT: 'x',
    LOG_LEVEL: 'y',
    DATABASE_URL: 'z',
    ASSISTANT_ID: 'a',
    MODEL_API: 'b',
  });
  expect(mistakes?.map((mistake) => mistake.split(' ')[0])).toEqual([
    'MODEL_API',
    'DATABASE_URL',
    'PORT',
    'LOG_LEVEL',
    'MODEL_API',
    'ASSISTANT_ID',
  ]);
});

test('Slack takes a bot token with an app token or a signing secret, and Discord a token', () => {
  const slack = {
    SLACK_BOT_TOKEN: 'xoxb-1',
    SLACK_APP_TOKEN: 'xapp-1',
    SLACK_API_URL: 'http://127.0.0.1:1/api/',
  };
  expect(valid(slack)?.slack).toEqual({
    botToken: 'xoxb-1',
    appToken: 'xapp-1',
    streaming: 'auto',
    apiUrl: 'http://127.0.0.1:1/api/',
  });
  const signed = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'secret', SLACK_STREAMING: 'edits' };
  expect(valid(signed)?.slack).toEqual({ botToken: 'xoxb-1', signingSecret: 'secret', streaming: 'edits' });
  const discord = {
    DISCORD_TOKEN: 't',
    DISCORD_API_URL: 'http://127.0.0.1:1/api',
    DISCORD_REPLY_IN: 'channel',
  };
  expect(valid(discord)?.discord).toEqual({
    token: 't',
    apiUrl: 'http://127.0.0.1:1/api',
    replyIn: 'channel',
  });
  expect(valid({ DISCORD_TOKEN: 't' })?.discord).toEqual({ token: 't', replyIn: 'thread' });
});

test.each<[NodeJS.ProcessEnv, RegExp]>([
  [
    { SLACK_BOT_TOKEN: 'xapp-1', SLACK_APP_TOKEN: 'xapp-1' },
    /^SLACK_BOT_TOKEN is not a bot token, .*api\.slack\.com/,
  ],
  [{ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xoxb-1' }, /^SLACK_APP_TOKEN is not an app-level token/],
  [{ SLACK_BOT_TOKEN: 'xoxb-1' }, /^SLACK_BOT_TOKEN is set, but nothing brings the events/],
  [{ SLACK_SIGNING_SECRET: 's' }, /^SLACK_BOT_TOKEN is missing/],
  [
    { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1', SLACK_STREAMING: 'yes' },
    /^SLACK_STREAMING is none of/,
  ],
  [{ DISCORD_TOKEN: 't', DISCORD_REPLY_IN: 'cellar' }, /^DISCORD_REPLY_IN is neither/],
])('a mistake in the settings of a platform is told: %o', (env, mistake) => {
  expect(readConfig(env).mistakes).toEqual([expect.stringMatching(mistake)]);
});

test('the packages of Python come from where the settings say', () => {
  const env = {
    PYTHON_PACKAGES_URL: 'https://mirror.example/pyodide',
    PYTHON_PACKAGES_LOCK: './lock.json',
    PYTHON_PACKAGES_DIR: '/app/python/packages',
  };
  expect(readConfig(env).value?.python).toEqual({
    packagesUrl: 'https://mirror.example/pyodide',
    packagesLock: './lock.json',
    packagesDir: '/app/python/packages',
  });
});
