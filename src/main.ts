import { parseArgs } from 'node:util';
import type { McpCommand } from './commands/mcp.ts';
import type { SandboxCommand } from './commands/sandbox.ts';
import type { KnowledgeCommand } from './knowledge/commands.ts';
import type { Whom } from './operations/forgetting/forgetting.ts';
import { Problem } from './problem.ts';
import { loadEnvFile } from './settings/env-file.ts';
import { readSettings } from './settings/settings.ts';

const USAGE = `Usage: npm start -- [command] [options]

  start           serve the platforms whose tokens are set; without any, chat (what happens without a command)
  chat            talk in the terminal
    --new           begin a new conversation
    --no-stream     wait for the answer and print its last message
  serve           offer the Assistants API over HTTP, on PORT
  doctor          look whether all that is set works, and say what to do where it does not
    --ask           also ask the model a question, which costs a few tokens
  knowledge       the team's documents that assistant.md names
    sync            bring them up to date; --dry-run only says what would be done
    status          how many can be searched, how old that is, and what is out of date
    search "TEXT"   what would be found, with scores and why
    gaps            the questions that were not answered, alike ones together
    eval FILE       ask the questions of a file of JSON lines, and compare with the last time
  mcp             the MCP servers that assistant.md names, whose tools the assistant has
    list            how they stand, their tools, and which are off
    approve NAME    take the tools of a server, or one of them, that say something else than before
    login NAME      sign in at a server, once
    logout NAME     take that away again, here and there
  sandbox         the packages that people's Python can import
    install NAMES   fetch them with all that they need, such as numpy pandas matplotlib
    list            which are there
    remove NAMES    take them away
  backup FILE     write everything into one new file, also while Bobbin runs (SQLite)
  forget          delete everything of a person or a conversation, and print what was deleted where
    --person ID        the platform's id of them, such as U0123; in the terminal the user's name
    --conversation ID  as the log has it, such as slack:C0123:1700000000.000100
  --help          print this

Settings come from the environment or from a .env file; .env.example lists them.
`;

/** How many words may come after each. */
const COMMANDS: Readonly<Record<string, number>> = {
  start: 0,
  chat: 0,
  serve: 0,
  doctor: 0,
  backup: 1,
  forget: 0,
  knowledge: 2,
  mcp: 2,
  sandbox: Number.POSITIVE_INFINITY,
};

/** The exit status of a command line that makes no sense. */
const MISUSE = 2;

try {
  loadEnvFile('.', process.env);
  await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function run(args: string[]): Promise<void> {
  const { command, words, options } = parse(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (command === 'doctor') {
    const { doctor } = await import('./commands/doctor.ts');
    await doctor(process.env, { ask: options.ask });
    return;
  }
  const settings = await readSettings(process.env);
  const proxies =
    settings.proxy && (await import('./operations/proxy/proxies.ts')).useProxies(settings.proxy);
  const hasPlatform = settings.slack !== undefined || settings.discord !== undefined;
  if (command === 'serve') {
    const { serve } = await import('./commands/serve.ts');
    await serve(settings);
  } else if (command === 'backup') {
    const { backup } = await import('./commands/backup.ts');
    await backup(settings, words[0] ?? misuse('backup wants the name of a file.'));
  } else if (command === 'forget') {
    const whom = whomOf(options);
    const { forget } = await import('./commands/forget.ts');
    await forget(settings, whom);
  } else if (command === 'knowledge') {
    const asked = knowledgeCommandOf(words, options['dry-run']);
    const { knowledge } = await import('./commands/knowledge.ts');
    await knowledge(settings, asked);
  } else if (command === 'mcp') {
    const asked = mcpCommandOf(words);
    const { mcp } = await import('./commands/mcp.ts');
    await mcp(settings, asked);
  } else if (command === 'sandbox') {
    const asked = sandboxCommandOf(words);
    const { sandbox } = await import('./commands/sandbox.ts');
    await sandbox(settings, asked);
  } else if (command === 'start' && hasPlatform) {
    const { start } = await import('./commands/start.ts');
    await start(settings, proxies);
  } else {
    const { chat } = await import('./commands/chat.ts');
    await chat(settings, { fresh: options.new, streamed: !options['no-stream'] });
  }
}

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        new: { type: 'boolean', default: false },
        'no-stream': { type: 'boolean', default: false },
        ask: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        person: { type: 'string' },
        conversation: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const [command = 'start', ...words] = positionals;
    const most = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
    if (most === undefined || words.length > most)
      throw new Error(`Unknown command: ${positionals.join(' ')}`);
    return { command, words, options: values };
  } catch (error) {
    return misuse((error as Error).message);
  }
}

function knowledgeCommandOf([what, text]: readonly string[], isDry: boolean): KnowledgeCommand {
  if (what === 'sync' && text === undefined) return { what, isDry };
  if ((what === 'status' || what === 'gaps') && text === undefined) return { what };
  if (what === 'search' && text?.trim()) return { what, query: text };
  if (what === 'eval' && text) return { what, file: text };
  return misuse(
    'knowledge wants sync, status, search with a text in quotes, gaps, or eval with the name of a file.',
  );
}

function mcpCommandOf([what, name]: readonly string[]): McpCommand {
  if (what === 'list' && name === undefined) return { what };
  if ((what === 'approve' || what === 'login' || what === 'logout') && name) return { what, name };
  return misuse(
    'mcp wants list, approve with the name of a server or tool, or login or logout with the name of a server.',
  );
}

function sandboxCommandOf([what, ...names]: readonly string[]): SandboxCommand {
  if (what === 'list' && names.length === 0) return { what };
  if ((what === 'install' || what === 'remove') && names.length > 0) return { what, names };
  return misuse('sandbox wants install or remove with the names of packages, or list.');
}

function whomOf({ person, conversation }: { person?: string; conversation?: string }): Whom {
  if (person && !conversation) return { person };
  if (conversation && !person) return { conversation };
  return misuse('forget wants either --person or --conversation, with an id.');
}

function misuse(message: string): never {
  process.stderr.write(`${message}\n\n${USAGE}`);
  process.exit(MISUSE);
}
