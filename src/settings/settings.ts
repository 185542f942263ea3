import { Problem } from '../problem.ts';
import { type AssistantFile, readAssistantFile } from './assistant-file.ts';
import type { Checked } from './checked.ts';
import { assistantSource, type Config, readConfig } from './config.ts';
import { withProxyVariables } from './proxy.ts';

/** Everything that the people who run Bobbin have set. */
export interface Settings extends Config {
  readonly assistant: AssistantFile;
  /** `MODEL`: the model for every name that the provider does not offer. */
  readonly standIn?: string;
}

/** Reads the environment and the file of the assistant, and gives every mistake of both. */
export async function checkSettings(env: NodeJS.ProcessEnv): Promise<Checked<Settings>> {
  const config = readConfig(withProxyVariables(env));
  const { path, model } = assistantSource(env);
  const assistant = await readAssistantFile(path, model, env);
  if (config.mistakes || assistant.mistakes)
    return { mistakes: [...(config.mistakes ?? []), ...(assistant.mistakes ?? [])] };
  const standIn = model !== undefined && { standIn: model };
  return { value: { ...config.value, assistant: assistant.value, ...standIn } };
}

/** The same. Throws one `Problem` that lists every mistake. */
export async function readSettings(env: NodeJS.ProcessEnv): Promise<Settings> {
  const { value, mistakes } = await checkSettings(env);
  if (mistakes) throw new Problem(['Bobbin cannot start. Put this right:', ...mistakes].join('\n- '));
  return value;
}
