import type { Run } from 'openai/resources/beta/threads/runs/runs';

/** The functions by which a model reaches what the server itself runs. */
type Own = 'code_interpreter' | 'file_search';

/** What models call them that were trained with one of their own. */
const TRAINED: Record<Own, ReadonlySet<string>> = {
  code_interpreter: new Set(['python', 'ipython', 'pythoninterpreter', 'codeinterpreter', 'codeexecution']),
  file_search: new Set(['msearch', 'searchfiles', 'retrieval', 'myfilesbrowser']),
};

const OWN = Object.keys(TRAINED) as Own[];

/** The name of the server's own tool as the run's model knows it: not one of the client's functions. */
export function nameOf(own: Own, tools: Run['tools']): string {
  const taken = new Set(
    tools.flatMap((tool) => (tool.type === 'function' ? [plain(tool.function.name)] : [])),
  );
  for (let number = 1; ; number++) {
    const name = number === 1 ? own : `${own}_${number}`;
    if (!taken.has(plain(name))) return name;
  }
}

/** Whether a model that calls `name` means the server's own tool, which the run has. */
export function isOwn(own: Own, name: string, tools: Run['tools']): boolean {
  return tools.some(({ type }) => type === own) && name === nameOf(own, tools);
}

/**
 * The run's tool that a model means by `name`, or `name` where there is none. Servers leave in a name what the model's
 * own format put around it: `functions.lookup`, `functions.lookup:0`, `lookup<|channel|>commentary`.
 */
export function toolNamed(name: string, tools: Run['tools']): string {
  const names = tools.map((tool) =>
    tool.type === 'function' ? tool.function.name : nameOf(tool.type, tools),
  );
  const meant = name
    .replace(/^.*\bto=/s, '')
    .replace(/\s*<\|.*$/s, '')
    .trim();
  for (const form of [name, meant, meant.replace(/:\d+$/, ''), lastPart(meant)]) {
    const found = names.find((each) => each === form) ?? names.find((each) => plain(each) === plain(form));
    if (found !== undefined) return found;
  }
  const trained = OWN.find(
    (own) => tools.some(({ type }) => type === own) && TRAINED[own].has(plain(lastPart(meant))),
  );
  return trained ? nameOf(trained, tools) : name;
}

/** `functions.lookup:0` as `lookup`. */
function lastPart(name: string): string {
  return name.replace(/:\d+$/, '').replace(/^.*[.:/]/s, '');
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, '');
}
