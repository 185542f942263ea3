import type { FunctionCall, PlacedCall, Status, ToolCall } from '../../view.ts';
import { safeText } from '../sources/safe-text.ts';

/** The API's longest name, and what stands around an MCP server's. In UTF-16 code units, as all of these. */
const LONGEST_NAME = 70;

/** What a function says that it does right now: a few words. */
const LONGEST_DOING = 120;

/** Arguments and outputs beyond this are not read as JSON, which would be done again with every look. */
const LONGEST_READ = 10_000;

/** Stands between the name of an MCP server and that of its tool. */
const SERVER = '__';

/** Whether a call is being made: it waits for nobody's word, and is not over. */
export function isAtWork({ call, status }: Pick<PlacedCall, 'call' | 'status'>): boolean {
  const isMade = call.type !== 'function' || (call.output === null && !isWaiting(call));
  return status === 'in_progress' && isMade;
}

/** Whether a call waits for a person's word. */
function isWaiting({ approval }: FunctionCall): boolean {
  return approval !== undefined && !approval.decision;
}

/** Whether nothing of a call stands in the reply's text. */
export function isSilent({ call, isFolded }: Pick<PlacedCall, 'call' | 'isFolded'>): boolean {
  return call.type !== 'code_interpreter' || isFolded === true;
}

/** What a call does, in words that are no markup on any platform. */
export function doingOf(call: ToolCall): string {
  switch (call.type) {
    case 'code_interpreter':
      return 'Running Python';
    case 'file_search':
      return 'Searching the team’s documents';
    case 'function': {
      const doing = safeText(call.doing ?? '', LONGEST_DOING);
      return `Using ${readableName(call.name)}${doing && `: ${doing}`}`;
    }
  }
}

/** What a call that is over has done, in the same way. */
export function doneOf(call: ToolCall, status: Status): string {
  const isWhole = status === 'completed' || status === 'in_progress';
  const note = !isWhole ? ' (not finished)' : hasFailed(call) && !isRefused(call) ? ' (failed)' : '';
  return `${pastOf(call)}${note}`;
}

/** Whether a call gave back why it could not be made, or did not work. */
export function hasFailed(call: ToolCall): boolean {
  if (call.type !== 'function' || !call.output?.startsWith('{')) return false;
  return typeof Object(parsedJson(call.output)).error === 'string';
}

function isRefused(call: ToolCall): boolean {
  return call.type === 'function' && call.approval?.decision?.isApproved === false;
}

function pastOf(call: ToolCall): string {
  switch (call.type) {
    case 'code_interpreter':
      return 'Ran Python';
    case 'file_search':
      return 'Searched the team’s documents';
    case 'function':
      return `${isRefused(call) ? 'Did not use' : 'Used'} ${readableName(call.name)}`;
  }
}

/** A function's name as people say it: `open_ticket` as `open ticket`, `github__listIssues` as `list issues (github)`. */
export function readableName(name: string): string {
  const [first = '', ...rest] = name.split(SERVER).map(wordsOf).filter(Boolean);
  const words = rest.length > 0 ? `${rest.join(' ')} (${first})` : first;
  return safeText(words, LONGEST_NAME) || 'a function';
}

function wordsOf(name: string): string {
  return name
    .replace(/(?<=[\p{Ll}\d])(?=\p{Lu})/gu, ' ')
    .replace(/[_\-.\s]+/g, ' ')
    .replace(/(?<!\S)\p{Lu}\p{Ll}+(?!\S)/gu, (word) => word.toLowerCase())
    .trim();
}

/**
 * JSON as a line of at most `longest` UTF-16 code units that people can read, such as `title: VPN, urgent: true`; what is
 * no JSON as it stands. Nothing in it is markup on any platform.
 */
export function compactJson(json: string, longest: number): string {
  return safeText(plainJson(json), longest);
}

function plainJson(json: string): string {
  const value = parsedJson(json);
  if (value === undefined) return json;
  if (Array.isArray(value)) return value.map(plainValue).join(', ');
  if (typeof value !== 'object' || value === null) return plainValue(value);
  return Object.entries(value)
    .map(([name, each]) => `${name}: ${plainValue(each)}`)
    .join(', ');
}

function plainValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Undefined for what is no JSON, or not whole. */
export function parsedJson(json: string): unknown {
  if (json.length > LONGEST_READ) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
