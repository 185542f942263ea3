import type { ToolCall, View } from '../../../../src/platform.ts';

/** So many characters of a status Slack takes (not documented: https://github.com/getsentry/junior/pull/56). */
const MAX_STATUS = 50;

/** What a reply does right now, as Slack shows it after the app's name; empty once there is text to see instead. */
export function statusOf({ parts, calls, outcome }: View): string {
  if (outcome) return '';
  const last = calls.at(-1);
  if (last?.status === 'in_progress') return statusOfCall(last.call);
  return parts.length === 0 ? 'is thinking…' : '';
}

function statusOfCall(call: ToolCall): string {
  switch (call.type) {
    case 'code_interpreter':
      return 'is running Python…';
    case 'file_search':
      return 'is searching the team’s documents…';
    case 'function':
      if (call.approval && !call.approval.decision) return 'is waiting for somebody’s word…';
      return call.name ? cut(`is using ${call.name}…`) : 'is using a function…';
  }
}

function cut(status: string): string {
  return status.length > MAX_STATUS ? `${status.slice(0, MAX_STATUS - 1)}…` : status;
}
