import { expect, test } from 'vitest';
import { inPlace } from '../../../adapters/discord/place.ts';
import type { Replicas } from '../../../src/budget.ts';
import type { Reply } from '../../../src/platform.ts';
import type { View } from '../../../src/view.ts';
import { openDiscord, openSim } from './open-scene.ts';
import { NO_LIMITS } from './scene.ts';

/** Processes that share a bot's limits. */
class Processes implements Replicas {
  count = 3;
  readonly #listeners = new Set<(count: number) => void>();

  onChange(listener: (count: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  become(count: number): void {
    this.count = count;
    for (const listener of this.#listeners) listener(count);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

/** What a process believes of the limits, as its metrics are told. */
async function watched() {
  const sim = await openSim();
  const share = new Processes();
  const limits = new Map<string, number>();
  const observer = {
    granted() {},
    refused() {},
    waiting() {},
    limited: (name: string, { calls }: { calls: number }) => void limits.set(name, calls),
  };
  const discord = openDiscord(sim, { share, observer });
  return { sim, share, limits, discord };
}

test('each process keeps to its share of the limit of the bot, as others come and go', async () => {
  const { share, limits, discord } = await watched();
  expect(Object.fromEntries(limits)).toEqual({ 'discord bot': 15 });
  share.become(9);
  expect(Object.fromEntries(limits)).toEqual({ 'discord bot': 5 });
  share.become(1);
  expect(Object.fromEntries(limits)).toEqual({ 'discord bot': 45 });
  await discord.close();
  expect(share.listeners).toBe(0);
});

test('of a channel that replies of several processes share, each hears from Discord what the others use', async () => {
  const messages = { limit: 6, window: 200 };
  const sim = await openSim({ rateLimits: { ...NO_LIMITS, messages } });
  const share = new Processes();
  const view = (n: number, isOver: boolean): View => {
    const text = Array(n).fill('word').join(' ');
    const parts = [{ opening: '', source: text, closing: '', text }];
    return { parts, calls: [], files: [], ...(isOver && { outcome: { status: 'completed' } }) };
  };
  const write = async (reply: Reply) => {
    for (let n = 1; n <= 6; n++)
      for (let call = reply.next(view(n, n === 6)); call; call = reply.next(view(n, n === 6))) {
        const claim = { urgency: () => 1, room: 'all' as const };
        await call.budget.take(claim, new AbortController().signal);
        const refused = await call.send().then(
          () => undefined,
          (error: { retryAfterMs?: number }) => error.retryAfterMs,
        );
        if (refused !== undefined) call.budget.refused(refused);
      }
    reply.close?.();
  };
  const replies = Array.from({ length: 3 }, (_, n) => {
    const asked = sim.user('ann').says('general', `question ${n}`);
    const author = { id: sim.user('ann').user.id, name: 'ann' };
    const replyTo = inPlace(asked.channel.id, asked.id);
    const question = { id: asked.id, conversation: `discord:${asked.id}`, author, text: 'go', replyTo };
    return openDiscord(sim, { share }).reply([question]);
  });
  await Promise.all(replies.map(write));
  const shown = sim.messages('general').filter(({ author }) => author === 'Bobbin');
  expect(shown.map(({ content }) => content.split(' ').length)).toEqual([6, 6, 6]);
  // At first none of them knows of the others.
  expect(sim.calls.limited()).toBeLessThan(3 * replies.length);
});
