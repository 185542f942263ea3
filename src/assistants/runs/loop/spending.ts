import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { Run } from '../../state.ts';
import type { Ending } from '../ending.ts';
import type { KeptStep } from '../kept-step.ts';
import { sum, usageOf } from './usage.ts';

/** What a run's answers took so far, and may still take. */
export class Spending {
  /** How many answers the model was asked for. */
  answers = 0;
  /** As far as the provider tells. */
  usage: RunStep.Usage | null = null;
  /** Like the usage, and estimated where the provider does not tell. */
  spent = usageOf(0, 0);

  /** What a run took whose steps these are. */
  restore(steps: readonly KeptStep[]): void {
    const answers = steps.flatMap(({ answer }) => answer ?? []);
    this.answers = answers.length;
    this.usage = sum(...steps.map(({ answer, usage }) => answer?.usage ?? usage));
    this.spent = answers.at(-1)?.spent ?? this.spent;
  }

  count(usage: RunStep.Usage | null, estimate: () => RunStep.Usage): void {
    this.usage = sum(this.usage, usage);
    this.spent = sum(this.spent, usage ?? estimate()) ?? this.spent;
  }

  limitReached({ max_completion_tokens: completion, max_prompt_tokens: prompt }: Run): Ending | undefined {
    if (completion !== null && this.spent.completion_tokens >= completion) {
      return { status: 'incomplete', reason: 'max_completion_tokens' };
    }
    if (prompt !== null && this.spent.prompt_tokens >= prompt) {
      return { status: 'incomplete', reason: 'max_prompt_tokens' };
    }
    return undefined;
  }
}
