import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { contained, ownedBy } from '../astray.ts';
import type { TeamFunction } from '../team-function.ts';
import { watched } from '../watchdog/watchdog.ts';
import { isDefinition, readDefinition } from './definition.ts';
import { fileIn, importerOf } from './import-module.ts';

/** How long one module may take, in ms: people who write meanwhile wait for it. */
export const LOAD_TIMEOUT_MS = 10_000;

/** Modules that Node runs, but for tests and what begins with `_` or `.`, which only belongs to others. */
const MODULE = /^(?![._])(?!.*\.(test|spec|d)\.)[^/]+\.[cm]?[jt]s$/;

/** A function, and the file that it is from. */
export interface LoadedFunction {
  readonly file: string;
  readonly team: TeamFunction;
  /** What one may expect of it and it can't do, as whole sentences. */
  readonly remarks: readonly string[];
}

/** What one module gives, or a folder of them. */
export interface Loaded {
  readonly functions: readonly LoadedFunction[];
  /** Whole sentences, each with the file that it is about. */
  readonly mistakes: readonly string[];
}

export interface LoadOptions {
  /** Whether the folder has to be there. */
  isRequired: boolean;
  timeoutMs?: number;
  /** Is told when something that a module began goes wrong later. */
  onAstray?: (error: unknown, file: string) => void;
}

/**
 * Loads the modules of a folder one after the other, and gives all there is after each. Never throws: what is wrong with
 * one does not concern the others.
 */
export async function* loadFolder(folder: string, options: LoadOptions): AsyncGenerator<Loaded> {
  const { names, mistakes } = await moduleNames(folder, options.isRequired);
  let all: Loaded = { functions: [], mistakes };
  yield all;
  const told = (name: string) => (error: unknown) => options.onAstray?.(error, join(basename(folder), name));
  ownedBy(folder, (stack) => {
    const name = fileIn(stack, folder);
    return name === undefined ? undefined : told(name);
  });
  const importModule = importerOf(folder);
  for (const name of names) {
    const file = join(basename(folder), name);
    const load = () => contained(told(name), () => importModule(name));
    all = together(all, await loadModule(file, load, options.timeoutMs));
    yield all;
  }
}

/** All of a folder, once it is loaded. */
export async function loadWhole(folder: string, options: LoadOptions): Promise<Loaded> {
  let all: Loaded = { functions: [], mistakes: [] };
  for await (const loaded of loadFolder(folder, options)) all = loaded;
  return all;
}

/** Of two functions of one name the first counts. */
function together(before: Loaded, module: Loaded): Loaded {
  const functions = [...before.functions];
  const mistakes = [...before.mistakes, ...module.mistakes];
  for (const loaded of module.functions) {
    const { name } = loaded.team;
    const other = functions.find(({ team }) => team.name === name);
    if (other) mistakes.push(twin(name, loaded.file, other.file));
    else functions.push(loaded);
  }
  return { functions, mistakes };
}

function twin(name: string, file: string, other: string): string {
  const where = file === other ? 'there are two of that name in it' : `${other} has one of that name`;
  return `${file}: the function ${JSON.stringify(name)} is left out, because ${where}: rename one of them.`;
}

async function moduleNames(
  folder: string,
  isRequired: boolean,
): Promise<{ names: string[]; mistakes: string[] }> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => !entry.isDirectory() && MODULE.test(entry.name));
    return { names: names.map(({ name }) => name).sort(), mistakes: [] };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !isRequired) return { names: [], mistakes: [] };
    const reason =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'ENOTDIR'
          ? 'is not a folder'
          : `can't be read (${message})`;
    return {
      names: [],
      mistakes: [`FUNCTIONS_DIR, ${folder}, ${reason}: set it to the folder of your functions.`],
    };
  }
}

async function loadModule(
  file: string,
  importModule: () => Promise<Readonly<Record<string, unknown>>>,
  timeoutMs: number | undefined,
): Promise<Loaded> {
  using _ = watched(timeoutMs);
  try {
    return functionsOf(await inTime(importModule(), timeoutMs), file);
  } catch (error) {
    return { functions: [], mistakes: [`${file} ${whyNot(error, basename(file))}`] };
  }
}

class TookTooLong extends Error {}

async function inTime<T>(work: Promise<T>, timeoutMs = LOAD_TIMEOUT_MS): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const seconds = timeoutMs / 1_000;
  const late = () => reject(new TookTooLong(`is not loaded after ${seconds} seconds, and is given up`));
  const timer = setTimeout(late, timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function whyNot(error: unknown, name: string): string {
  if (error instanceof TookTooLong)
    return `${error.message}: what it does outside of its functions does not come to an end.`;
  const reason = error instanceof Error ? `${error.name}: ${firstLine(error.message)}` : String(error);
  return `can't be loaded${lineOf(error, name)}, because of ${reason.replace(/[.\s]*$/, '')}. Its functions are left out.`;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

/** Where in the module itself it was, as the stack says. */
function lineOf(error: unknown, name: string): string {
  const stack = (error as Error | undefined)?.stack ?? '';
  const [, after = ''] = stack.split(`/${name}`);
  const [, line] = /^(?:\?[^\s:]*)?:(\d+)/.exec(after) ?? [];
  return line === undefined ? '' : ` (line ${line})`;
}

/** What a module exports: functions, one by one or in lists; all else is its own affair. */
function functionsOf(exported: Readonly<Record<string, unknown>>, file: string): Loaded {
  const written = new Set(Object.values(exported).flat().filter(isDefinition));
  const functions: LoadedFunction[] = [];
  const mistakes: string[] = [];
  for (const each of written) {
    const about = (sentence: string) => `${file}: ${nameOf(each)}: ${sentence}`;
    const read = readDefinition(each);
    if (read.mistakes) mistakes.push(...read.mistakes.map(about));
    else functions.push({ file, team: read.team, remarks: read.remarks.map(about) });
  }
  if (written.size === 0)
    mistakes.push(
      `${file} exports no function: write "export default defineFunction({ … })", or let its name begin with _ if it only belongs to others.`,
    );
  return { functions, mistakes };
}

function nameOf(written: object): string {
  const { name } = written as { name?: unknown };
  return typeof name === 'string' && name !== '' ? `the function ${JSON.stringify(name)}` : 'a function';
}
