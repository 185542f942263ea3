import { readSettings } from '../../src/settings/settings.ts';
import { startChatCompletions } from './chat-completions.ts';
import { startResponses } from './responses.ts';

/** What `assistant.md` asks for is offered, so that three lines are enough to talk to it. */
const { assistant } = await readSettings({});
const SERVERS = { chat: startChatCompletions, responses: startResponses };
const [api, port = '0'] = process.argv.slice(2);

if (api === 'chat' || api === 'responses') {
  const { url } = await SERVERS[api]({ port: Number(port), models: [String(assistant.params.model)] });
  process.stdout.write(
    `A simulated model answers at ${url}. To talk to it, put these lines into .env:\n\n` +
      `OPENAI_BASE_URL=${url}\nOPENAI_API_KEY=sim\nMODEL_API=${api}\n\nCtrl-C ends it.\n`,
  );
} else {
  process.stderr.write('Usage: node test/sim/main.ts chat|responses [port]\n');
  process.exitCode = 2;
}
