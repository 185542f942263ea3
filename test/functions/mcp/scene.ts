import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { McpServers } from '../../../src/functions/mcp/servers.ts';
import type { McpSource } from '../../../src/functions/mcp/source.ts';
import type { CallContext, FunctionResult } from '../../../src/functions/team-function.ts';
import { parseAssistantFile } from '../../../src/settings/assistant-file.ts';
import type { McpServer } from '../../../src/settings/mcp-variables.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';

const PROGRAM = join(import.meta.dirname, '../../sim/mcp/program.ts');

/** The fields of the simulated program as a server of `mcp:`. */
export function program(args: string[] = [], fields: object = {}) {
  return { command: process.execPath, args: [PROGRAM, ...args], ...fields };
}

/** Servers as `assistant.md` names them. */
export function serversOf(mcp: object, variables: NodeJS.ProcessEnv = {}): McpServer[] {
  const file = `---\n${stringify({ name: 'Ada', model: 'm', mcp })}---\nHelp.\n`;
  const { value, mistakes } = parseAssistantFile(file, 'assistant.md', undefined, variables);
  expect(mistakes).toBeUndefined();
  return value?.mcp ?? [];
}

export interface Called {
  result: FunctionResult;
  doing: string[];
}

export interface OpenOptions {
  variables?: NodeJS.ProcessEnv;
  store?: Store;
  /** Whether to wait until each is connected, or can't be. */
  isPatient?: boolean;
}

/** Servers that are connected until the test is over. */
export async function openServers(mcp: object, options: OpenOptions = {}) {
  const store = options.store ?? memoryStore();
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(JSON.parse(line)) });
  const servers = new McpServers(serversOf(mcp, options.variables), store, logger);
  onTestFinished(() => servers.close());
  servers.begin();
  if (options.isPatient !== false) await servers.settled();
  const source = (name: string): McpSource => {
    const found = servers.sources.find((one) => one.name === name);
    if (!found) throw new Error(`There is no server ${name}.`);
    return found;
  };
  const functionNamed = (name: string) => {
    const found = servers.sources.flatMap(({ functions }) => functions).find((one) => one.name === name);
    if (!found) throw new Error(`There is no function ${name}.`);
    return found;
  };
  const call = async (
    name: string,
    args: unknown = {},
    signal = new AbortController().signal,
  ): Promise<Called> => {
    const doing: string[] = [];
    const context = {
      signal,
      log: logger,
      progress: (words: string) => void doing.push(words),
    } as CallContext;
    return { result: await functionNamed(name).call(args, context), doing };
  };
  const say = async (name: string, args?: unknown) => (await call(name, args)).result.text;
  return { servers, store, log, source, functionNamed, call, say };
}

/** What a call told the model that went wrong. */
export async function refused(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => {
      throw new Error('It did not fail.');
    },
    (error: Error) => {
      expect(error.name).toBe('FunctionError');
      return error.message;
    },
  );
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
