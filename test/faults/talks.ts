import { type Asked, apologiesIn, type Delivery, isAnswered, type SeenConversation } from './audit.ts';
import { askingFor, type Question, wordsIn } from './questions.ts';
import { Random } from './random.ts';
import type { PlatformName, Way } from './schedule.ts';
import type { Stage } from './stages/stage.ts';

/** Nobody asks more before the bot has answered some of it. */
const MOST_OPEN = 2;
/** People go on with a conversation of late, not with one of long ago. */
const RECENT = 30;

const AT_ONCE: Delivery = { sent: 0, arrived: 0 };

interface Talk {
  readonly stage: Stage;
  readonly name: string;
  /** The questions that are not answered. */
  readonly open: Map<number, Question>;
}

/** What people ask, and where; whom they ask in which conversation is left to chance. */
export class Talks {
  readonly #stages: ReadonlyMap<PlatformName, Stage>;
  /** Whether the model was made to fail for good when it was asked this. */
  readonly #isExcused: (question: number) => boolean;
  readonly #talks = new Map<string, Talk>();
  readonly #asked: { question: Question; talk: Talk }[] = [];

  constructor(stages: readonly Stage[], isExcused: (question: number) => boolean) {
    this.#stages = new Map(stages.map((stage) => [stage.platform, stage]));
    this.#isExcused = isExcused;
  }

  /** Somebody asks; in which conversation, is told. Where the way is not open they mention the bot in a channel. */
  ask(question: Question, platform: PlatformName, way: Way, seed: number): string | undefined {
    const random = new Random(seed);
    const stage = this.#stages.get(platform);
    if (!stage) return undefined;
    const text = askingFor(question);
    const name = this.#put(stage, way, text, random);
    const talk = this.#talks.get(name) ?? { stage, name, open: new Map() };
    talk.open.set(question.number, question);
    this.#talks.set(name, talk);
    this.#asked.push({ question, talk });
    return name;
  }

  /** Something that people see has changed there; the questions are told that are answered now. */
  changed(name: string): number[] {
    const talk = this.#talks.get(name);
    if (!talk || talk.open.size === 0) return [];
    const seen = talk.stage.seen(name);
    const hasApology = apologiesIn(seen).length > 0;
    const isOver = (question: Question) =>
      isAnswered(seen, question) || (hasApology && this.#isExcused(question.number));
    const over = [...talk.open.values()].filter(isOver).map(({ number }) => number);
    for (const number of over) talk.open.delete(number);
    return over;
  }

  /** The conversations in which something of the answers to these stands already. */
  begun(questions: readonly number[]): string[] {
    return questions.flatMap((number) => {
      const talk = this.#asked.find(({ question }) => question.number === number)?.talk;
      if (!talk) return [];
      const words = wordsIn(talk.stage.seen(talk.name).messages.join('\n'));
      return words.some(({ question }) => question === number) ? [talk.name] : [];
    });
  }

  get asked(): Asked[] {
    const deliveries = new Map([...this.#stages.values()].map((stage) => [stage, stage.deliveries()]));
    return this.#asked.map(({ question, talk }) => ({
      question,
      conversation: talk.name,
      delivery: deliveries.get(talk.stage)?.(question.number) ?? AT_ONCE,
    }));
  }

  /** All that people see. */
  seen(): SeenConversation[] {
    const names = new Set(this.#talks.keys());
    return [
      ...[...this.#talks.values()].map(({ stage, name }) => stage.seen(name)),
      ...[...this.#stages.values()].map((stage) => stage.elsewhere(names)),
    ];
  }

  #put(stage: Stage, way: Way, text: string, random: Random): string {
    const known = way === 'follow-up' || way === 'interruption' ? this.#known(stage, way, random) : undefined;
    if (known) stage.follow(known.name, text);
    const isFree = (name: string) => (this.#talks.get(name)?.open.size ?? 0) < MOST_OPEN;
    const direct = way === 'direct' ? stage.askDirectly(text, random, isFree) : undefined;
    return known?.name ?? direct ?? stage.ask(text, random);
  }

  #known(stage: Stage, way: Way, random: Random): Talk | undefined {
    const possible = [...this.#talks.values()]
      .slice(-RECENT)
      .filter((talk) => talk.stage === stage && talk.open.size < MOST_OPEN && stage.canFollow(talk.name));
    const isBusy = way === 'interruption';
    const fitting = possible.filter(({ open }) => open.size > 0 === isBusy);
    const choices = fitting.length > 0 ? fitting : possible;
    return choices.length === 0 ? undefined : random.pick(choices);
  }
}
