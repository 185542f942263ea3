import type { App, BlockAction, types, webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Logger } from '../../../src/log.ts';
import type { Bot, Word } from '../../../src/platform.ts';
import type { Identity } from '../identity.ts';
import { conversationOf } from '../place.ts';
import { DECISIONS, REASON_FORM } from '../surface.ts';
import { placeOfClick } from './events.ts';
import type { People } from './people.ts';

/** As much as people read of a reason, and Slack takes 3,000: https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element */
const LONGEST_REASON = 500;

const FIELD = 'reason';

/** Where the form was opened, as it carries it itself. */
const origin = z.object({ channel: z.string(), thread: z.string(), approval: z.string() });

type Origin = z.infer<typeof origin>;

const submitted = z.object({
  values: z.object({ [FIELD]: z.object({ [FIELD]: z.object({ value: z.string().nullish() }) }) }),
});

export interface DecisionsOptions {
  bot: Bot;
  identity: Identity;
  client: webApi.WebClient;
  people: People;
  log: Logger;
}

/** What people say to calls that need somebody's word; what does not count is told to those alone who said it. */
export class Decisions {
  readonly #options: DecisionsOptions;

  constructor(options: DecisionsOptions) {
    this.#options = options;
  }

  listen(app: App): void {
    app.action<BlockAction>(beginningWith(DECISIONS.approve), async ({ ack, body, action }) => {
      await ack();
      await this.#decide(this.#originOf(body, action), body.user.id, { isApproved: true });
    });
    app.action<BlockAction>(beginningWith(DECISIONS.refuse), async ({ ack, body, action }) => {
      await ack();
      await this.#refuse(this.#originOf(body, action), body.user.id, body.trigger_id);
    });
    app.view(REASON_FORM, async ({ ack, body, view }) => {
      await ack();
      const from = origin.parse(JSON.parse(view.private_metadata));
      const { value } = submitted.parse(view.state).values[FIELD][FIELD];
      await this.#decide(from, body.user.id, { isApproved: false, reason: value ?? undefined });
    });
  }

  #originOf(body: BlockAction, action: object): Origin {
    const { channel, thread } = placeOfClick(body, this.#options.identity.team);
    return { channel, thread, approval: String(Object(action).value) };
  }

  /** Asks why, of those whose word counts. A form that can't be opened is no reason to keep a call waiting. */
  async #refuse(from: Origin, user: string, trigger_id: string): Promise<void> {
    const { bot, client, log } = this.#options;
    const objection = await bot.objection(await this.#wordOf(from, user));
    if (objection !== undefined) return this.#whisper(from, user, objection);
    try {
      await client.views.open({ trigger_id, view: formOf(from) });
    } catch (err) {
      log.info({ err }, 'Slack did not open a form, so a call is refused without a reason');
      await this.#decide(from, user, { isApproved: false });
    }
  }

  async #decide(from: Origin, user: string, said: Pick<Word, 'isApproved' | 'reason'>): Promise<void> {
    const objection = await this.#options.bot.decide({ ...(await this.#wordOf(from, user)), ...said });
    if (objection !== undefined) await this.#whisper(from, user, objection);
  }

  async #wordOf(from: Origin, user: string): Promise<Omit<Word, 'isApproved'>> {
    const { name = user } = await this.#options.people.find(user);
    return { conversation: conversationOf(from), approval: from.approval, person: { id: user, name } };
  }

  /** Replies stand in threads, and what one person sees there must say so. */
  async #whisper({ channel, thread }: Origin, user: string, text: string): Promise<void> {
    await this.#options.client.chat.postEphemeral({ channel, user, thread_ts: thread, text });
  }
}

function beginningWith(prefix: string): RegExp {
  return new RegExp(`^${prefix}`);
}

/** https://docs.slack.dev/reference/views/modal-views */
function formOf(from: Origin): types.ModalView {
  const element = {
    type: 'plain_text_input' as const,
    action_id: FIELD,
    multiline: true,
    max_length: LONGEST_REASON,
  };
  return {
    type: 'modal',
    callback_id: REASON_FORM,
    private_metadata: JSON.stringify(from),
    title: plain('Refuse'),
    submit: plain('Refuse'),
    close: plain('Back'),
    blocks: [
      {
        type: 'input',
        block_id: FIELD,
        optional: true,
        label: plain('Why? The assistant reads this.'),
        element,
      },
    ],
  };
}

function plain(text: string): types.PlainTextElement {
  return { type: 'plain_text', text };
}
