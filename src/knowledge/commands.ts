import { Problem } from '../problem.ts';
import type { Knowledge } from './knowledge.ts';
import { printedEvaluation } from './reports/evaluation.ts';
import { printedGaps } from './reports/gaps.ts';
import { printedHits } from './reports/hits.ts';
import { printedStatus } from './reports/status.ts';
import { printedSync } from './reports/sync-report.ts';
import type { SyncOptions } from './sync/sync.ts';

/** What can be done with the team's knowledge. */
export type KnowledgeCommand =
  | { what: 'sync'; isDry: boolean }
  | { what: 'status' | 'gaps' }
  | { what: 'search'; query: string }
  | { what: 'eval'; file: string };

/** What is printed, and whether all is well. */
export interface Told {
  text: string;
  isWell: boolean;
}

/** So many passages `knowledge search` prints. */
const MOST_HITS = 10;

/** Does it, and says what there is to print. Throws a `Problem` where it can't be done. */
export async function carryOut(
  one: Knowledge | undefined,
  command: KnowledgeCommand,
  options: SyncOptions,
): Promise<Told> {
  if (!one || (command.what !== 'gaps' && !(await one.isUsed())))
    throw new Problem(
      'assistant.md names no knowledge: add "knowledge:" with files, folders or globs to its fields.',
    );
  switch (command.what) {
    case 'sync': {
      const report = await one.sync.run({ ...options, isDry: command.isDry });
      return { text: printedSync(report), isWell: report.interrupted === undefined };
    }
    case 'status':
      return well(printedStatus(await one.sync.compare(), await one.sync.last()));
    case 'search':
      return well(printedHits(command.query, await one.search(command.query, MOST_HITS)));
    case 'gaps':
      return well(printedGaps(await one.gaps.all()));
    case 'eval': {
      const evaluation = await one.evaluate(command.file);
      return { text: printedEvaluation(evaluation), isWell: !evaluation.isWorse };
    }
  }
}

function well(text: string): Told {
  return { text, isWell: true };
}
