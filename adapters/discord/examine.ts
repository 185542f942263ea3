import {
  type REST,
  type RESTAPIPartialCurrentUserGuild,
  type RESTGetAPIGatewayBotResult,
  Routes,
} from 'discord.js';
import type { Finding } from '../../src/operations/doctor/finding.ts';
import { Problem } from '../../src/problem.ts';
import { createRest } from './client.ts';
import { API } from './discord.ts';
import { NO_CONTENT_INTENT, noSessionsUntil, problemOf, readsContent } from './login.ts';

/** So many servers are named. */
const NAMED = 5;

const NOWHERE =
  'The bot is on no server: open the URL that the developer portal makes under OAuth2, URL Generator, and choose one.';

const PERMISSIONS: Finding = {
  state: 'unknown',
  text: 'What the bot may do in each channel is decided there: it needs View Channel, Send Messages, Create Public Threads, Send Messages in Threads, Attach Files and Read Message History.',
};

export interface ExamineOptions {
  token: string;
  apiUrl?: string;
}

/** Looks whether Discord takes the token, and what the bot may read and where. It begins no session. */
export async function* examine({ token, apiUrl = API }: ExamineOptions): AsyncGenerator<Finding> {
  const api = apiUrl.replace(/\/+$/, '');
  const rest = createRest(api, token);
  try {
    const readsAll = await readsContent(rest, api);
    yield { state: 'well', text: 'Discord takes DISCORD_TOKEN.' };
    yield readsAll
      ? { state: 'well', text: 'The Message Content Intent is switched on.' }
      : { state: 'limited', text: NO_CONTENT_INTENT };
    yield await sessions(rest);
    yield await servers(rest);
    yield PERMISSIONS;
  } catch (error) {
    throw error instanceof Problem ? error : problemOf(error, api);
  } finally {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
  }
}

async function sessions(rest: REST): Promise<Finding> {
  const { session_start_limit: left } = (await rest.get(Routes.gatewayBot())) as RESTGetAPIGatewayBotResult;
  if (left.remaining > 0)
    return { state: 'well', text: `The gateway lets the bot begin ${left.remaining} more sessions today.` };
  const until = new Date(Date.now() + left.reset_after).toISOString();
  return { state: 'broken', text: noSessionsUntil(until) };
}

async function servers(rest: REST): Promise<Finding> {
  const guilds = (await rest.get(Routes.userGuilds())) as RESTAPIPartialCurrentUserGuild[];
  if (guilds.length === 0) return { state: 'limited', text: NOWHERE };
  const names = guilds.slice(0, NAMED).map(({ name }) => name);
  const more = guilds.length > NAMED ? ` and ${guilds.length - NAMED} more` : '';
  return { state: 'well', text: `The bot is on ${names.join(', ')}${more}.` };
}
