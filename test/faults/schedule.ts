import type { Question } from './questions.ts';
import { Random } from './random.ts';

export type PlatformName = 'slack' | 'discord';

/** How somebody asks: in a new thread, directly, in a thread that is at rest if possible, or while a reply is written. */
export type Way = 'mention' | 'direct' | 'follow-up' | 'interruption';

/** What happens to one process. `downMs` passes before it is started again, goes on, or is killed at last. */
export type ProcessFault = 'kill -9' | 'SIGTERM' | 'SIGTERM cut short by kill -9' | 'freeze';
export type DatabaseFault = 'database restart' | 'database full';

/** Something that happens so many milliseconds after the beginning. */
export type Event = { readonly at: number } & (
  | { readonly type: 'ask'; readonly question: Question; readonly platform: PlatformName; readonly way: Way }
  | {
      readonly type: 'process';
      readonly fault: ProcessFault;
      readonly replica: number;
      readonly downMs: number;
    }
  | { readonly type: 'database'; readonly fault: DatabaseFault; readonly downMs: number }
  | { readonly type: 'model'; readonly fault: string }
  | { readonly type: 'platform'; readonly fault: string; readonly platform: PlatformName }
) & {
    /** Decides what the event leaves open, such as which conversation it strikes. */
    readonly seed: number;
  };

export interface Situation {
  readonly seed: number;
  readonly faults: number;
  readonly platforms: readonly PlatformName[];
  readonly replicas: number;
  readonly hasDatabase: boolean;
  /** Faults of the model and of each platform, with how often they come beside each other. */
  readonly modelFaults: readonly Weighted[];
  readonly platformFaults: Readonly<Record<PlatformName, readonly Weighted[]>>;
  /** 1 is the density that is described at `schedule`; a smaller one lets less time pass. */
  readonly pace: number;
}

export type Weighted = readonly [weight: number, name: string];

/** Between two questions, and between two faults, in milliseconds. */
const QUESTION_GAP = { from: 600, to: 2_400 };
const FAULT_GAP = { from: 300, to: 2_300 };
/** From the moment in which a process is up again to the next process that is struck. */
const GAP = { from: 1_000, to: 5_000 };
/** Now and then there is time for a long answer. */
const LONG_GAP = { from: 5_000, to: 15_000 };
const LONG_GAPS = 0.2;
const SHORT_DOWN = { from: 0, to: 1_500 };
const LONG_DOWN = { from: 1_500, to: 6_000 };
const LONG_DOWNS = 0.2;
/** How long a process stands still, or has to end. */
const MOMENT = { from: 50, to: 3_000 };
const DATABASE_DOWN = { from: 100, to: 2_500 };
/** People ask before anything goes wrong. */
const HEAD_START_MS = 3_000;
const FIRST_GAP_MS = 400;
/**
 * So many people write to the bot directly, first of all: a direct message of somebody that it does not know yet is lost
 * while it is not connected, since Discord lists no such channels to bots.
 */
export const DIRECT_PEOPLE = 4;

/** Words of an answer: a few, a paragraph, a message, several of Discord's messages. */
const LENGTHS: readonly (readonly [weight: number, range: Range])[] = [
  [3, { from: 3, to: 20 }],
  [4, { from: 20, to: 120 }],
  [2, { from: 120, to: 250 }],
  [1, { from: 250, to: 600 }],
];
/** How long the model takes to write it, in milliseconds. */
const WRITING = { from: 300, to: 6_000 };
/** Timers are not more exact. */
const LEAST_EVERY_MS = 8;
const WITH_CODE = 0.12;

interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * A plan of questions and faults, the same for the same seed. Its density is what a team's deployment could meet in its
 * worst hour, in a few minutes: somebody asks every one to two seconds; something breaks as often; one process or the
 * database is struck at a time, and the next one follows 1 to 15 s after that one was started again, so that most
 * answers, which take 0.3 to 6 s, are struck once or twice and some more often, but each has a time to be finished in.
 */
