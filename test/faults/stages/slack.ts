import type { Fault } from '../../sim/slack/faults.ts';
import type { Message } from '../../sim/slack/objects.ts';
import { type SlackSim, startSlack } from '../../sim/slack/slack.ts';
import { messageText } from '../../sim/slack/view.ts';
import { APP_USER } from '../../sim/slack/workspace.ts';
import type { Delivery, SeenConversation } from '../audit.ts';
import { questionsIn } from '../questions.ts';
import type { Random } from '../random.ts';
import { CHANNELS, PEOPLE, type Stage, type StageFaults } from './stage.ts';

/**
 * A tenth of Slack's own waits, at a pace of 1, since the pauses and the gaps between faults are shorter than in life,
 * too: what is not acknowledged in three seconds comes again at once, and then twice more.
 */
const RETRY_DELAYS_MS = [0, 6_000, 30_000];
/** A run has the restarts of days in its minutes, and Slack's limit on new connections is for days with few. */
const CONNECTING = { calls: 1_000, windowMs: 60_000 };
const CHANNEL_IDS = Array.from({ length: CHANNELS }, (_, index) => `C0COUNT${index}`);

/** The calls that show something, and two that ask. */
const METHODS = [
  'chat.postMessage',
  'chat.update',
  'chat.startStream',
  'chat.appendStream',
  'chat.stopStream',
  'assistant.threads.setStatus',
  'agents.sessions.setStatus',
  'users.info',
  'conversations.replies',
];

export const SLACK_FAULTS: StageFaults<SlackSim> = {
  'slack socket dropped': {
    weight: 2,
    strike: ({ socketMode }, random) => socketMode.drop(random.chance(0.5) ? 1 : Number.POSITIVE_INFINITY),
  },
  'slack socket refreshed': {
    weight: 1,
    strike: ({ socketMode }) => socketMode.disconnect('refresh_requested', 1),
  },
  'slack events twice': {
    weight: 2,
    strike: ({ delivery }, random) => delivery.duplicateNext(random.integer(1, 4)),
  },
  'slack events late': {
    weight: 2,
    strike({ delivery }, random) {
      delivery.hold();
      setTimeout(() => delivery.release(), random.integer(500, 4_000));
    },
  },
  'slack 429': called(2, (random) => ({ retryAfter: random.integer(1, 3), times: random.integer(1, 2) })),
  'slack 5xx': called(2, (random) => ({ status: random.pick([500, 502, 503]), times: random.integer(1, 2) })),
  'slack answer lost': called(2, () => ({ network: 'reset', applied: true })),
  'slack connection cut': called(1, () => ({ network: 'reset' })),
  'slack stall': called(1, (random) => ({ delayMs: random.integer(1_000, 5_000) })),
  'slack silent': called(1, () => ({ network: 'silent' })),
};

/** A fault of the next call of one of the methods. */
function called(weight: number, fault: (random: Random) => Fault): StageFaults<SlackSim>[string] {
  return { weight, strike: (sim, random) => sim.fails(random.pick(METHODS), fault(random)) };
}

/** A workspace with all of Slack's limits. Its threads are the conversations, in channels and in direct messages. */
export async function slackStage(pace: number): Promise<Stage> {
  const sim = await startSlack({
    users: PEOPLE.map((name) => ({ id: `U0${name.toUpperCase()}`, name })),
    channels: CHANNEL_IDS.map((id, index) => ({ id, name: `count-${index}` })),
    timing: { retryDelaysMs: RETRY_DELAYS_MS.map((ms) => ms * pace) },
    rates: { overrides: { 'apps.connections.open': CONNECTING } },
  });
  const { botToken, appToken } = sim.app;
  return {
    platform: 'slack',
    environment: { SLACK_API_URL: sim.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken },
    ask: (text, random) => {
      const person = sim.user(random.pick(PEOPLE));
      return nameOf(person.says(random.pick(CHANNEL_IDS), `@bobbin ${text}`));
    },
    askDirectly: (text, random) => {
      const person = sim.user(random.pick(PEOPLE));
      return nameOf(person.says(person.dm, text));
    },
    follow: (conversation, text) => follow(sim, conversation, text),
    canFollow: () => true,
    seen: (conversation) => seen(sim, conversation),
    elsewhere: (conversations) => elsewhere(sim, conversations),
    deliveries: () => deliveries(sim),
    watch: (listener) => watch(sim, listener),
    fails: (name, random) => SLACK_FAULTS[name]?.strike(sim, random),
    isDelivered: () => sim.delivery.isSettled,
    close: () => sim.close(),
  };
}

