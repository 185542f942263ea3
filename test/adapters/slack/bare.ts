import { type Logger, pino } from 'pino';
import { onTestFinished } from 'vitest';
import { Slack, type SlackOptions } from '../../../adapters/slack/slack.ts';
import { openHttp } from '../../../src/operations/http.ts';
import type { Bot, IncomingMessage, Receipt } from '../../../src/platform.ts';
import type { SlackSim } from '../../sim/slack/slack.ts';

const KEPT: Receipt = { kept: Promise.resolve(), answered: Promise.resolve() };

/** A bot that keeps and answers nothing: tests say otherwise. */
export function bareBot(parts: Partial<Bot> = {}): Bot & { received: IncomingMessage[] } {
  const received: IncomingMessage[] = [];
  const bot: Bot = {
    prompts: [],
    knows: async () => false,
    receive: () => KEPT,
    stop: async () => false,
    renew: async () => true,
    retract: async () => {},
    vanish: async () => {},
    absence: async () => undefined,
    objection: async () => undefined,
    decide: async () => undefined,
    rate: () => {},
    signOfWork: () => {},
    ...parts,
  };
  const receive = (message: IncomingMessage) => {
    received.push(message);
    return bot.receive(message);
  };
  return { ...bot, receive, received };
}

/** The adapter alone, as one process has it; it lives as long as the test. */
export async function openSlack(
  sim: SlackSim,
  bot: Bot,
  options: Partial<SlackOptions> = {},
  log: Logger = pino({ level: 'silent' }),
): Promise<Slack> {
  const { botToken, appToken } = sim.app;
  const slack = new Slack({ botToken, appToken, apiUrl: sim.apiUrl, log, ...options });
  await slack.start(bot);
  onTestFinished(() => slack.close());
  return slack;
}

/** The same by HTTP, to which Slack posts from now on. */
export async function openSlackByHttp(sim: SlackSim, bot: Bot): Promise<Slack> {
  const { botToken, signingSecret } = sim.app;
  const log = pino({ level: 'silent' });
  const slack = new Slack({ botToken, signingSecret, apiUrl: sim.apiUrl, log });
  const { httpListeners: listeners } = slack;
  const http = await openHttp({ port: 0, hostname: '127.0.0.1', ready: () => true, listeners });
  onTestFinished(() => http.close());
  await slack.start(bot);
  onTestFinished(() => slack.close());
  await sim.useRequestUrl(`http://127.0.0.1:${http.port}/slack/events`);
  return slack;
}
