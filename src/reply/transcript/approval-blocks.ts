import type { ApprovalState, Decision, FunctionCall, ToolCall } from '../../view.ts';
import { insideFence } from '../layout/clean.ts';
import { safeText } from '../sources/safe-text.ts';
import { readableArguments } from './arguments.ts';

/** Longer names of people, and reasons, are cut, in UTF-16 code units. */
const LONGEST_NAME = 80;
const LONGEST_REASON = 500;

const HOLDS = 'What you write meanwhile waits for this.';

interface AskedCall extends FunctionCall {
  readonly approval: ApprovalState;
}

/** Those of calls that people are asked about. */
function askedOf(calls: readonly ToolCall[]): AskedCall[] {
  return calls.filter((call): call is AskedCall => call.type === 'function' && call.approval !== undefined);
}

/**
 * What people are asked before calls are made, and what came of it, as blocks of Markdown: as that goes on, blocks only
 * come at the end.
 */
export function approvalBlocks(calls: readonly ToolCall[]): string[] {
  const asked = askedOf(calls);
  const holds = asked.flatMap(({ approval }) => approval.holdsSince ?? []);
  const events = [
    ...(holds.length > 0 ? [{ at: Math.min(...holds), block: HOLDS }] : []),
    ...asked.flatMap(({ approval: { number, decision } }) =>
      decision ? [{ at: decision.at, block: `${prefix(number)}${decided(decision)}` }] : [],
    ),
  ];
  return [...asked.flatMap(questionBlocks), ...events.sort((a, b) => a.at - b.at).map(({ block }) => block)];
}

function questionBlocks({ name, arguments: json, approval: { number, of } }: AskedCall): string[] {
  const args = readableArguments(json);
  return [
    `**${prefix(number)}May I use \`${calledName(name)}\`${args === '' ? '' : ' with this'}?**`,
    ...(args === '' ? [] : [`\`\`\`json\n${insideFence(args)}\n\`\`\``]),
    `This needs the word of ${of}.`,
  ];
}

/** In code, what a name may hold has no other meaning; a model can make up others. */
function calledName(name: string): string {
  return /^[\w-]{1,64}$/.test(name) ? name : safeText(name, LONGEST_NAME);
}

function decided({ isApproved, at, by, reason }: Decision): string {
  if (!by) return 'Nobody said so in time, so it was not done.';
  const name = safeText(by.name, LONGEST_NAME) || 'somebody';
  const line = `${isApproved ? '✅ Approved' : '🚫 Refused'} by ${name}, ${minuteOf(at)}`;
  return reason === undefined ? `${line}.` : `${line}: “${safeText(reason, LONGEST_REASON)}”`;
}

function prefix(number: number | undefined): string {
  return number === undefined ? '' : `${number}: `;
}

/** Such as `2026-11-26 14:03 UTC`. */
function minuteOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
