import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Violation } from './audit.ts';
import { Deployment, type Setup } from './deployment.ts';
import { MODEL_FAULTS } from './model.ts';
import { type Figures, Play } from './play.ts';
import { type Event, rollingRestart, type Situation, schedule } from './schedule.ts';
import { DISCORD_FAULTS } from './stages/discord.ts';
import { SLACK_FAULTS } from './stages/slack.ts';
import { weights } from './stages/stage.ts';

export interface Options extends Setup {
  readonly seed: number;
  readonly faults: number;
  /** Instead of faults one restart of each process, one after the other. */
  readonly isRolling: boolean;
}

export interface Result extends Figures {
  readonly violations: readonly Violation[];
  /** How often a process ended by itself. */
  readonly exits: number;
  /** What happened, each with its time. */
  readonly log: readonly string[];
  /** What Bobbin kept and logged; it is there only if something is wrong. */
  readonly folder: string;
}

/** From one restart to the next of a rolling one. */
const ROLL_EVERY_MS = 10_000;

/** Starts everything, lets things go wrong as the seed has it, waits until all is at rest, and audits what people see. */
export async function run(options: Options): Promise<Result> {
  const log: string[] = [];
  const began = Date.now();
  const note = (what: string) => {
    log.push(`${((Date.now() - began) / 1_000).toFixed(3).padStart(9)} s  ${what}`);
  };
  const deployment = await Deployment.open(options, note);
  let isClean = false;
  try {
    await deployment.start();
    const play = new Play(deployment, note);
    await play.perform(planFor(options));
    await play.calmDown();
    const atRest = play.audit();
    const left = await deployment.end();
    // What ends the processes must not undo anything.
    const violations = [...(atRest.length > 0 ? atRest : play.audit()), ...left];
    isClean = violations.length === 0;
    writeFileSync(join(deployment.folder, 'what-happened.log'), `${log.join('\n')}\n`);
    writeFileSync(join(deployment.folder, 'what-people-see.json'), JSON.stringify(play.seen(), undefined, 2));
    const exits = deployment.replicas.reduce((sum, replica) => sum + replica.exits, 0);
    return { ...play.figures(), violations, exits, log, folder: deployment.folder };
  } finally {
    await deployment.close(!isClean);
  }
}

function planFor({ seed, faults, platforms, replicas, pace, store, isRolling }: Options): Event[] {
  const situation: Situation = {
    ...{ seed, faults, platforms, replicas, pace },
    hasDatabase: store === 'postgres',
    modelFaults: MODEL_FAULTS,
    platformFaults: { slack: weights(SLACK_FAULTS), discord: weights(DISCORD_FAULTS) },
  };
  return isRolling ? rollingRestart(situation, ROLL_EVERY_MS) : schedule(situation);
}
