import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Console } from '../../adapters/console/console.ts';
import { plain } from '../../adapters/console/printer.ts';
import { CONVERSATIONS } from '../conversation/namespaces.ts';
import { polledRun, streamedRun } from '../conversation/run/run.ts';
import { openLog } from '../log.ts';
import { OpeningBot } from '../opening-bot.ts';
import { openControl } from '../operations/control.ts';
import { copiesFolder } from '../operations/forgetting/file-copies.ts';
import type { IncomingMessage } from '../platform.ts';
import { doneOf, isSilent } from '../reply/transcript/call-words.ts';
import type { ReplyStyle } from '../reply/transcript/render.ts';
import type { Settings } from '../settings/settings.ts';
import { openStore } from '../store/open-store.ts';
import { memoryStore } from '../store/sqlite/store.ts';
import type { Store } from '../store/store.ts';
import type { ReplyFile } from '../view.ts';
import { backupRequests } from './backup.ts';
import { knowledgeRequests } from './knowledge-requests.ts';
import { mcpRequests } from './mcp-requests.ts';

export interface ChatOptions {
  /** Begin a new conversation instead of going on with the last one. */
  fresh: boolean;
  /** Print the answer as it is written, or only its last message when it is whole. */
  streamed: boolean;
}

/** `npm start -- chat`: the terminal chat, until the person leaves or the input ends. */
export async function chat(settings: Settings, { fresh, streamed }: ChatOptions): Promise<void> {
  const log = await openLog(settings.logLevel ?? 'warn');
  const follow = streamed ? streamedRun : polledRun;
  const { maxReplyLength: longest } = settings;
  const { code } = settings.assistant;
  const style: ReplyStyle = {
    toolCall: (call) => `*${isSilent(call) ? doneOf(call.call, call.status) : call.call.type}*`,
    ...(longest && { longest }),
    ...(code && { code }),
  };
  const store = await openStore(settings.store);
  // Who closes the terminal can't be answered there any more.
  const queue = memoryStore().queue<IncomingMessage>('console');
  const bot = new OpeningBot(settings.assistant.prompts, async () => {
    const { openBot } = await import('../bot.ts');
    const own = { reader: 'operator', style, follow, queueOf: () => queue, tell } as const;
    return openBot({ settings, store, log, ...own, watchesFunctions: true });
  });
  let terminal: Console | undefined;
  const tell = (line: string) => terminal?.tell(line);
  let control: Awaited<ReturnType<typeof openControl>> | undefined;
  try {
    // Who is greeted is answered.
    if (settings.assistants.baseURL !== undefined) await bot.open();
    const conversation = await currentConversation(store, fresh);
    terminal = new Console({
      input: process.stdin,
      answers: process.stdout,
      notes: process.stderr,
      conversation,
      author: userName(),
      greeting: greeting(settings, await hasBegun(store, conversation)),
      painter: await painterFor(process.stdout),
      keep: (file) => keep(copiesFolder(settings.store.dataDir), file),
    });
    await bot.connect([terminal]);
    const ofKnowledge = knowledgeRequests(async () => (await bot.open()).knowledge);
    const ofMcp = mcpRequests(async () => (await bot.open()).mcp);
    const requests = { ...backupRequests(store), ...ofKnowledge, ...ofMcp };
    if (!store.shared) control = await openControl(settings.store.dataDir, requests, log);
    // Who is told to end ends what it has started.
    await Promise.race([terminal.left, once(process, 'SIGTERM'), once(process, 'SIGHUP')]);
    await bot.stop(conversation);
  } finally {
    await control?.close();
    await bot.close();
  }
}

/** The conversation that the next `npm start` goes on with. */
async function currentConversation(store: Store, fresh: boolean): Promise<string> {
  const kept = store.keyv<string>('console');
  const current = fresh ? undefined : await kept.get('conversation');
  if (current) return current;
  const next = `console:${randomUUID()}`;
  await kept.set('conversation', next);
  return next;
}

/** Whether it has a thread, which is looked up here because the bot is made only once people can type. */
function hasBegun(store: Store, conversation: string): Promise<boolean> {
  return store.keyv(CONVERSATIONS).has(conversation);
}

function greeting({ assistant, model }: Settings, goesOn: boolean): string {
  const lines = [
    assistant.greeting ?? `Hello! I am ${assistant.params.name}. Ask me something, or type "exit" to leave.`,
    model.api === 'demo' && 'No model is connected: this is the built-in offline demo.',
    goesOn && 'We go on where we stopped; "npm start -- chat --new" begins anew.',
  ];
  return lines.filter(Boolean).join('\n');
}

/** The id keeps files of the same name apart. */
async function keep(folder: string, { id, name, bytes }: ReplyFile): Promise<string> {
  const path = join(folder, `${id}-${name}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(path, bytes, { mode: 0o600 });
  return path;
}

async function painterFor({ isTTY }: NodeJS.WriteStream) {
  if (!isTTY || process.stdout.getColorDepth() < 4) return () => plain;
  const { CodeHighlighter } = await import('../../adapters/console/highlight.ts');
  return () => new CodeHighlighter();
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? 'you';
  }
}
