import type { SlackOptions } from '../../../adapters/slack/slack.ts';
import type { IncomingMessage, Reply } from '../../../src/platform.ts';
import { layout } from '../../../src/reply/layout/layout.ts';
import type { Outcome, Part, ReplyFile, View } from '../../../src/view.ts';
import { slack as simulated } from '../../sim/slack/fixture.ts';
import type { SlackSim } from '../../sim/slack/slack.ts';
import { bareBot, openSlack } from './bare.ts';
import { GENERAL } from './world.ts';

/** Limits and pauses are not what these tests are about. */
export const FAST: Partial<SlackOptions> = { timing: { minute: 1 } };

/** Two processes; what people write is given to them by the test alone. */
export async function scene(options = FAST, speed = Number.POSITIVE_INFINITY) {
  const sim = await simulated({ rates: { speed } });
  sim.delivery.hold();
  const open = () => openSlack(sim, bareBot(), options);
  return { sim, open, first: await open(), second: await open() };
}

/** A question, as the bot got it. */
export function question(
  sim: SlackSim,
  direct: boolean,
): IncomingMessage & { channel: string; thread: string } {
  const ann = sim.user('ann');
  const { channel, ts } = ann.says(direct ? ann.dm : GENERAL, '@bobbin hello');
  const replyTo = { channel, thread: ts, ts, user: ann.id, team: 'T0ACME' };
  const conversation = `slack:${channel}:${ts}`;
  const author = { id: ann.id, name: 'Ann' };
  return { id: conversation, conversation, author, text: 'hello', replyTo, channel, thread: ts };
}

export const file = (name: string): ReplyFile => ({ id: `file-${name}`, name, bytes: Buffer.from(name) });

export interface Answer {
  text: string;
  files?: ReplyFile[];
  outcome?: Outcome;
}

/** What a reply is to show step by step: its text as it grows, then its end. */
export function* viewsOf(
  { text, files = [], outcome = { status: 'completed' } }: Answer,
  reply: Reply,
  steps: number,
) {
  let parts: readonly Part[] = [];
  for (let step = 1; step <= steps; step++) {
    parts = layout(text.slice(0, Math.ceil((text.length * step) / steps)), reply.limits, parts);
    yield { parts, calls: [], files: [] } satisfies View;
  }
  yield { parts, calls: [], files, outcome } satisfies View;
}

/** Makes all calls, as a publisher does whom no limit holds up; gives the last view. */
export async function shows(reply: Reply, views: Iterable<View>): Promise<void> {
  for (const view of views)
    for (let call = reply.next(view); call; call = reply.next(view)) await call.send();
  reply.close?.();
}

/** What people see under a question, without its `ts`. */
export function seen(sim: SlackSim, { channel, thread }: { channel: string; thread: string }): string {
  const [, ...replies] = sim.thread(channel, thread).split('\n');
  return replies.join('\n');
}

/** Whether people see that something is done. */
export function isAtWork(sim: SlackSim, asked: { channel: string; thread: string }): boolean {
  return /bobbin is |\[■ Stop\]/.test(seen(sim, asked));
}

export const words = (count: number, word = 'word') =>
  Array.from({ length: count }, (_, index) => `${word} ${index}`).join(' ');

export const ANEW: Answer = { text: words(40, 'anew') };
