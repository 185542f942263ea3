import type { CodeInterpreterCall, CodeOutput, ReplyFile } from '../../platform.ts';
import type { Transcript } from './transcript.ts';

/** The programs of an answer that are folded in its text, each with what it put out; undefined when there are none. */
export function foldedCode({ run_id, entries }: Transcript): ReplyFile | undefined {
  const calls = entries
    .flatMap((entry) => (entry.type === 'tool_calls' ? entry.tool_calls : []))
    .filter((call) => call.type === 'code_interpreter')
    .filter(({ input }) => input.trim() !== '');
  if (calls.length === 0) return undefined;
  const source = calls.map(programOf).join('\n\n\n').toWellFormed();
  // The run tells it from that of another answer.
  return { id: `code-${run_id ?? ''}`, name: 'code.py', bytes: new TextEncoder().encode(`${source}\n`) };
}

function programOf({ input, outputs }: CodeInterpreterCall): string {
  const put = outputs.map(outputOf).filter(Boolean).join('\n');
  return put === '' ? input.trimEnd() : `${input.trimEnd()}\n\n# Output:\n${put}`;
}

function outputOf(output: CodeOutput): string {
  if (output.type === 'image') return '# (an image)';
  const lines = output.logs.trimEnd();
  return lines === '' ? '' : lines.replace(/^/gm, '# ').replace(/^# $/gm, '#');
}
