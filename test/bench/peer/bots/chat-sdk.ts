import { join } from 'node:path';
import packages from '../package.json' with { type: 'json' };
import type { Access } from '../stages/stage.ts';
import type { Bot } from './bot.ts';

const folder = join(import.meta.dirname, '../chat-sdk');

/** The smallest bot on Vercel's Chat SDK, with the adapter of one platform. */
export const chatSdk: Bot = {
  name: 'Chat SDK',
  version: packages.dependencies.chat,
  program: [join(folder, 'main.ts')],
  needsDatabase: true,
  environment: (access, { dataDir, modelUrl, databaseUrl }) => ({
    // Ours keeps its compiled code between two starts, so this one does.
    NODE_COMPILE_CACHE: join(dataDir, '..', 'compile-cache'),
    NODE_ENV: 'production',
    MODEL_URL: modelUrl,
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    ...platform(access),
  }),
};

function platform(access: Access): Record<string, string> {
  if (access.platform === 'discord') {
    const { apiUrl, token, applicationId } = access;
    return {
      PLATFORM: 'discord',
      DISCORD_API_URL: apiUrl,
      DISCORD_TOKEN: token,
      DISCORD_APPLICATION_ID: applicationId,
    };
  }
  const { apiUrl, appToken, botToken, native } = access;
  return {
    PLATFORM: 'slack',
    SLACK_API_URL: apiUrl,
    SLACK_APP_TOKEN: appToken,
    SLACK_BOT_TOKEN: botToken,
    SLACK_NATIVE: native ? '1' : '0',
  };
}
