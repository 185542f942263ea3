import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run, State } from '../state.ts';
import type { KeptStep, WholeAnswer } from './kept-step.ts';
import type { Resumable } from './resumable.ts';
import type { Found } from './search/found.ts';

/** A chunk that holds the messages of most runs, and the one before them. */
const FEW = 8;

/** What there is in the store of a run. */
export interface Stored {
  /** Oldest first. */
  steps: KeptStep[];
  messages: Message[];
}

/** What its searches found, by id. */
type FoundById = ReadonlyMap<string, Found>;

/** The same, with what its searches found and the answer that may go on at its provider. */
export interface StoredRun extends Stored {
  found: FoundById;
  resumable: Resumable | undefined;
}

/** A run that its process did not come to the end of, as far as somebody else can go on with it. */
export interface KeptRun extends Stored {
  found: FoundById;
  /** What the model said after its last calls, when no message says it yet. */
  unsaid: string;
  /** The run has said its last: only its end is missing. */
  isOver: boolean;
  /** What is there of an answer that the model was still writing: it is written anew. */
  begun: Stored;
  /** That answer, where it can be had once more. */
  resumable: Resumable | undefined;
  /** So many parts of it are whole already. */
  passed: number;
}

export async function readStored(state: State, run: Run): Promise<StoredRun> {
  const [steps, messages, found, resumable] = await Promise.all([
    state.steps.lists([run.id]),
    messagesOf(state, run),
    foundBy(state, run),
    state.resumable.get(run.id),
  ]);
  return { steps: steps.get(run.id) ?? [], messages, found, resumable };
}

async function foundBy(state: State, run: Run): Promise<FoundById> {
  if (!run.tools?.some(({ type }) => type === 'file_search')) return new Map();
  const found = (await state.found.lists([run.id])).get(run.id) ?? [];
  return new Map(found.map((each) => [each.id, each]));
}

async function messagesOf(state: State, run: Run): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of state.messages.walk(run.thread_id, { order: 'desc' }, FEW)) {
    if (message.run_id !== run.id) break;
    messages.unshift(message);
  }
  return messages;
}

/** Sorts out what is whole. Throws when that does not suffice to go on. */
export function keptRun(run: Run, { steps, messages, found, resumable }: StoredRun): KeptRun {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const whole: KeptStep[] = [];
  const answer: KeptStep[] = [];
  for (const step of steps) {
    if (!isWhole(step, byId, step === steps.at(-1))) break;
    answer.push(step);
    if (step.type === 'tool_calls' || step.isLast || unsaidAfter(whole) !== '')
      whole.push(...answer.splice(0));
    if (step.status === 'in_progress' || step.isLast) break;
  }
  if (run.status === 'requires_action' && !whole.some(({ answer }) => answer)) {
    throw new TypeError(`Run ${run.id} waits for the outputs of calls that are not there.`);
  }
  const kept = new Set(whole);
  const passed = partsAtEnd(whole);
  const said = new Set(whole.map(messageOf));
  return {
    steps: whole,
    messages: messages.filter(({ id }) => said.has(id)),
    found,
    unsaid: unsaidAfter(whole),
    isOver: whole.at(-1)?.isLast ?? false,
    resumable: resumable?.number === answersOf(whole).length - passed + 1 ? resumable : undefined,
    passed,
    begun: {
      steps: steps.filter((step) => !kept.has(step)),
      messages: messages.filter(({ id }) => !said.has(id)),
    },
  };
}

/**
 * Whether the model came to the end of what the step is of. Of the newest one the message may not have been kept; one that
 * others came after was kept, and deleted by somebody. Throws for a step that cannot be read again.
 */
function isWhole(step: KeptStep, messages: ReadonlyMap<string, Message>, isNewest: boolean): boolean {
  const isDone = step.status === 'completed';
  const id = messageOf(step);
  const message = id !== undefined && messages.get(id);
  if (message === undefined) return isDone && !isNewest;
  if (message) return isDone && message.status !== 'in_progress';
  if (isDone && !step.answer) throw new TypeError(`Step ${step.id} does not hold its answer.`);
  return step.answer !== undefined && (isDone || step.status === 'in_progress');
}

function messageOf({ step_details: details }: KeptStep): string | undefined {
  return details.type === 'message_creation' ? details.message_creation.message_id : undefined;
}

function answersOf(steps: KeptStep[]): WholeAnswer[] {
  return steps.flatMap(({ answer }) => answer ?? []);
}

/** How many of the newest answers are parts of one that went on. */
function partsAtEnd(steps: KeptStep[]): number {
  const answers = answersOf(steps);
  return answers.length - 1 - answers.findLastIndex(({ goesOn }) => !goesOn);
}

/** What is to be said when these steps are the last. */
function unsaidAfter(steps: KeptStep[]): string {
  const last = steps.at(-1);
  return last?.status === 'completed' ? (last.answer?.textAfter ?? '') : '';
}