function nameOf({ channel, ts }: { channel: string; ts: string }): string {
  return `slack ${channel} ${ts}`;
}

function placeOf(conversation: string): { channel: string; thread: string } {
  const [, channel = '', thread = ''] = conversation.split(' ');
  return { channel, thread };
}

function follow(sim: SlackSim, conversation: string, text: string): void {
  const { channel, thread } = placeOf(conversation);
  const { user } = sim.workspace.message(sim.workspace.channel(channel), thread);
  const { messages, atWork } = seen(sim, conversation);
  const isHeard = channel.startsWith('D') || messages.length + atWork.length > 0;
  sim.user(user).says(channel, isHeard ? text : `@bobbin ${text}`, { thread });
}

function seen({ workspace }: SlackSim, conversation: string): SeenConversation {
  const { channel, thread } = placeOf(conversation);
  const own = workspace.replies(workspace.channel(channel), thread).filter(isOurs);
  const shown = own.map((message) => messageText(workspace, message));
  const status = workspace.status(channel, thread);
  const atWork = [
    ...(status ? [`the status “${status.status}”`] : []),
    ...(workspace.showsStop(channel, thread) ? ["Slack's own Stop button"] : []),
    ...own.flatMap(({ stream }) =>
      stream && stream.state !== 'completed' ? [`a stream, ${stream.state}`] : [],
    ),
    ...shown.flatMap((text) => (text.includes('[Stop]') ? [`a Stop button under ${beginningOf(text)}`] : [])),
    ...shown.flatMap((text) => (text.includes('(in_progress)') ? ['a card in progress'] : [])),
  ];
  const messages = own.map((message) => withoutButtons(messageText(workspace, withoutCards(message))));
  return { name: conversation, messages, atWork };
}

const beginningOf = (text: string) => JSON.stringify(text.slice(0, 40));

/** The code and the output of a card stand in the text, too. */
function withoutCards(message: Message): Message {
  const { stream } = message;
  const blocks = message.blocks.filter(({ type }) => type !== 'task_card' && type !== 'plan');
  if (!stream) return { ...message, blocks };
  return {
    ...message,
    blocks,
    stream: { ...stream, parts: stream.parts.filter(({ type }) => type !== 'task') },
  };
}

/** Buttons stand on lines of their own. */
function withoutButtons(text: string): string {
  return text.replace(/^(\[[^\]]*\] ?)+$/gm, '').trim();
}

function elsewhere({ workspace }: SlackSim, conversations: ReadonlySet<string>): SeenConversation {
  const messages = [...workspace.channels.values()]
    .flatMap((channel) => workspace.messages(channel))
    .filter((message) => isOurs(message) && !conversations.has(conversationOf(message)))
    .map((message) => messageText(workspace, message));
  return { name: 'slack elsewhere', messages, atWork: [] };
}

function isOurs({ user }: Message): boolean {
  return user === APP_USER.id;
}

function conversationOf({ channel, ts, threadTs = ts }: Message): string {
  return nameOf({ channel, ts: threadTs });
}

/** Slack knows that it has brought an event over when the app has acknowledged it. */
function deliveries({ delivery }: SlackSim): (question: number) => Delivery {
  const known = new Map<number, Delivery>();
  for (const { envelope, outcome, sentAt, overAt } of delivery.log) {
    const { text } = Object(envelope.payload.event);
    const [question] = questionsIn(String(text ?? ''));
    if (question === undefined) continue;
    const { sent, arrived } = known.get(question) ?? NEVER;
    known.set(question, {
      sent: Math.min(sent, sentAt),
      arrived: outcome.acked ? Math.min(arrived, overAt) : arrived,
    });
  }
  return (question) => known.get(question) ?? NEVER;
}

const NEVER: Delivery = { sent: Number.POSITIVE_INFINITY, arrived: Number.POSITIVE_INFINITY };

function watch(sim: SlackSim, listener: (conversation: string) => void): void {
  sim.watch((change) => {
    if ('message' in change && isOurs(change.message)) listener(conversationOf(change.message));
  });
}
