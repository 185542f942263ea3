import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { openBot } from '../../src/bot.ts';
import type { Attachment, IncomingMessage, Platform } from '../../src/platform.ts';
import type { RunningBot } from '../../src/running-bot.ts';
import { readSettings } from '../../src/settings/settings.ts';
import type { Store } from '../../src/store/store.ts';
import { SeenReply } from '../conversation/harness.ts';
import { withoutCode } from '../e2e/bobbin.ts';
import { startChatCompletions } from '../sim/chat-completions.ts';
import type { ModelServer } from '../sim/model-server.ts';

export interface Scene {
  model: ModelServer;
  bot: RunningBot;
  /** What people see of each answer, in order. */
  replies: SeenReply[];
  /** Somebody writes; ends when it is answered, and gives the message. */
  says(
    conversation: string,
    author: string,
    text: string,
    more?: Partial<IncomingMessage>,
  ): Promise<IncomingMessage>;
  /** The same without waiting. */
  sends(conversation: string, author: string, text: string, more?: Partial<IncomingMessage>): IncomingMessage;
}

/**
 * The bot on a platform that shows everything at once, with a model that says what it is told. Unless its environment names
 * an assistant, it runs no code.
 */
export async function openScene(
  store: Store,
  environment: Record<string, string> = {},
  attached: Record<string, string> = {},
): Promise<Scene> {
  const model = await startChatCompletions({ models: ['sim'] });
  onTestFinished(() => model.close());
  const provider = { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sim', MODEL: 'sim' };
  const settings = await readSettings({ ...withoutCode, ...provider, ...environment });
  const log = pino({ level: 'silent' });
  const style = { toolCall: () => undefined };
  const bot = await openBot({ settings, store, log, reader: 'team', style });
  onTestFinished(() => bot.close());
  const replies: SeenReply[] = [];
  const platform: Platform = {
    name: 'slack',
    start: async () => {},
    reply: () => {
      const reply = new SeenReply();
      replies.push(reply);
      return reply;
    },
    download: async ({ name }: Attachment) => Buffer.from(attached[name] ?? ''),
    close: async () => {},
  };
  await bot.connect(platform);
  const messageOf = (conversation: string, author: string, text: string, more = {}): IncomingMessage => ({
    id: randomUUID(),
    conversation: `slack:${conversation}`,
    author: { id: author, name: `name of ${author}` },
    text,
    ...more,
  });
  return {
    model,
    bot,
    replies,
    async says(...said) {
      const message = messageOf(...said);
      await bot.receive(message).answered;
      return message;
    },
    sends(...said) {
      const message = messageOf(...said);
      void bot.receive(message);
      return message;
    },
  };
}
