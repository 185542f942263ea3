import { join } from 'node:path';
import own from '../../../../package.json' with { type: 'json' };
import type { Access } from '../stages/stage.ts';
import type { Bot } from './bot.ts';

const root = join(import.meta.dirname, '../../../..');

/** The product, started as a user starts it, with its own settings and its own assistant. */
export const bobbin: Bot = {
  name: 'Bobbin',
  version: own.version,
  program: [join(root, 'src/start.js')],
  needsDatabase: false,
  environment: (access, { dataDir, modelUrl }) => ({
    DATA_DIR: dataDir,
    PORT: '0',
    OPENAI_BASE_URL: modelUrl,
    OPENAI_API_KEY: 'bench',
    MODEL: 'bench',
    // What is measured is a crowd, which the simulators' one person stands for.
    PERSON_TURNS_AT_ONCE: 'off',
    PERSON_TURNS_PER_HOUR: 'off',
    ...platform(access),
  }),
};

function platform(access: Access): Record<string, string> {
  if (access.platform === 'discord') return { DISCORD_API_URL: access.apiUrl, DISCORD_TOKEN: access.token };
  const { apiUrl, appToken, botToken, native } = access;
  // By itself it streams in direct messages only.
  const SLACK_STREAMING = native ? 'native' : 'edits';
  return { SLACK_API_URL: apiUrl, SLACK_APP_TOKEN: appToken, SLACK_BOT_TOKEN: botToken, SLACK_STREAMING };
}
