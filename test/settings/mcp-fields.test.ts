import { describe, expect, test } from 'vitest';
import { parseAssistantFile } from '../../src/settings/assistant-file.ts';

const ENV = { WIKI_TOKEN: 'abc-123', WIKI_HOST: 'https://wiki.example.com', BROKEN: 'a\nb', LATIN: 'ключ' };

/** `mcp:` stands on line 4. */
const parse = (mcp: string) =>
  parseAssistantFile(`---\nname: Ada\nmodel: m\nmcp:${mcp}\n---\nHelp.\n`, 'assistant.md', undefined, ENV);
const mistakesIn = (mcp: string) => parse(mcp).mistakes;

test('servers have what is written, with the variables filled in', () => {
  const { value } = parse(`
  local:
    command: npx
    args: [-y, "@team/server", --port, 80]
    env: [WIKI_TOKEN]
  wiki:
    url: \${WIKI_HOST}/mcp
    headers:
      Authorization: Bearer \${WIKI_TOKEN}
    allow: [search, "get_*"]
    deny: get_secret
    approve:
      "*": asker
      search: [slack:@IT-team, "discord:123456789012345678"]
    timeout: 5
    oauth: { scope: read }`);
  expect(value?.mcp).toEqual([
    {
      name: 'local',
      at: ['local'],
      command: 'npx',
      args: ['-y', '@team/server', '--port', '80'],
      env: { WIKI_TOKEN: 'abc-123' },
      deny: [],
      approve: [],
      timeoutMs: 60_000,
      secrets: ['abc-123'],
    },
    {
      name: 'wiki',
      at: ['wiki'],
      url: 'https://wiki.example.com/mcp',
      headers: { Authorization: 'Bearer abc-123' },
      oauth: { scope: 'read' },
      allow: ['search', 'get_*'],
      deny: ['get_secret'],
      approve: [
        { tools: 'search', whose: ['discord:123456789012345678', 'slack:@it-team'] },
        { tools: '*', whose: 'asker' },
      ],
      timeoutMs: 5_000,
      secrets: ['https://wiki.example.com', 'abc-123'],
    },
  ]);
});

test('a list of servers with names is the same as a map', () => {
  const fromList = parse('\n  - { name: wiki, url: "https://x.example.com/mcp" }').value?.mcp;
  const fromMap = parse('\n  wiki: { url: "https://x.example.com/mcp" }').value?.mcp;
  expect(fromList).toEqual(fromMap?.map((server) => ({ ...server, at: [0] })));
});

