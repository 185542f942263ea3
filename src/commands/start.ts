import { once } from 'node:events';
import type { DiscordOptions } from '../../adapters/discord/discord.ts';
import type { SlackOptions } from '../../adapters/slack/slack.ts';
import { openLog } from '../log.ts';
import { OpeningBot } from '../opening-bot.ts';
import { openControl } from '../operations/control.ts';
import { answers, connectionsOf, readinessOf, works } from '../operations/health/readiness.ts';
import { openHttp } from '../operations/http.ts';
import { metrics } from '../operations/metrics/metrics.ts';
import { observedStore } from '../operations/metrics/observed-store.ts';
import { openMetrics } from '../operations/metrics/open-metrics.ts';
import { watchPlatformCalls } from '../operations/metrics/platform-calls.ts';
import type { Proxies } from '../operations/proxy/proxies.ts';
import { noWebPages } from '../operations/web-pages.ts';
import type { Platform } from '../platform.ts';
import type { Settings } from '../settings/settings.ts';
import { openStore } from '../store/open-store.ts';
import { backupRequests } from './backup.ts';
import { knowledgeRequests } from './knowledge-requests.ts';
import { mcpRequests } from './mcp-requests.ts';

/** Ten of Discord's messages, which take ten seconds there: what is longer is better read as a file. */
const REPLY_LENGTH = 20_000;

/** For all that is done after the replies' grace, in ms; what takes longer, such as a store that does not answer, is left. */
const FAREWELL_MS = 4_000;

/** `npm start` with the tokens of a platform: serves people there until SIGINT or SIGTERM. */
export async function start(settings: Settings, proxies?: Proxies): Promise<void> {
  const log = await openLog(settings.logLevel ?? 'info');
  // From here on, so that who asks it to stop while it starts does not break it off.
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  // Before anything connects: a second process with the same store would take messages from the first one.
  const store = observedStore(await openStore(settings.store), metrics);
  const platforms = await platformsOf(settings, { log, observer: metrics, share: store.replicas }, proxies);
  let ready = false;
  await using open = new AsyncDisposableStack();
  const { code } = settings.assistant;
  const style = { longest: settings.maxReplyLength ?? REPLY_LENGTH, ...(code && { code }) };
  const bot = new OpeningBot(settings.assistant.prompts, async () => {
    const { openBot } = await import('../bot.ts');
    return openBot({ settings, store, log, reader: 'team', style, observer: metrics });
  });
  open.defer(() => bot.close());
  const queueDepth = async () => {
    const depths = await Promise.all(platforms.map(({ name }) => store.queue(name).depth()));
    return depths.reduce((sum, depth) => sum + depth, 0);
  };
  const checks = {
    store: works(() => bot.storeProblem()),
    queue: answers(queueDepth, (err) => log.warn({ err }, 'the queue does not say how deep it is')),
    ...connectionsOf(platforms),
  };
  metrics.watch({ queueDepth, replicas: () => store.replicas.count, readiness: () => readinessOf(checks) });
  open.defer(watchPlatformCalls(settings, metrics));
  if (!store.shared) {
    const ofKnowledge = knowledgeRequests(async () => (await bot.open()).knowledge);
    const ofMcp = mcpRequests(async () => (await bot.open()).mcp);
    const control = await openControl(
      settings.store.dataDir,
      { ...backupRequests(store), ...ofKnowledge, ...ofMcp },
      log,
    );
    open.defer(() => control.close());
  }
  const server = await openHttp({
    port: settings.port,
    objection: noWebPages,
    ready: () => ready,
    checks,
    observer: metrics,
    listeners: Object.assign({}, ...platforms.map(({ httpListeners }) => httpListeners)),
  });
  open.defer(() => server.close());
  open.use(await openMetrics(settings.metrics, { ready: () => ready, checks }, log));
  // Messages that are taken for an assistant which then can't be had would be lost.
  if (settings.assistants.baseURL !== undefined) await bot.open();
  const connected = bot.connect(platforms).then(() => {
    ready = true;
    log.info({ platforms: platforms.map(({ name }) => name), port: server.port }, 'ready');
  });
  // What fails while it is being stopped matters no more.
  connected.catch(() => {});
  await Promise.race([connected, stopped]);
  await stopped;
  log.info('stopping');
  ready = false;
  setTimeout(() => process.exit(), settings.operation.graceMs + FAREWELL_MS).unref();
}

/** The platforms whose tokens are set; each is loaded only when it is. */
async function platformsOf(
  { slack, discord }: Settings,
  common: Pick<SlackOptions & DiscordOptions, 'log' | 'observer' | 'share'>,
  proxies: Proxies | undefined,
): Promise<Platform[]> {
  const platforms: Platform[] = [];
  if (slack) {
    const { Slack } = await import('../../adapters/slack/slack.ts');
    platforms.push(new Slack({ ...slack, ...common, ...(proxies && { dispatcher: proxies.dispatcher }) }));
  }
  if (discord) {
    // Before the adapter, which loads discord.js.
    if (proxies) (await import('../../adapters/discord/gateway-proxy.ts')).proxyGateway(proxies.agentFor);
    const { Discord } = await import('../../adapters/discord/discord.ts');
    platforms.push(new Discord({ ...discord, ...common }));
  }
  return platforms;
}
