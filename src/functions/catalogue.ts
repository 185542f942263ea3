import type { AssistantTool } from 'openai/resources/beta/assistants';
import type { Logger } from '../log.ts';
import { type Secrets, secretsOf } from './output/secrets.ts';
import type { FunctionSource, TeamFunction } from './team-function.ts';

/** The API's limit on the tools of a run: https://platform.openai.com/docs/api-reference/runs/createRun */
const MOST_TOOLS = 128;

/** The API's rule for the name of a function. */
const NAME = /^[\w-]{1,64}$/;
const LONGEST_NAME = 64;

/** All functions that there are, wherever they come from. */
export interface Catalogue {
  /** Resolves once every source has what it begins with, or has tried for long enough. Never rejects. */
  ready(): Promise<void>;
  /** As they are now, each with a name of its own. */
  readonly functions: readonly TeamFunction[];
  /** What none of them gives to the model, as the environment is now. */
  readonly secrets: Secrets;
  close(): Promise<void>;
}

export interface CatalogueOptions {
  /** Where secrets are; nowhere when left out. */
  env?: NodeJS.ProcessEnv;
  log?: Logger;
}

/**
 * Puts sources together. Of two functions of one name the first counts, in the order of the sources; the other one is
 * named anew where its source allows that, and otherwise left out, which is logged.
 */
export function openCatalogue(
  sources: readonly FunctionSource[],
  { env = {}, log }: CatalogueOptions = {},
): Catalogue {
  let known: readonly (readonly TeamFunction[])[] = [];
  let functions: readonly TeamFunction[] = [];
  return {
    async ready() {
      await Promise.all(sources.map((source) => source.ready?.()));
    },
    get functions() {
      const lists = sources.map((source) => source.functions);
      if (lists.some((list, at) => list !== known[at])) {
        known = lists;
        functions = namedApart(sources, (message) => log?.error(message));
      }
      return functions;
    },
    get secrets() {
      return secretsOf(env);
    },
    async close() {
      await Promise.all(sources.map((source) => source.close()));
    },
  };
}

/** Every function under a name that no other one has. */
function namedApart(
  sources: readonly FunctionSource[],
  onLeftOut: (message: string) => void,
): readonly TeamFunction[] {
  const taken = new Map<string, { source: FunctionSource; team: TeamFunction }>();
  for (const source of sources) {
    for (const team of source.functions) {
      const name = source.renames ? freeName(team.name, source.name, taken) : team.name;
      const other = taken.get(name);
      if (!NAME.test(name) || other) {
        onLeftOut(leftOut(team.name, source, other?.source));
        continue;
      }
      taken.set(name, { source, team: name === team.name ? team : renamed(team, name) });
    }
  }
  return [...taken.values()].map(({ team }) => team);
}

function leftOut(name: string, source: FunctionSource, other: FunctionSource | undefined): string {
  const reason = other
    ? `there is one of that name in ${other.name}`
    : 'a name has 1 to 64 letters, digits, _ and -';
  return `The function ${JSON.stringify(name)} of ${source.name} is left out, because ${reason}: give it another name.`;
}

/** The name itself, or one that says where it comes from, or one with a number. */
function freeName(name: string, source: string, taken: ReadonlyMap<string, unknown>): string {
  const isFree = (candidate: string) => NAME.test(candidate) && !taken.has(candidate);
  if (isFree(name)) return name;
  const plain = `${source}_${name}`.replace(/[^a-z0-9-]+/gi, '_');
  for (let number = 1; ; number++) {
    const ending = number === 1 ? '' : `_${number}`;
    const candidate = `${plain.slice(0, LONGEST_NAME - ending.length)}${ending}`;
    if (isFree(candidate)) return candidate;
  }
}

function renamed(team: TeamFunction, name: string): TeamFunction {
  return { ...team, name, call: (args, context) => team.call(args, context) };
}

/**
 * The tools of a run: the assistant's own and the functions. A function counts more than one of its name that the
 * assistant has from elsewhere. What is too much is left out, from the end.
 */
export function runTools(
  own: readonly AssistantTool[],
  functions: readonly TeamFunction[],
): { tools: AssistantTool[]; leftOut: readonly string[] } {
  const names = new Set(functions.map(({ name }) => name));
  const others = own.filter((tool) => tool.type !== 'function' || !names.has(tool.function.name));
  const room = Math.max(0, MOST_TOOLS - others.length);
  const tools = [...others, ...functions.slice(0, room).map(toolOf)];
  return { tools, leftOut: functions.slice(room).map(({ name }) => name) };
}

function toolOf({ name, description, parameters, strict }: TeamFunction): AssistantTool {
  return { type: 'function', function: { name, description, parameters: { ...parameters }, strict } };
}
