import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { folderOf, moduleOf } from '../functions/modules/folder.ts';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { chat, dataDir, serve, start, usedDataDir, withoutCode } from './bobbin.ts';

const TICKETS = `
  import { defineFunction } from 'bobbin/functions';
  import { z } from 'zod';

  export default defineFunction({
    name: 'open_ticket',
    description: 'Opens a ticket.',
    parameters: z.object({ title: z.string().min(3), urgent: z.boolean().default(false) }),
    async handler({ title, urgent }, { asker, progress }) {
      progress('Opening it');
      const text = \`Ticket for \${asker.name}: \${title}\${urgent ? '!' : ''} \${process.env.TICKET_TOKEN}\`;
      return { text, files: [{ name: 'ticket.txt', bytes: Buffer.from(title) }] };
    },
  });
`;

const SECRET = 'tickets-0123456789-secret';

async function provider() {
  const model = await startChatCompletions({ models: ['sim-small'] });
  onTestFinished(() => model.close());
  const env = { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sim-0123456789abc', MODEL: 'sim-small' };
  return { model, env };
}

type Provider = Awaited<ReturnType<typeof provider>>['model'];

const opens = (...titles: string[]) => ({
  toolCalls: titles.map((title, at) => ({
    id: `call_${at}`,
    name: 'open_ticket',
    arguments: JSON.stringify({ title, urgent: null }),
  })),
});

/** What the model was given last: its functions, and the outputs of its calls. */
function lastOf({ requests }: Provider) {
  const body = requests.at(-1)?.body as {
    tools?: { function: { name: string; strict?: boolean } }[];
    messages: { role: string; content: string }[];
  };
  return {
    tools: (body.tools ?? []).map((tool) => tool.function),
    outputs: body.messages.filter(({ role }) => role === 'tool').map(({ content }) => content),
  };
}

const STREAMED: string[] = [];
const POLLED = ['chat', '--no-stream'];

test.each([
  ['of this process', [STREAMED]],
  ['of another process', [STREAMED, POLLED]],
])('a function of the team answers in the chat, with the Assistants API %s', async (where, ways) => {
  const { model, env } = await provider();
  const server = where === 'of this process' ? undefined : await serve(env);
  for (const args of ways) {
    model.next(opens('VPN is down', 'No'), { text: 'It is open.' });
    const { stdout, stderr, status } = await chat(
      ['open a ticket'],
      {
        ...(server
          ? { ASSISTANTS_BASE_URL: `${server.url}/v1`, DATA_DIR: dataDir() }
          : { ...env, DATA_DIR: usedDataDir() }),
        FUNCTIONS_DIR: folderOf({ 'tickets.ts': TICKETS }),
        TICKET_TOKEN: SECRET,
      },
      args,
    );
    expect(stdout).toContain('It is open.');
    expect(stdout + stderr).toMatch(/[\w-]*ticket\.txt/);
    const { tools, outputs } = lastOf(model);
    expect(tools).toMatchObject([{ name: 'code_interpreter' }, { name: 'open_ticket', strict: true }]);
    expect(outputs).toEqual([
      expect.stringMatching(/^Ticket for \w+: VPN is down \[redacted\]\n\[Attached.*ticket\.txt\]$/),
      expect.stringMatching(/^\{"error":"The arguments don't match\. title: /),
    ]);
    expect(status).toBe(0);
  }
});

test('modules that throw are named in the chat, and the others answer', async () => {
  const { model, env } = await provider();
  model.next(opens('VPN is down'), { text: 'It is open.' });
  const FUNCTIONS_DIR = folderOf({
    'throws.ts': `throw new Error('no ' + process.env.TICKET_TOKEN);`,
    'tickets.ts': TICKETS,
  });
  const given = { ...withoutCode, ...env, DATA_DIR: dataDir(), FUNCTIONS_DIR, TICKET_TOKEN: SECRET };
  const bot = start([], given);
  await bot.prints('stderr', /functions\/throws\.ts can't be loaded.*because of Error: no \[redacted\]/);
  bot.child.stdin.end('open a ticket\n');
  const { stdout, stderr, status } = await bot.end;
  expect(stdout).toContain('It is open.');
  expect(stderr).not.toContain(SECRET);
  expect(status).toBe(0);
});

/** What would end the process where nothing holds it, and the error that the call becomes. */
const ENDINGS: Record<string, [body: string, error: RegExp]> = {
  exits: ['process.exit(1);', /process\.exit\(1\) was called/],
  exits_by_name: ["const { exit } = await import('node:process'); exit();", /process\.exit\(\) was called/],
  exits_later: ['await later(() => process.exit(2));', /process\.exit\(2\) was called/],
  exits_and_hides_it: ["try { process.exit(3); } catch {} return 'Done.';", /process\.exit\(3\) was called/],
  aborts: ['process.abort();', /process\.abort\(\) was called/],
  kills: ["process.kill(process.pid, 'SIGKILL');", /process\.kill\(.*\) was called/],
  forgets: ["fails('of the call ' + process.env.TICKET_TOKEN); await later();", /of the call \[redacted\]/],
  throws_later: ["await later(() => { throw new Error('of the timer'); });", /of the timer/],
  emits: [
    "const { EventEmitter } = await import('node:events'); await later(() => new EventEmitter().emit('error', new Error('of an event')));",
    /of an event/,
  ],
};

test('what would end or crash the process is an error of the call that began it, and the others answer', async () => {
  const { model, env } = await provider();
  const functions = Object.entries(ENDINGS).map(
    ([name, [body]]) => `{ name: '${name}', description: 'It.', async handler() { ${body} } }`,
  );
  const FUNCTIONS_DIR = folderOf({
    'ends.js': `
      const fails = async (why) => { throw new Error(why); };
      const later = (then = () => {}) => new Promise((resolve) => setTimeout(() => { then(); resolve(); }, 10));
      export default [
        ${functions.join(',\n')},
        { name: 'stays', description: 'It.', async handler() { await later(); await later(); return 'Fine.'; } },
      ];
    `,
  });
  const names = [...Object.keys(ENDINGS), 'stays'];
  const toolCalls = names.map((name, at) => ({ id: `call_${at}`, name, arguments: '{}' }));
  model.next({ toolCalls }, { text: 'It went on.' });
  const given = { ...withoutCode, ...env, TICKET_TOKEN: SECRET, DATA_DIR: dataDir(), FUNCTIONS_DIR };
  const { stdout, stderr, status } = await chat(['go'], given);
  expect(stdout).toContain('It went on.');
  const { outputs } = lastOf(model);
  expect(outputs).toHaveLength(names.length);
  for (const [at, [, error]] of Object.values(ENDINGS).entries())
    expect(JSON.parse(outputs[at] ?? '').error).toMatch(error);
  expect(outputs.at(-1)).toBe('Fine.');
  expect(stderr).not.toContain(SECRET);
  expect(status).toBe(0);
});

test('what goes wrong where no call is to blame is in the log with its module, and ends nothing', async () => {
  const { model, env } = await provider();
  const FUNCTIONS_DIR = folderOf({
    'exits.js': 'process.exit(4);',
    'forgets.js': `
      const fails = async (why) => { throw new Error(why); };
      fails('of the module ' + process.env.TICKET_TOKEN);
      setTimeout(() => process.exit(5), 10);
      process.on('SIGUSR2', () => { throw new Error('of a signal'); });
      process.on('SIGUSR2', () => process.exit(6));
      export default {
        name: 'forget',
        description: 'Forgets.',
        timeoutMs: 200,
        async handler(_, { signal }) {
          signal.addEventListener('abort', () => { throw new Error('of a listener'); });
          signal.addEventListener('abort', () => setTimeout(() => process.exit(7), 10));
          await new Promise(() => {});
        },
      };
    `,
  });
  const call = { toolCalls: [{ id: 'call_1', name: 'forget', arguments: '{}' }] };
  model.next(call, { text: 'It went on.' }, { text: 'And on.' });
  const given = { ...withoutCode, ...env, TICKET_TOKEN: SECRET, DATA_DIR: dataDir(), FUNCTIONS_DIR };
  const bot = start([], given);
  bot.child.stdin.write('go\n');
  await bot.prints('stderr', /functions\/exits\.js can't be loaded.*process\.exit\(4\) was called/);
  await bot.prints('stdout', /It went on\./);
  expect(lastOf(model).outputs).toEqual([expect.stringContaining('longer than 0.2 seconds')]);
  await bot.prints('stderr', /process\.exit\(7\) was called/);
  bot.child.kill('SIGUSR2');
  await bot.prints('stderr', /of a signal/);
  bot.child.stdin.end('still there?\n');
  const { stdout, stderr, status } = await bot.end;
  expect(stdout).toContain('And on.');
  for (const why of ['of the module [redacted]', 'process.exit(5)', 'of a signal', 'of a listener'])
    expect(stderr).toContain(why);
  expect(stderr).toMatch(/forgets\.js/);
  expect(stderr).not.toContain(SECRET);
  expect(status).toBe(0);
});

test('a handler that computes without end is given up, and the chat goes on', async () => {
  const { model, env } = await provider();
  model.next({ toolCalls: [{ id: 'call_1', name: 'spin', arguments: '{}' }] }, { text: 'It hung.' });
  const FUNCTIONS_DIR = folderOf({
    'spin.js':
      "export default { name: 'spin', description: 'Spins.', timeoutMs: 1000, handler() { for (;;); } };",
  });
  const { stdout, status } = await chat(['spin'], {
    ...withoutCode,
    ...env,
    DATA_DIR: dataDir(),
    FUNCTIONS_DIR,
  });
  expect(stdout).toContain('It hung.');
  expect(lastOf(model).outputs).toEqual([expect.stringContaining('longer than 1 seconds and was given up')]);
  expect(status).toBe(0);
});

test('a function whose file is written, changed or deleted while the chat runs is as it is now', async () => {
  const { model, env } = await provider();
  const FUNCTIONS_DIR = folderOf({ 'a.ts': moduleOf('first') });
  const bot = start([], { ...withoutCode, ...env, DATA_DIR: dataDir(), FUNCTIONS_DIR });
  const names = async (question: string) => {
    bot.child.stdin.write(`${question}\n`);
    await bot.prints('stdout', new RegExp(`You said: ${question}`));
    return lastOf(model).tools.map(({ name }) => name);
  };
  expect(await names('one')).toEqual(['first']);
  writeFileSync(join(FUNCTIONS_DIR, 'b.ts'), moduleOf('second'));
  await bot.prints('stderr', /The functions are loaded anew: first, second\./);
  expect(await names('two')).toEqual(['first', 'second']);
  writeFileSync(join(FUNCTIONS_DIR, 'a.ts'), moduleOf('renamed'));
  await bot.prints('stderr', /The functions are loaded anew: renamed, second\./);
  writeFileSync(join(FUNCTIONS_DIR, 'a.ts'), 'const x = ;');
  await bot.prints('stderr', /functions\/a\.ts can't be loaded \(line 1\), because of SyntaxError/);
  expect(await names('three')).toEqual(['second']);
  rmSync(join(FUNCTIONS_DIR, 'a.ts'));
  await bot.prints('stderr', /The functions are loaded anew: second\./);
  bot.child.stdin.end();
  expect((await bot.end).status).toBe(0);
});

test('the doctor lists the functions with what is wrong, tells no secret, and comes to its end', async () => {
  const FUNCTIONS_DIR = folderOf({
    'a.ts': moduleOf('first'),
    'b.ts': moduleOf('first'),
    'keeps.ts': `${moduleOf('second')} setInterval(() => {}, 1000);`,
    'loose.ts': `
      import { z } from 'zod';
      const parameters = z.object({ fields: z.record(z.string(), z.string()) });
      export default { name: 'loose', description: 'It.', approve: 'asker', parameters, handler() {} };
    `,
    'throws.ts': `throw new Error('no ' + process.env.TICKET_TOKEN);`,
  });
  const env = { ...withoutCode, DATA_DIR: dataDir(), FUNCTIONS_DIR, TICKET_TOKEN: SECRET };
  const { stdout, status } = await start(['doctor'], env).end;
  const [, section = ''] = /Functions\n((?: .*\n)+)/.exec(stdout) ?? [];
  expect(section.trim().split(/\n\s*/)).toEqual([
    '✓ first (functions/a.ts).',
    '✓ second (functions/keeps.ts).',
    '✓ loose (functions/loose.ts), when the person who asks approves it.',
    expect.stringMatching(/^! functions\/loose\.ts: the function "loose": the model can't be held to/),
    expect.stringMatching(/^✗ functions\/b\.ts: the function "first" is left out, because functions\/a\.ts/),
    expect.stringMatching(/^✗ functions\/throws\.ts can't be loaded.* no \[redacted\]\./),
  ]);
  expect(status).toBe(1);
});