describe('a mistake is told with its line and what is meant', () => {
  test.each([
    [' everything', 'line 4: mcp must be a map of servers by their names'],
    [' [wiki]', 'line 4: mcp must be a map of servers by their names'],
    ['\n  wiki:', 'line 4: mcp must be a map of servers by their names'],
    [
      '\n  my wiki: { url: "https://x.example.com" }',
      'line 5: the name of an MCP server must be 1 to 32 letters',
    ],
    [
      '\n  a__b: { url: "https://x.example.com" }',
      'line 5: the name of an MCP server must be 1 to 32 letters',
    ],
    ['\n  - url: https://x.example.com', 'line 5: the name of an MCP server must be 1 to 32 letters'],
    [
      '\n  wiki: {}',
      'line 5: the MCP server wiki must have either command, a program to start, or url, an address.',
    ],
    [
      '\n  wiki: { command: x, url: "https://x.example.com" }',
      'line 5: the MCP server wiki must have either command',
    ],
    ['\n  wiki:\n    comand: npx', 'line 6: the MCP server wiki must have either command'],
    [
      '\n  wiki:\n    url: https://x.example.com\n    header: {}',
      'line 7: header is not a field of such an MCP server. Did you mean headers?',
    ],
    [
      '\n  wiki:\n    command: x\n    headers: {}',
      'line 7: headers is not a field of such an MCP server. Its fields are: command, args',
    ],
    [
      '\n  wiki:\n    command: npx -y server',
      'line 6: command must be the name or the path of a program; what comes after it goes into args.',
    ],
    ['\n  wiki:\n    command: x\n    args: -y', 'line 7: args must be a list of texts.'],
    [
      '\n  wiki:\n    command: x\n    env: [MY TOKEN]',
      'line 7: env must be a list of the names of environment variables',
    ],
    [
      '\n  wiki:\n    url: wiki.example.com',
      'line 6: url must be an address that begins with https:// or http://',
    ],
    [
      '\n  wiki:\n    url: ftp://wiki.example.com',
      'line 6: url must be an address that begins with https:// or http://',
    ],
    [
      '\n  wiki:\n    url: https://ann:pw@wiki.example.com',
      'line 6: url must be an address that begins with https:// or http://, without a user and password.',
    ],
    [
      '\n  wiki:\n    command: x\n    timeout: 0',
      'line 7: timeout must be a number of seconds from 1 to 540.',
    ],
    ['\n  wiki:\n    command: x\n    allow: [a b]', 'line 7: allow must be a list of names of tools'],
    [
      '\n  wiki:\n    command: x\n    approve: everybody',
      'line 7: approve must be asker, channel, a list of people',
    ],
    [
      '\n  wiki:\n    command: x\n    approve: { search: [slack:ada] }',
      'line 7: approve must be asker, channel, a list of people',
    ],
    [
      '\n  - { name: a, command: x }\n  - { name: A, command: y }',
      'line 6: mcp names two servers A: give one another name.',
    ],
  ])('%s', (mcp, mistake) => {
    expect(mistakesIn(mcp)).toContainEqual(expect.stringContaining(`assistant.md, ${mistake}`));
  });

  test.each([
    [
      `headers:\n      X: \${NOT_THERE}`,
      'headers of the MCP server wiki: the environment variable NOT_THERE is not set: put it into .env.',
    ],
    ['headers:\n      X: $WIKI_TOKEN', `write \${WIKI_TOKEN} instead of $WIKI_TOKEN`],
    [`headers:\n      X: \${WIKI TOKEN}`, `a \${ must be followed by the name of a variable and a }`],
    [`headers:\n      X: \${BROKEN}`, 'the environment variable BROKEN holds a line break'],
    [`headers:\n      X: \${LATIN}`, 'a variable holds a letter that no header can'],
    [
      'headers:\n      Authorization: Bearer sk-open-secret',
      `Authorization looks like a secret, which must not stand in assistant.md: put it into .env, and write its variable here, such as \${WIKI_TOKEN}.`,
    ],
    ['headers:\n      x-api-key: open-secret', 'x-api-key looks like a secret'],
    ['oauth:\n      client_secret: open-secret', 'client_secret looks like a secret'],
  ])('%s', (fields, mistake) => {
    const mistakes = mistakesIn(`\n  wiki:\n    url: https://x.example.com\n    ${fields}`);
    expect(mistakes).toEqual([expect.stringMatching(/^assistant\.md, line [78]: /)]);
    expect(mistakes?.[0]).toContain(mistake);
    expect(mistakes?.[0]).not.toContain('open-secret');
  });

  test.each([
    ['url: https://x.example.com/mcp?api_key=open-secret', 'api_key looks like a secret'],
    ['command: x\n    env: { GITHUB_TOKEN: open-secret }', 'GITHUB_TOKEN looks like a secret'],
    [
      'command: x\n    env: [NOT_THERE]',
      'env of the MCP server wiki: the environment variable NOT_THERE is not set',
    ],
    [`url: \${WIKI_TOKEN}`, 'it is no address once its variables are in it'],
  ])('%s', (fields, mistake) => {
    expect(mistakesIn(`\n  wiki:\n    ${fields}`)).toEqual([expect.stringContaining(mistake)]);
  });
});

test('without mcp there is none', () => {
  const { value } = parseAssistantFile('---\nname: Ada\nmodel: m\n---\nHelp.\n', 'assistant.md');
  expect(value).not.toHaveProperty('mcp');
});
