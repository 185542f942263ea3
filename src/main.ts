import { parseArgs } from 'node:util';
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
  --help          print this

Settings come from the environment or from a .env file; .env.example lists them.
`;

const COMMANDS = ['start', 'chat', 'serve', 'doctor'];

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
  const { command, options } = parse(args);
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
  const proxies = settings.proxy && (await import('./operations/proxies.ts')).useProxies(settings.proxy);
  const hasPlatform = settings.slack !== undefined || settings.discord !== undefined;
  if (command === 'serve') {
    const { serve } = await import('./commands/serve.ts');
    await serve(settings);
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
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const [command = 'start', ...rest] = positionals;
    if (!COMMANDS.includes(command) || rest.length > 0)
      throw new Error(`Unknown command: ${positionals.join(' ')}`);
    return { command, options: values };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(MISUSE);
  }
}
