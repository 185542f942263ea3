import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutWhereabouts } from '../src/whereabouts.ts';

/** What an error says, and what of it nobody may read. */
const ERRORS: [error: string, ...hidden: string[]][] = [
  ['connect ECONNREFUSED 10.0.0.5:5432', '10.0.0.5', '5432'],
  ['connect ECONNREFUSED ::1:5432', '::1', '5432'],
  ['connect EHOSTUNREACH fd00:10::5:5432 - Local (fe80::1%eth0:0)', 'fd00', '5432', 'fe80'],
  ['connect ECONNREFUSED /var/run/postgresql/.s.PGSQL.5432', 'var', 'postgresql', '5432'],
  ['read ECONNRESET at 2001:db8:0:0:0:0:0:5', '2001', 'db8'],
  ["ENOENT: no such file or directory, open '/srv/bobbin/data/bobbin.sqlite'", 'srv', 'sqlite'],
  ["EACCES: permission denied, mkdir '/data'", '/data'],
  ["ENOENT: no such file or directory, open '/srv/our files/pay roll.xlsx'", 'our', 'pay', 'roll'],
  ["ENOENT, open 'C:\\ProgramData\\Bobbin\\bobbin.sqlite'", 'ProgramData', 'sqlite'],
  ['Cannot read C:/ProgramData/Bobbin/x.sqlite.', 'ProgramData', 'sqlite'],
  ['Cannot read \\\\fileserver\\share\\x.sqlite.', 'fileserver', 'share', 'sqlite'],
  ['Cannot read ~/bobbin/.env, ./data/x.sqlite or ../secrets/key.pem.', '.env', 'sqlite', 'key.pem'],
  ['Could not reach https://internal:8443/v1 (ETIMEDOUT).', 'internal', '8443', 'v1'],
  ['POST http://user:pa55@llm.example.com/v1/responses?key=abc failed.', 'pa55', 'llm', 'abc', 'responses'],
  ['It is at http://[fd00::5]:8000/v1, says wss://10.1.2.3/socket.', 'fd00', '8000', '10.1', 'socket'],
  ['postgres://bobbin:hunter2@db:5432/bobbin?sslmode=require cannot be reached', 'hunter2', 'db', '5432'],
  ['getaddrinfo ENOTFOUND postgres', 'postgres'],
  ['getaddrinfo EAI_AGAIN db.prod.example.com', 'db', 'prod', 'example'],
  ['queryA ENOTFOUND vllm', 'vllm'],
  ['could not translate host name "db" to address: Name or service not known', '"db"'],
  [
    'connection to server at "db.corp" (10.0.0.5), port 5432 failed: FATAL: password authentication failed',
    'db.corp',
    '10.0.0.5',
  ],
  ['no pg_hba.conf entry for host "10.0.0.5", user "bobbin"', '10.0.0.5'],
  ["Can't connect to MySQL server on 'mysql-1' (111)", 'mysql-1'],
  ['curl: (6) Could not resolve host: vllm', 'vllm'],
  ['Failed to connect to vllm port 8000 after 3 ms', 'vllm'],
  ['dial tcp: lookup vllm on 10.96.0.10:53: no such host', 'vllm', '10.96'],
  ['upstream connect error, ollama.default.svc.cluster.local:11434', 'ollama', 'default', '11434'],
  ['HTTPConnectionPool(host=localhost, port=11434): refused', 'localhost'],
  ['The proxy proxy.example.com:8080 refused.', 'proxy.example', '8080'],
  ['vllm-0:8000 and node7:9000 are down', 'vllm', '8000', 'node7', '9000'],
  ['Bad gateway at llm-gateway.internal.', 'gateway.internal'],
  ["Host: a.b.example.com. is not in the cert's altnames: DNS:c.example.com", 'a.b', 'c.example'],
  [
    'TypeError: x is not a function\n    at run (/srv/bobbin/src/bot.ts:12:3)\n    at node:internal/modules:1:1',
    'srv',
    'bot.ts',
    'node:internal',
  ],
  [
    'Traceback (most recent call last):\n  File "/opt/tool/main.py", line 3, in <module>\nKeyError: 1',
    'opt',
    'main.py',
  ],
  ['Error: x at run (/srv/bobbin/src/bot.ts:12:3) at file:///srv/bobbin/src/main.ts:1:1', 'srv', 'src'],
];

