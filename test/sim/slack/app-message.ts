import type { Message } from './objects.ts';
import { APP_BOT, APP_USER, type Workspace } from './workspace.ts';

/** A new message of the app, still empty. */
export function appMessage(workspace: Workspace, channel: string): Message {
  return {
    ts: workspace.nextTs(),
    channel,
    user: APP_USER.id,
    bot: APP_BOT,
    text: '',
    blocks: [],
    format: 'mrkdwn',
    fileIds: [],
  };
}
