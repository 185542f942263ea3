import type { CodeInterpreterCall, CodeOutput, ReplyFile } from '../../view.ts';
import { isCut } from '../layout/clean.ts';
import { joinLogs } from './logs.ts';
import type { ReplyStyle } from './render.ts';
import type { Entry, Transcript } from './transcript.ts';

/**
 * What of an answer's code is not in its text, as files: all of it where it is folded, or outputs that are cut there. Their
 * ids name the run: what is kept of them goes with it (see `file-copies.ts`).
 */
export function codeFiles(transcript: Transcript, { code }: Pick<ReplyStyle, 'code'>): ReplyFile[] {
  return code === 'folded' ? foldedCode(transcript) : wholeOutputs(transcript);
}

/** All programs, each with what it put out. */
function foldedCode({ run_id, entries }: Transcript): ReplyFile[] {
  const calls = entries.flatMap(codeCallsOf).filter(({ input }) => input.trim() !== '');
  const source = calls.map(programOf).join('\n\n\n');
  return calls.length > 0 ? [textFile(`code-${run_id ?? ''}`, 'code.py', `${source}\n`)] : [];
}

function programOf({ input, outputs }: CodeInterpreterCall): string {
  const put = outputs.map(commentOf).filter(Boolean).join('\n');
  return put === '' ? input.trimEnd() : `${input.trimEnd()}\n\n# Output:\n${put}`;
}

function commentOf(output: CodeOutput): string {
  if (output.type === 'image') return '# (an image)';
  const lines = output.logs.trimEnd();
  return lines === '' ? '' : lines.replace(/^/gm, '# ').replace(/^# $/gm, '#');
}

function wholeOutputs({ run_id, entries }: Transcript): ReplyFile[] {
  const logs = entries
    .flatMap(codeCallsOf)
    .flatMap(({ outputs }) => joinLogs(outputs))
    .flatMap((output) => (output.type === 'logs' && isCut(output.logs) ? [output.logs] : []));
  return logs.map((whole, at) =>
    textFile(`output-${run_id ?? ''}-${at + 1}`, at === 0 ? 'output.txt' : `output-${at + 1}.txt`, whole),
  );
}

function codeCallsOf(entry: Entry): CodeInterpreterCall[] {
  const calls = entry.type === 'tool_calls' ? entry.tool_calls : [];
  return calls.filter((call) => call.type === 'code_interpreter');
}

function textFile(id: string, name: string, text: string): ReplyFile {
  return { id, name, bytes: new TextEncoder().encode(text.toWellFormed()) };
}