export function schedule(situation: Situation): Event[] {
  const { faults, pace } = situation;
  const random = new Random(situation.seed);
  const events: Event[] = [];
  let strikes: number = HEAD_START_MS * pace;
  let quietUntil = strikes;
  for (let count = 0; count < faults; count++) {
    const isDue = strikes >= quietUntil;
    const event = fault(situation, random, strikes, isDue);
    if (event.type === 'process' || event.type === 'database') {
      const gap = milliseconds(random, random.chance(LONG_GAPS) ? LONG_GAP : GAP);
      quietUntil = strikes + event.downMs + gap * pace;
    }
    events.push(event);
    strikes += milliseconds(random, FAULT_GAP) * pace;
  }
  return inOrder([...events, ...questions(situation, random, strikes)]);
}

/**
 * A rolling restart of all processes, one after the other, while people ask as often as in `schedule`.
 * @param everyMs From one restart to the next: a process has started again by then.
 */
export function rollingRestart(situation: Situation, everyMs: number): Event[] {
  const random = new Random(situation.seed);
  const restarts = Array.from({ length: situation.replicas }, (_, replica): Event => {
    const at = everyMs * (replica + 1);
    return { at, type: 'process', fault: 'SIGTERM', replica, downMs: 0, seed: random.integer(0, 1e9) };
  });
  return inOrder([...restarts, ...questions(situation, random, everyMs * (situation.replicas + 2))]);
}

function inOrder(events: Event[]): Event[] {
  return events.toSorted((one, other) => one.at - other.at);
}

function fault(situation: Situation, random: Random, at: number, isDue: boolean): Event {
  const { platforms, replicas, hasDatabase, modelFaults, platformFaults } = situation;
  const seed = random.integer(0, 1e9);
  const type = random.weighted([
    [isDue ? 12 : 0, 'process' as const],
    [isDue && hasDatabase ? 3 : 0, 'database' as const],
    [1, 'model' as const],
    [3, 'platform' as const],
  ]);
  switch (type) {
    case 'process': {
      const name = random.weighted<ProcessFault>([
        [6, 'kill -9'],
        [3, 'SIGTERM'],
        [1, 'SIGTERM cut short by kill -9'],
        [1, 'freeze'],
      ]);
      const isDown = name === 'kill -9' || name === 'SIGTERM';
      const down = random.chance(LONG_DOWNS) ? LONG_DOWN : SHORT_DOWN;
      const downMs = milliseconds(random, isDown ? down : MOMENT);
      return { at, type, fault: name, replica: random.integer(0, replicas - 1), downMs, seed };
    }
    case 'database': {
      const name = random.pick<DatabaseFault>(['database restart', 'database full']);
      return { at, type, fault: name, downMs: milliseconds(random, DATABASE_DOWN), seed };
    }
    case 'model':
      return { at, type, fault: random.weighted(modelFaults), seed };
    case 'platform': {
      const platform = random.pick(platforms);
      return { at, type, platform, fault: random.weighted(platformFaults[platform]), seed };
    }
  }
}

function questions({ platforms, pace }: Situation, random: Random, until: number): Event[] {
  const events: Event[] = [];
  const ask = (at: number, platform: PlatformName, way: Way) => {
    const question = newQuestion(random, events.length + 1, pace);
    events.push({ at, type: 'ask', question, platform, way, seed: random.integer(0, 1e9) });
  };
  for (let person = 0; person < DIRECT_PEOPLE; person++)
    for (const platform of platforms) ask(person * FIRST_GAP_MS * pace, platform, 'direct');
  for (
    let at = DIRECT_PEOPLE * FIRST_GAP_MS * pace;
    at < until;
    at += milliseconds(random, QUESTION_GAP) * pace
  ) {
    const way = random.weighted<Way>([
      [4, 'mention'],
      [1, 'direct'],
      [3, 'follow-up'],
      [3, 'interruption'],
    ]);
    ask(at, random.pick(platforms), way);
  }
  return events;
}

function newQuestion(random: Random, number: number, pace: number): Question {
  const words = milliseconds(random, random.weighted(LENGTHS));
  const writing = milliseconds(random, WRITING) * pace;
  const atOnce = Math.max(1, Math.ceil((words * LEAST_EVERY_MS) / writing));
  const everyMs = Math.max(LEAST_EVERY_MS, Math.round((writing * atOnce) / words));
  return {
    number,
    words,
    ...(random.chance(WITH_CODE) && { codeAfter: random.integer(1, words - 1) }),
    pace: { words: atOnce, everyMs: Math.min(everyMs, writing) },
  };
}

function milliseconds(random: Random, { from, to }: Range): number {
  return random.integer(from, to);
}
