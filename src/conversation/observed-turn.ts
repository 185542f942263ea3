import type { TurnObserver } from '../operations/metrics/observer.ts';
import type { Call, IncomingMessage, Reply } from '../platform.ts';
import type { View } from '../view.ts';
import type { TurnPlatform } from './turn/turn-parts.ts';
import type { TurnTask } from './turns.ts';

/** So many messages that wait are known; those that another process answers are never asked for. */
const MAX_WAITING = 10_000;

/** Takes a turn on a platform; says whether it is over, or left to another process. */
export type TakeTurn = (task: TurnTask, platform: TurnPlatform) => Promise<'over' | 'left'>;

/** Tells an observer of the turns that are taken here: how long people wait for each, and what becomes of it. */
export class TurnWatch {
  readonly #observer: TurnObserver;
  /** When messages came, by conversation and id, on the clock of `performance`. */
  readonly #waiting = new Map<string, number>();

  constructor(observer: TurnObserver) {
    this.#observer = observer;
  }

  /** A message came to this process, which may answer it or not. */
  arrived(message: IncomingMessage): void {
    this.#waiting.set(keyOf(message), performance.now());
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > MAX_WAITING && oldest !== undefined) this.#waiting.delete(oldest);
  }

  async take(takeTurn: TakeTurn, task: TurnTask, platform: TurnPlatform): Promise<'over' | 'left'> {
    const { name } = platform;
    const came = this.#cameAt(task.messages);
    this.#observer.turnStarted(name, came === undefined ? undefined : secondsSince(came));
    if (task.begun) this.#observer.turnContinued(name);
    const shown = () => {
      if (came !== undefined) this.#observer.textShown(name, secondsSince(came));
    };
    const end = await takeTurn(task, watched(platform, shown));
    if (end === 'left') this.#observer.turnHandedOver(name);
    return end;
  }

  /** When the first of them came; undefined when that was in another process. */
  #cameAt(messages: readonly IncomingMessage[]): number | undefined {
    const [first] = messages;
    const came = first && this.#waiting.get(keyOf(first));
    for (const message of messages) this.#waiting.delete(keyOf(message));
    return came;
  }
}

/** The platform, of whose replies the first call that shows a text is told. */
function watched(platform: TurnPlatform, onText: () => void): TurnPlatform {
  const reply: TurnPlatform['reply'] = (messages, begun) =>
    watchedReply(platform.reply(messages, begun), onText);
  return new Proxy(platform, {
    get(target, name) {
      if (name === 'reply') return reply;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function watchedReply(reply: Reply, onText: () => void): Reply {
  let isShown = false;
  const next = (view: View): Call | undefined => {
    const call = reply.next(view);
    if (!call || isShown || !view.parts.some(({ text }) => text !== '')) return call;
    const send = async () => {
      await call.send();
      if (!isShown) onText();
      isShown = true;
    };
    return { ...call, send };
  };
  return new Proxy(reply, {
    get(target, name) {
      if (name === 'next') return next;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function keyOf({ conversation, id }: IncomingMessage): string {
  return `${conversation} ${id}`;
}

function secondsSince(time: number): number {
  return (performance.now() - time) / 1_000;
}
