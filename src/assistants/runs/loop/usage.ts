import type { RunStep } from 'openai/resources/beta/threads/runs/steps';

export function usageOf(promptTokens: number, completionTokens: number): RunStep.Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** Of several answers, of which some providers do not tell; null when none does. */
export function sum(...usages: (RunStep.Usage | null)[]): RunStep.Usage | null {
  const told = usages.filter((usage) => usage !== null);
  if (told.length === 0) return null;
  const total = (key: 'prompt_tokens' | 'completion_tokens') =>
    told.reduce((all, usage) => all + usage[key], 0);
  return usageOf(total('prompt_tokens'), total('completion_tokens'));
}
