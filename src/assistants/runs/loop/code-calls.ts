import type { CodeInterpreter, CodeRequest, CodeResult } from '../../code-interpreter/code-interpreter.ts';
import { sizeOf } from '../../code-interpreter/output.ts';
import { toldNames } from '../../code-interpreter/told-names.ts';
import { addFile, PRODUCED } from '../../file.ts';
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
  'Every Python that you may have now is busy with another conversation: this code waits in line and runs by itself when its turn comes.\n';

const DAY_SECONDS = 24 * 60 * 60;

export interface CodeCallContext {
  state: State;
  codeInterpreter: CodeInterpreter;
  files: CodeRequest['files'];
  /** Is told of each file that the code wrote. */
  onFile: (file: ProducedFile) => void;
  runId: string;
  /** For whom the run is, as its `metadata.user` says; nobody is known where it does not. */
  user: string | undefined;
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
  const party = context.user !== undefined && { party: context.user };
  const request = { session, ...party, code: record.input, files: context.files, onWait, ...ran };
  const result = await context.codeInterpreter.run(request, onOutput, signal);
  const names: string[] = [];
  const leftOut = new LeftOut();
  for (const file of drained(result)) {
    const kept = await keepFile(file, session, context);
    if ('refusal' in kept) {
      leftOut.add(file, kept.refusal);
      continue;
    }
    if (isImage(file.name)) call.writer.image(kept.id);
    names.push(DATA_FOLDER + file.name);
  }
  const notKept = leftOut.sentence();
  if (notKept !== undefined) onOutput(`${printed === '' || printed.endsWith('\n') ? '' : '\n'}${notKept}\n`);
  const nothing = result.status === 'failed' ? 'The code did not run to its end.' : '(no output)';
  const note = result.fresh && context.ranBefore ? FRESH : '';
  const written = names.length > 0 ? `\n[Files written: ${names.join(', ')}]` : '';
  return note + toldOf(printed || nothing) + written;
}

/** The files of a result, none of which is held longer than it takes to keep it. */
function* drained(result: CodeResult): Generator<CodeResult['files'][number]> {
  const files = [...result.files];
  result.files = [];
  for (let file = files.shift(); file; file = files.shift()) yield file;
}

/** The files of a call that are not kept, and why. */
class LeftOut {
  readonly #names: string[] = [];
  #reason = '';

  add({ name, bytes }: CodeResult['files'][number], reason: string): void {
    this.#names.push(`${name} (${sizeOf(bytes.length)})`);
    this.#reason = reason;
  }

  /** For the model and for people; undefined when there are none. */
  sentence(): string | undefined {
    if (this.#names.length === 0) return undefined;
    return `These files were not kept: ${toldNames(this.#names)}. ${this.#reason}`;
  }
}

type Kept = { id: string } | { refusal: string };

/**
 * Keeps a file that the run's code wrote as one of the run's, until its time is over. A refusal is a sentence on why there is no
 * room for it.
 */
export async function keepFile(
  { name, bytes }: CodeResult['files'][number],
  threadId: string,
  context: Pick<CodeCallContext, 'state' | 'onFile' | 'runId'>,
): Promise<Kept> {
  const { state, runId } = context;
  const { produced: quota } = state.quotas ?? {};
  const refusal = await quota?.take({ run: runId, conversation: threadId }, bytes.length);
  if (refusal !== undefined) return { refusal };
  const expiry = quota && { expiresAfter: quota.limits.days * DAY_SECONDS };
  const { id } = await addFile(state, { filename: name, purpose: PRODUCED, bytes, ...expiry });
  context.onFile({ name, id });
  await noteProduced(id, threadId, context);
  return { id };
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
