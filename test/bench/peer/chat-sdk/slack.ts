import { createSlackAdapter } from '@chat-adapter/slack';
import { ConsoleLogger } from 'chat';
import { startChat } from './answer.ts';
import { setting } from './setting.ts';

const native = process.env.SLACK_NATIVE === '1';

await startChat(
  createSlackAdapter({
    mode: 'socket',
    apiUrl: setting('SLACK_API_URL'),
    appToken: setting('SLACK_APP_TOKEN'),
    botToken: setting('SLACK_BOT_TOKEN'),
    agentView: native,
    nativeStreaming: native,
    // A title costs a call of each reply.
    sessionTitle: false,
    logger: new ConsoleLogger('warn'),
  }),
);
