import { openQuestions } from '../../../../src/reply/questions.ts';
import { doingOf, isAtWork } from '../../../../src/reply/transcript/call-words.ts';
import type { ToolCall, View } from '../../../../src/view.ts';

/** So many characters of a status Slack takes (not documented: https://github.com/getsentry/junior/pull/56). */
const MAX_STATUS = 50;

/** What a reply does right now, as Slack shows it after the app's name; empty once there is text to see instead. */
export function statusOf({ parts, calls, outcome }: View): string {
  if (outcome) return '';
  if (openQuestions({ calls }).length > 0) return 'is waiting for somebody’s word…';
  const atWork = calls.filter(isAtWork).map(({ call }) => call);
  const newest = atWork.findLast(saysWhat) ?? atWork.at(-1);
  if (newest) return statusOfCall(newest);
  return parts.length === 0 ? 'is thinking…' : '';
}

function saysWhat(call: ToolCall): boolean {
  return call.type === 'function' && call.doing !== undefined;
}

function statusOfCall(call: ToolCall): string {
  const doing = doingOf(call);
  const status = `is ${doing.charAt(0).toLowerCase()}${doing.slice(1)}…`;
  if (status.length <= MAX_STATUS || call.type !== 'function' || !call.doing) return cut(status);
  return cut(`is at work: ${doing.slice(doing.indexOf(': ') + 2)}…`);
}

function cut(status: string): string {
  if (status.length <= MAX_STATUS) return status;
  return `${status
    .slice(0, MAX_STATUS - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}
