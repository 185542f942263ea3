import { once } from 'node:events';
import { openBot } from '../bot.ts';
import { type Logger, openLog } from '../log.ts';
import { openHttp } from '../operations/http.ts';
import { metrics } from '../operations/metrics.ts';
import type { Proxies } from '../operations/proxies.ts';
import type { Platform } from '../platform.ts';
import type { Settings } from '../settings/settings.ts';

/** Ten of Discord's messages, which take ten seconds there: what is longer is better read as a file. */
const REPLY_LENGTH = 20_000;

/** Milliseconds after which what still keeps the stopping process, such as a platform that does not answer, is left. */
const LAST_MS = 9_000;

/** `npm start` with the tokens of a platform: serves people there until SIGINT or SIGTERM. */
export async function start(settings: Settings, proxies?: Proxies): Promise<void> {
  const log = await openLog(settings.logLevel ?? 'info');
  const platforms = await platformsOf(settings, log, proxies);
  let ready = false;
  await using open = new AsyncDisposableStack();
  const style = { toolCall: () => undefined, longest: settings.maxReplyLength ?? REPLY_LENGTH };
  const bot = await openBot({ settings, log, reader: 'team', style, observer: metrics });
  open.defer(() => bot.close());
  const server = await openHttp({
    port: settings.port,
    ready: () => ready,
    problem: () => bot.storeProblem(),
    metrics: metrics.text,
    listeners: Object.assign({}, ...platforms.map(({ httpListeners }) => httpListeners)),
  });
  open.defer(() => server.close());
  await Promise.all(platforms.map((platform) => bot.connect(platform)));
  ready = true;
  log.info({ platforms: platforms.map(({ name }) => name), port: server.port }, 'ready');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  log.info('stopping');
  ready = false;
  setTimeout(() => process.exit(), LAST_MS).unref();
}

/** The platforms whose tokens are set; each is loaded only when it is. */
async function platformsOf(
  { slack, discord }: Settings,
  log: Logger,
  proxies: Proxies | undefined,
): Promise<Platform[]> {
  const platforms: Platform[] = [];
  if (slack) {
    const { Slack } = await import('../../adapters/slack/slack.ts');
    platforms.push(
      new Slack({ ...slack, log, observer: metrics, ...(proxies && { dispatcher: proxies.dispatcher }) }),
    );
  }
  if (discord) {
    // Before the adapter, which loads discord.js.
    if (proxies) (await import('../../adapters/discord/gateway-proxy.ts')).proxyGateway(proxies.agentFor);
    const { Discord } = await import('../../adapters/discord/discord.ts');
    platforms.push(new Discord({ ...discord, log, observer: metrics }));
  }
  return platforms;
}
