import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { ModelFunction, ModelRequest } from '../../models/model.ts';

/** The function by which a model reaches the code interpreter. */
export const CODE_INTERPRETER = 'code_interpreter';

/** What models call it that were trained with one of their own. */
const PYTHON = new Set(['python', 'ipython', 'pythoninterpreter', 'codeinterpreter', 'codeexecution']);

/**
 * The run's tool that a model means by `name`, or `name` where there is none. Servers leave in a name what the model's
 * own format put around it: `functions.lookup`, `functions.lookup:0`, `lookup<|channel|>commentary`.
 */
export function toolNamed(name: string, tools: Run['tools']): string {
  const names = tools.flatMap((tool) => {
    if (tool.type === 'function') return [tool.function.name];
    return tool.type === 'code_interpreter' ? [CODE_INTERPRETER] : [];
  });
  const meant = name
    .replace(/^.*\bto=/s, '')
    .replace(/\s*<\|.*$/s, '')
    .trim();
  for (const form of [name, meant, meant.replace(/:\d+$/, ''), lastPart(meant)]) {
    const found = names.find((each) => each === form) ?? names.find((each) => plain(each) === plain(form));
    if (found !== undefined) return found;
  }
  const isPython = names.includes(CODE_INTERPRETER) && PYTHON.has(plain(lastPart(meant)));
  return isPython ? CODE_INTERPRETER : name;
}

/** `functions.lookup:0` as `lookup`. */
function lastPart(name: string): string {
  return name.replace(/:\d+$/, '').replace(/^.*[.:/]/s, '');
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, '');
}

/** The run's tools as functions. `paths` are the files that the code finds. */
export function modelTools(tools: Run['tools'], paths: string[]): ModelFunction[] {
  return tools.flatMap((tool): ModelFunction[] => {
    if (tool.type === 'code_interpreter') return [codeInterpreter(paths)];
    if (tool.type !== 'function') return [];
    const { name, description, parameters, strict } = tool.function;
    return [
      {
        name,
        ...(description !== undefined && { description }),
        parameters: parameters ?? { type: 'object', properties: {} },
        ...(typeof strict === 'boolean' && { strict }),
      },
    ];
  });
}

/**
 * Which tool the model must call. A demand holds for the run's first answer only: with the tool's output in hand
 * the model must be free to speak, or the run would never end.
 */
export function modelToolChoice(run: Run, firstAnswer: boolean): ModelRequest['toolChoice'] {
  const choice = run.tool_choice;
  if (choice === 'none') return 'none';
  if (!firstAnswer || choice === null || choice === 'auto') return 'auto';
  if (choice === 'required') return 'required';
  if (choice.type === 'code_interpreter') return { name: CODE_INTERPRETER };
  return choice.type === 'function' && choice.function ? { name: choice.function.name } : 'auto';
}

function codeInterpreter(paths: string[]): ModelFunction {
  const files = paths.length > 0 ? ` Files that are there now: ${paths.join(', ')}.` : '';
  return {
    name: CODE_INTERPRETER,
    description:
      'Runs Python and returns what it prints and the value of a last expression. Variables live on from call to call. ' +
      'It is plain Python with the standard library: no network, pip, shell, notebook magic or threads. ' +
      `Files in /mnt/data can be read, and files written there reach the user when the answer links to them as [name](sandbox:/mnt/data/name).${files}`,
    parameters: {
      type: 'object',
      properties: { code: { type: 'string', description: 'The Python code to run.' } },
      required: ['code'],
      additionalProperties: false,
    },
  };
}
