import type { AssistantFile } from './assistant-file.ts';
import type { Config } from './config.ts';

type Where = Pick<Config, 'model' | 'assistants'>;

/**
 * A model that is reached by Chat Completions can't run code itself, whatever its provider. Who has no provider at all tries
 * the offline demo, which is no mistake.
 */
export function mistakesInHostedCode(
  { model, assistants }: Where,
  { hostedCode }: AssistantFile,
  path: string,
): string[] {
  if (!hostedCode || model.api !== 'chat' || assistants.baseURL !== undefined) return [];
  return [
    `${path}: code_interpreter is hosted, which only the Responses API has, and ${model.baseURL} is asked by Chat Completions: set MODEL_API=responses if it has both, or leave code_interpreter out to run code in Bobbin's own Python.`,
  ];
}

/** Why code that is to be hosted runs elsewhere; undefined where nothing stands against it. */
export function notHosted({ model, assistants }: Where): string | undefined {
  if (assistants.baseURL !== undefined)
    return 'code_interpreter: hosted in assistant.md is not used, because the server at ASSISTANTS_BASE_URL runs the code.';
  if (model.api === 'responses') return undefined;
  return "code_interpreter: hosted in assistant.md is not used, because no provider is set: Bobbin's own Python runs the code.";
}
