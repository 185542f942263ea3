import type { types, webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Logger } from '../../../src/log.ts';
import { type Budgets, takeSoon } from '../budgets.ts';
import { conversationOf, type Place } from '../place.ts';
import { endingBlocks } from '../reply/content/blocks.ts';
import { ACTIONS, DECISIONS } from '../surface.ts';
import { contentFields, wordsOf } from './content.ts';

/** What a reply says that was left half-written, and that nobody goes on with. */
const BROKEN_OFF = 'This answer broke off. Ask again, or press Regenerate.';

const standing = z.object({ ts: z.string(), text: contentFields.text, blocks: contentFields.blocks });

type Standing = z.infer<typeof standing>;

export interface DeadRepliesOptions {
  client: webApi.WebClient;
  budgets: Budgets;
  log: Logger;
}

/**
 * Replies that nobody goes on with and whose Stop button stops nothing: they were given up while Slack took no calls, or
 * nothing was kept of them.
 */
export class DeadReplies {
  readonly #options: DeadRepliesOptions;

  constructor(options: DeadRepliesOptions) {
    this.#options = options;
  }

  /**
   * Ends the message as a reply that broke off, if it has a Stop button as it stands now; what was seen when it was
   * pressed may be old. Says whether it did. Never rejects.
   */
  async endIfStoppable(place: Place): Promise<boolean> {
    return this.#end(place, ({ blocks }) => blocks.some(isStop));
  }

  /** The same for a stream, which has no button of its own. */
  async endStream(place: Pick<Place, 'channel' | 'thread' | 'ts'>): Promise<boolean> {
    return this.#end(place, () => true);
  }

  async #end(
    { channel, thread, ts }: Pick<Place, 'channel' | 'thread' | 'ts'>,
    isDead: (message: Standing) => boolean,
  ): Promise<boolean> {
    const { client, budgets, log } = this.#options;
    try {
      const message = await this.#read(channel, thread, ts);
      if (!message || !isDead(message) || !(await takeSoon(budgets.update))) return false;
      const kept = message.blocks.filter((block) => !isOfRunning(block)) as types.AnyBlock[];
      const ending = endingBlocks({ status: 'failed', error: BROKEN_OFF }, false);
      await client.chat.update({
        channel,
        ts,
        text: wordsOf(message) || BROKEN_OFF,
        blocks: [...kept, ...ending],
      });
      return true;
    } catch (error) {
      log.info(
        { err: error, conversation: conversationOf({ channel, thread }) },
        'a dead reply stays as it is',
      );
      return false;
    }
  }

  async #read(channel: string, thread: string, ts: string): Promise<Standing | undefined> {
    const { client, budgets } = this.#options;
    if (!(await takeSoon(budgets.replies))) return undefined;
    const only = { oldest: ts, latest: ts, inclusive: true };
    const { messages = [] } = await client.conversations.replies({ channel, ts: thread, ...only });
    return messages.flatMap((message) => standing.safeParse(message).data ?? []).find((one) => one.ts === ts);
  }
}

const actions = z.object({
  type: z.literal('actions'),
  elements: z.array(z.object({ action_id: z.string().optional() })),
});

function isStop(block: unknown): boolean {
  return actionsIn(block).includes(ACTIONS.stop);
}

/** Whether it stands only under replies that are not over. */
function isOfRunning(block: unknown): boolean {
  const { approve, refuse } = DECISIONS;
  return actionsIn(block).some(
    (id) => id === ACTIONS.stop || id.startsWith(approve) || id.startsWith(refuse),
  );
}

function actionsIn(block: unknown): string[] {
  const elements = actions.safeParse(block).data?.elements ?? [];
  return elements.flatMap(({ action_id }) => action_id ?? []);
}
