import type { CodeInterpreter, CodeRequest, CodeResult } from '../../code-interpreter/code-interpreter.ts';
import { addFile } from '../../file.ts';
import { noteOwner } from '../../file-owners.ts';
import type { State } from '../../state.ts';
import { DATA_FOLDER, isImage, type ProducedFile } from '../writer/produced-files.ts';
import { type CodeCall, toldOf } from './calls.ts';

/** Said to the model, not to people: it remembers variables that the Python no longer has. */
const FRESH =
  '[This Python was started anew: variables, functions and imports of earlier calls are gone, and so are files that earlier code wrote.]\n';

const NO_CODE =
  'The call held no code. Call code_interpreter again with the Python to run as the argument "code".';

/** Said to people, not to the model: why they see nothing yet. It stands before what the code prints, and stays. */
const WAITING =
  'Every Python is busy with another conversation: this code waits in line and runs by itself when its turn comes.\n';

export interface CodeCallContext {
  state: State;
  codeInterpreter: CodeInterpreter;
  files: CodeRequest['files'];
  /** Is told of each file that the code wrote. */
  onFile: (file: ProducedFile) => void;
  runId: string;
  /** Whether the model knows of an earlier call in this thread. */
  ranBefore: boolean;
}

/** Runs a call's code in the thread's Python, shows what it prints, and returns what the model is told. */
export async function runCode(
  session: string,
  call: CodeCall,
  context: CodeCallContext,
  signal: AbortSignal,
): Promise<string> {
  const { code_interpreter: record } = call.writer.call;
  if (record.input.trim() === '') return NO_CODE;
  let printed = '';
  const onWait = () => call.writer.logs(WAITING);
  const onOutput = (text: string) => {
    printed += text;
    call.writer.logs(text);
  };
  const ran = call.ran && { ran: call.ran };
  const request = { session, code: record.input, files: context.files, onWait, ...ran };
  const result = await context.codeInterpreter.run(request, onOutput, signal);
  const names: string[] = [];
  for (const file of result.files) {
    const id = await keepFile(file, session, context);
    if (isImage(file.name)) call.writer.image(id);
    names.push(DATA_FOLDER + file.name);
  }
  const nothing = result.status === 'failed' ? 'The code did not run to its end.' : '(no output)';
  const note = result.fresh && context.ranBefore ? FRESH : '';
  const written = names.length > 0 ? `\n[Files written: ${names.join(', ')}]` : '';
  return note + toldOf(printed || nothing) + written;
}

/** Keeps a file that the run's code wrote as one of the run's; returns its id. */
export async function keepFile(
  { name, bytes }: CodeResult['files'][number],
  threadId: string,
  context: Pick<CodeCallContext, 'state' | 'onFile' | 'runId'>,
): Promise<string> {
  const { id } = await addFile(context.state, { filename: name, purpose: 'assistants_output', bytes });
  context.onFile({ name, id });
  await noteProduced(id, threadId, context);
  return id;
}

/** So that the file goes with its run, or with the thread. */
async function noteProduced(
  fileId: string,
  threadId: string,
  { state, runId }: Pick<CodeCallContext, 'state' | 'runId'>,
): Promise<void> {
  const earlier = (await state.produced.get(runId)) ?? [];
  await state.produced.set(runId, [...earlier, fileId]);
  await noteOwner(state, [fileId], threadId);
}
