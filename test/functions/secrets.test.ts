import fc from 'fast-check';
import { expect, test } from 'vitest';
import { outputOf } from '../../src/functions/output/output.ts';
import { secretsOf } from '../../src/functions/output/secrets.ts';

const KEY = ['-----BEGIN KEY-----', 'MIIEvQIBADANBgkqhkiG9w0BAQ', '-----END KEY-----'].join('\n');

test.each([
  ['STRIPE_KEY', 'rk_live_51H8xyz'],
  ['VPN_TOKEN', 'a1b2c3d4'],
  ['DB_PASSWORD', 'hunter2'],
  ['dbPass', 'correcthorse'],
  ['SMTP_PWD', 'p"a\\ss w0rd'],
  ['GITHUB_PAT', 'topsecret'],
  ['SLACK_WEBHOOK_URL', 'https://hooks.slack.com/services/T0/B0/xyz'],
  ['TLS_PRIVATE_KEY', KEY],
  ['WHATEVER', 'sk-proj-0123456789abcdef'],
  ['INTERNAL', 'Zk93hfKQ0xlsP2mvT7qaB1'],
])('a secret of the environment is taken out of a text, however it is written in it: %s', (name, value) => {
  const { redact, isIn } = secretsOf({ [name]: value });
  const bytes = Buffer.from(value);
  const written = [
    value,
    JSON.stringify({ value }),
    JSON.stringify(JSON.stringify(value)).slice(0, value.includes('"') ? 0 : undefined),
    `https://example.com/?key=${encodeURIComponent(value)}`,
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
  for (const form of written.filter((form) => form !== '')) {
    const told = redact(`before ${form} after`);
    expect(told).toContain('[redacted]');
    expect(told).not.toContain(form);
    expect(told).toMatch(/^before .* after$/s);
  }
  expect(isIn(Buffer.concat([Buffer.from('x'), bytes]))).toBe(true);
});

test('the password of an address is one, wherever the address is, and the address itself is none', () => {
  const { redact } = secretsOf({ DATABASE: 'postgres://bobbin:p%40ss-w0rd@db:5432/bobbin' });
  expect(redact('p%40ss-w0rd p@ss-w0rd bobbin db 5432')).toBe('[redacted] [redacted] bobbin db 5432');
});

test('of a key of several lines each line is one', () => {
  const { redact } = secretsOf({ TLS_PRIVATE_KEY: KEY, OTHER_KEY: KEY.replaceAll('\n', '\\n') });
  expect(redact('MIIEvQIBADANBgkqhkiG9w0BAQ')).toBe('[redacted]');
});

test('what is no secret stays: places, numbers, models, commits, placeholders and words', () => {
  const env = {
    PATH: '/usr/local/bin:/usr/bin',
    HOME: '/home/ann',
    PORT: '3000',
    NODE_ENV: 'production',
    OPENAI_API_KEY: 'none',
    LOCAL_KEY: 'ollama',
    POSTGRES_PASSWORD: 'postgres',
    SSH_AUTH_SOCK: '/tmp/ssh-agent.sock',
    GOOGLE_CREDENTIALS_FILE: '/run/secrets/google.json',
    MODEL: 'Qwen2.5-Coder-32B-Instruct-AWQ',
    GIT_COMMIT: '3ad90ea8e1c0f5b7a9d2c4e6f8a0b1c2d3e4f5a6',
    KEYBOARD: 'german-layout',
    EMPTY_TOKEN: '',
    UNSET_TOKEN: undefined,
  };
  const text = Object.values(env).join(' and ');
  expect(secretsOf(env).redact(text)).toBe(text);
});

test('no part of a text that is cut shows a secret, however long it is and wherever it stands', () => {
  const secret = 'S3cret-that-nobody-may-see-0123456789';
  const secrets = secretsOf({ API_TOKEN: secret });
  const longText = fc.tuple(fc.nat(9_000_000), fc.nat(60_000));
  fc.assert(
    fc.property(longText, ([before, after]) => {
      const text = `${'a'.repeat(before)}${secret}${'b'.repeat(after)}`;
      const { output, files } = outputOf('f', { text }, secrets);
      for (const shown of [output, ...files.map(({ bytes }) => Buffer.from(bytes).toString())])
        expect(/S3cr|6789/.test(shown)).toBe(false);
      expect(output.length).toBeLessThan(24_400);
    }),
    { numRuns: 60 },
  );
});

test('a file that holds a secret is left out, and what a picture shows or is called tells none', () => {
  const secrets = secretsOf({ API_TOKEN: 'S3cret-0123456789' });
  const bytes = Buffer.from('x');
  const { output, files } = outputOf(
    'f',
    {
      text: '',
      files: [
        { name: 'env.txt', bytes: Buffer.from('TOKEN=S3cret-0123456789') },
        { name: 'S3cret-0123456789.txt', bytes, description: 'S3cret-0123456789' },
        { name: 'empty.txt', bytes: new Uint8Array() },
        { name: 'huge.bin', bytes: new Uint8Array(26 * 1024 * 1024) },
      ],
    },
    secrets,
  );
  expect(files).toEqual([{ name: '[redacted].txt', bytes, description: '[redacted]' }]);
  expect(output.split('\n')).toEqual([
    '[The file "env.txt" was left out: it holds a secret of this server]',
    '[The file "empty.txt" was left out: it is empty]',
    '[The file "huge.bin" was left out: it is larger than 25 MB]',
    '[Attached to the reply, for people to see: [redacted].txt]',
  ]);
});
