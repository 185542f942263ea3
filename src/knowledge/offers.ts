import type { Keyv } from 'keyv';
import type { AssistantTool } from 'openai/resources/beta/assistants';
import { SEARCHED } from '../conversation/namespaces.ts';
import type { Logger } from '../log.ts';
import type { IncomingMessage, Platform, Readers } from '../platform.ts';
import { Problem } from '../problem.ts';
import type { Store } from '../store/store.ts';
import { type Audience, maySee } from './audience.ts';
import type { KnowledgeStores } from './sync/stores.ts';

/** What a turn may search. */
export interface Offer {
  /** For its run, instead of the assistant's tools; left out where those are right. */
  tools?: AssistantTool[];
  /** What was said in the conversation rested on documents that not all may see who can read it now: it is forgotten. */
  hasForgotten: boolean;
}

const NOT_KNOWN =
  'Who can read this conversation could not be found out at the moment, and what was found in it is not for everybody. Ask again in a moment.';

/**
 * Lets each conversation search what everyone who can read it may see. What is for some people only is in vector stores of
 * its own, and a run is given those of them that its conversation may see now: no question, model or earlier answer gets at
 * another one. For which audiences a conversation has searched is remembered. When one of them may no longer be seen there,
 * because others can read it by now, the conversation has to begin anew.
 */
export class Offers {
  readonly #stores: KnowledgeStores;
  readonly #tools: readonly AssistantTool[];
  readonly #searched: Keyv<Audience[]>;
  readonly #log: Logger;

  constructor(
    stores: KnowledgeStores,
    tools: readonly AssistantTool[],
    store: Pick<Store, 'keyv'>,
    log: Logger,
  ) {
    this.#stores = stores;
    this.#tools = tools;
    this.#searched = store.keyv(SEARCHED);
    this.#log = log;
  }

  /**
   * What the turn of a message may search; all that was said in its conversation is forgotten first, where it must be.
   * Throws a `Problem` where the conversation can neither go on nor be forgotten, and what `forget` does.
   */
  async for(
    message: IncomingMessage,
    platform: Pick<Platform, 'readers'>,
    forget: () => Promise<unknown>,
  ): Promise<Offer> {
    const { conversation } = message;
    const closed = (await this.#stores.all()).filter(({ audience }) => audience.length > 0);
    const searched = (await this.#searched.get(conversation)) ?? [];
    if (closed.length === 0 && searched.length === 0) return { hasForgotten: false };
    const named = new Set([...closed.map(({ audience }) => audience), ...searched].flat(2));
    const readers = await this.#readers(message, platform, [...named]);
    const mustForget = searched.some((audience) => !maySee(audience, readers));
    if (mustForget && readers === undefined) throw new Problem(NOT_KNOWN);
    // Before it is noted: whoever is interrupted in between forgets once more.
    if (mustForget) await forget();
    const open = closed.filter(({ audience }) => maySee(audience, readers));
    await this.#remember(
      conversation,
      mustForget ? [] : searched,
      open.map(({ audience }) => audience),
    );
    return {
      hasForgotten: mustForget,
      ...(open.length > 0 && { tools: this.#with(open.map(({ id }) => id)) }),
    };
  }

  async #readers(
    message: IncomingMessage,
    platform: Pick<Platform, 'readers'>,
    named: readonly string[],
  ): Promise<Readers | undefined> {
    return platform.readers?.(message, named).catch((err: unknown) => {
      const { conversation } = message;
      this.#log.warn(
        { err, conversation },
        'who reads a conversation is not known: it searches what is for everybody',
      );
      return undefined;
    });
  }

  /** Before the run: what it may find counts, whatever it finds. */
  async #remember(
    conversation: string,
    before: readonly Audience[],
    more: readonly Audience[],
  ): Promise<void> {
    const all = new Map([...before, ...more].map((audience) => [JSON.stringify(audience), audience]));
    if (all.size > 0) await this.#searched.set(conversation, [...all.values()]);
    else await this.#searched.delete(conversation);
  }

  /** The stores of a run are given as the Responses API gives them, which has them in the tool. */
  #with(vectorStoreIds: readonly string[]): AssistantTool[] {
    return this.#tools.map((tool) =>
      tool.type === 'file_search'
        ? { ...tool, file_search: { ...tool.file_search, vector_store_ids: vectorStoreIds } }
        : tool,
    );
  }
}
