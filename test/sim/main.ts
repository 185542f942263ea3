import { startChatCompletions } from './chat-completions.ts';
import { startResponses } from './responses.ts';

const SERVERS = { chat: startChatCompletions, responses: startResponses };
const [api, port = '0'] = process.argv.slice(2);

if (api === 'chat' || api === 'responses') {
  const { url } = await SERVERS[api]({ port: Number(port) });
  process.stdout.write(
    `A simulated model answers at ${url}. To talk to it, put these lines into .env:\n\n` +
      `OPENAI_BASE_URL=${url}\nOPENAI_API_KEY=sim\nMODEL_API=${api}\nMODEL=sim-small\n\nCtrl-C ends it.\n`,
  );
} else {
  process.stderr.write('Usage: node test/sim/main.ts chat|responses [port]\n');
  process.exitCode = 2;
}
