import { type SlackSim, startSlack } from '../../../sim/slack/slack.ts';
import { CHANNELS, type Conversation, RETRY_AFTER, type Setting, type Stage } from './stage.ts';

const CHANNEL_IDS = Array.from({ length: CHANNELS }, (_, index) => `C0BENCH${index}`);
/** The calls by which a reply grows or ends. */
const GROWING = ['chat.update', 'chat.appendStream', 'chat.stopStream'];

export const slackNative: Setting = { name: 'Slack, native streaming', open: () => openSlack(true) };
export const slackEdits: Setting = { name: 'Slack, edits', open: () => openSlack(false) };

/** A workspace whose app is an agent, or one that knows no streams. */
async function openSlack(native: boolean): Promise<Stage> {
  const channels = CHANNEL_IDS.map((id, index) => ({ id, name: `bench-${index}` }));
  const sim = await startSlack({ channels, agentView: native ? 'agent_view' : 'none' });
  const { botToken, appToken } = sim.app;
  return {
    access: { platform: 'slack', native, apiUrl: sim.apiUrl, botToken, appToken },
    isConnected: () => sim.socketMode.connections > 0,
    ask: (text, channel = 0) => ask(sim, text, CHANNEL_IDS[channel] ?? ''),
    follow: (conversation, text) => follow(sim, conversation, text),
    shown: (conversation) => sim.texts(...placeOf(conversation)),
    seemsAtWork: (conversation) => seemsAtWork(sim, conversation),
    watch: (listener) => watch(sim, listener),
    calls: () =>
      sim.counters.calls.map(({ method, at, answer, args }) => ({
        name: method,
        at,
        limited: answer === 'ratelimited',
        characters: charactersOf(args),
      })),
    refuse: (times) => {
      for (const method of GROWING) sim.fails(method, { retryAfter: RETRY_AFTER, times });
    },
    close: () => sim.close(),
  };
}

function ask(sim: SlackSim, text: string, channelId: string): Conversation {
  const { channel, ts } = sim.user('ann').says(channelId, `@bobbin ${text}`);
  return { key: `${channel} ${ts}` };
}

function follow(sim: SlackSim, conversation: Conversation, text: string): void {
  const [channel, thread] = placeOf(conversation);
  sim.user('ann').says(channel, text, { thread });
}

function placeOf({ key }: Conversation): [channel: string, thread: string] {
  const [channel = '', thread = ''] = key.split(' ');
  return [channel, thread];
}

/** A stream's cursor, a status, or Slack's own Stop button or the app's. */
function seemsAtWork(sim: SlackSim, conversation: Conversation): boolean {
  const [channel, thread] = placeOf(conversation);
  const isStoppable = sim.texts(channel, thread).some((text) => text.includes('[Stop]'));
  const { workspace } = sim;
  const isStreaming = workspace
    .replies(workspace.channel(channel), thread)
    .some(({ stream }) => stream?.state === 'in_progress');
  return isStoppable || isStreaming || workspace.status(channel, thread) !== undefined;
}

function watch(sim: SlackSim, listener: (key: string) => void): () => void {
  return sim.watch((change) => {
    const { channel, threadTs } = 'message' in change ? change.message : change;
    listener(`${channel} ${threadTs ?? ''}`);
  });
}

const CONTENT = ['text', 'markdown_text', 'blocks', 'chunks'];

function charactersOf(args: Record<string, unknown>): number {
  const sizes = CONTENT.map((name) => args[name] ?? '').map((value) =>
    typeof value === 'string' ? value.length : JSON.stringify(value).length,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
