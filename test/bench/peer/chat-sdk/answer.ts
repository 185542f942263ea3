import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createMemoryState } from '@chat-adapter/state-memory';
import { type ModelMessage, streamText } from 'ai';
import { type Adapter, Chat, type Message, type StateAdapter, type Thread, toAiMessages } from 'chat';
import { setting } from './setting.ts';

/** Between two edits of a reply: 48 a minute, so that one reply stays below Slack's 50. */
const EDIT_EVERY_MS = 1_250;
/** Longer than any reply of the benchmark takes, so that no message which waits for one is forgotten. */
const QUEUED_FOR_MS = 600_000;

const provider = createOpenAICompatible({ name: 'bench', baseURL: setting('MODEL_URL'), apiKey: 'bench' });
const model = provider('bench');

/** The smallest bot that answers mentions, and what follows in their threads, with all of Chat SDK's best settings. */
export async function startChat(adapter: Adapter): Promise<Chat> {
  const chat = new Chat({
    userName: 'bobbin',
    adapters: { [adapter.name]: adapter },
    state: await state(),
    concurrency: { strategy: 'queue', queueEntryTtlMs: QUEUED_FOR_MS },
    fallbackStreamingPlaceholderText: null,
    streamingUpdateIntervalMs: EDIT_EVERY_MS,
    logger: 'warn',
  });
  chat.onNewMention(async (thread, message) => {
    await thread.subscribe();
    await answer(thread, [{ role: 'user', content: message.text }]);
  });
  chat.onSubscribedMessage(async (thread, message) => {
    await answer(thread, await history(thread, message));
  });
  await chat.initialize();
  return chat;
}

/** PostgreSQL where the row needs that something outlives the process, memory (the fastest) everywhere else. */
async function state(): Promise<StateAdapter> {
  const url = process.env.DATABASE_URL;
  if (!url) return createMemoryState();
  const { createPostgresState } = await import('@chat-adapter/state-pg');
  return createPostgresState({ url });
}

/** The typing indicator costs no reply anything: nothing waits for it, and no refusal of it ends the answer. */
async function answer(thread: Thread, messages: ModelMessage[]): Promise<void> {
  thread.startTyping().catch(() => {});
  const { fullStream } = streamText({ model, messages, abortSignal: thread.signal });
  await thread.post(fullStream);
}

/** What was said in the thread, as the platform has it; the message itself where the platform doesn't tell. */
async function history(thread: Thread, message: Message): Promise<ModelMessage[]> {
  try {
    await thread.refresh();
    const messages = await toAiMessages(thread.recentMessages);
    if (messages.length > 0) return messages;
  } catch (error) {
    process.stderr.write(`No history: ${error}\n`);
  }
  return [{ role: 'user', content: message.text }];
}