describe('An error', () => {
  test.each(ERRORS)('keeps for itself where things are: %s', (error, ...hidden) => {
    const told = withoutWhereabouts(`It failed: ${error}`);
    for (const part of hidden) expect(told).not.toContain(part);
    expect(told).toMatch(/^It failed: ./);
    expect(withoutWhereabouts(told)).toBe(told);
  });

  test('says what else it said', () => {
    expect(withoutWhereabouts('connect ECONNREFUSED 10.0.0.5:5432')).toBe('connect ECONNREFUSED [address]');
    expect(withoutWhereabouts('Could not reach https://internal:8443/v1 (ETIMEDOUT): is it on?')).toBe(
      'Could not reach [address] (ETIMEDOUT): is it on?',
    );
    expect(withoutWhereabouts("ENOENT: no such file, open '/srv/a b/c.md'.")).toBe(
      "ENOENT: no such file, open '[path]'.",
    );
    expect(withoutWhereabouts('See http://10.0.0.5/a, then (https://b.example/c).')).toBe(
      'See [address], then ([address]).',
    );
  });

  test('may name what the person has named', () => {
    const args = '{"path":"/srv/docs/a.md","url":"http://intranet:80/x"}';
    expect(withoutWhereabouts("ENOENT, open '/srv/docs/a.md', not '/srv/keys/b'.", args)).toBe(
      "ENOENT, open '/srv/docs/a.md', not '[path]'.",
    );
    expect(withoutWhereabouts('http://intranet:80/x is at 10.0.0.5.', args)).toBe(
      'http://intranet:80/x is at [address].',
    );
  });

  test('however long and odd it is, has its time', () => {
    for (const odd of ['a-', 'a.', '/a', ':', '[', '\n at ', '::', '1.', 'a:', '\\\\a', '"/', 'a://'])
      expect(withoutWhereabouts(odd.repeat(200_000)).length).toBeLessThan(20_000);
  });

  test('with an address anywhere in it never tells that', () => {
    const part = fc.integer({ min: 0, max: 255 });
    const ip = fc.tuple(part, part, part, part).map((parts) => parts.join('.'));
    const word = fc.constantFrom('at', '(', 'to', '"', 'host=', ',', ':', "'", '\n', 'from', '|', '-');
    fc.assert(
      fc.property(ip, fc.array(word), fc.array(word), (address, before, after) => {
        const error = `${before.join(' ')} ${address} ${after.join(' ')}`;
        expect(withoutWhereabouts(error)).not.toContain(address);
      }),
    );
  });
});

test.each([
  'The model refused the request (400). It says: maximum context length is 8,192 tokens.',
  'The model `qwen2.5-coder:7b` is not loaded. Try again at 12:30 or 12:30:45.',
  "The requested model 'gpt-6-luna' does not exist. These do: openai/gpt-6, meta-llama/Llama-3.1-8B.",
  'Type /new to begin anew, or "/bobbin help"; and/or ask Maria (#travel).',
  'Hand in receipts by 2026/11/26, version 1.2.3, ratio 16:9, 3.5 MB/s.',
  'The file report.final.pdf of a@example.com is larger than 25 MB: attach a smaller one.',
  'Set `model` in assistant.md, or MODEL. See release notes of Node.js 26.1.0.',
  'Slack answered with status 500. Attach it again.',
  'The vector store of this thread, vs_abc123, has expired.',
  'rust says std::vec::Vec, and C++ says std::string.',
  'The server could not reach it. I could not connect to it, and a lookup failed.',
  'This conversation could not be reached. Ask again in a moment.',
])('A sentence without an address or a path stays as it is: %s', (sentence) => {
  expect(withoutWhereabouts(sentence)).toBe(sentence);
});
