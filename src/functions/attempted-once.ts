/** What came of a call: what the model is told, and what is shown with the reply. */
export interface CallOutcome {
  readonly output: string;
  readonly files: readonly KeptFile[];
}

/** A file that a call gave back, on the Assistants server until the turn is over. */
export interface KeptFile {
  readonly id: string;
  /** What can be seen on a picture. */
  readonly description?: string | undefined;
}

/** Which calls have been attempted, also by a process that is gone. */
export interface Attempts {
  /** What came of the call; null when it was attempted and nothing came back, undefined when it never was. */
  outcomeOf(id: string): CallOutcome | null | undefined;
  /** Resolves when it is kept. */
  note(id: string, outcome: CallOutcome | null): Promise<void>;
}

/** What the model is told of a call that may have worked: whether to call again is for it, and the person, to say. */
const UNKNOWN_OUTCOME: CallOutcome = {
  output: JSON.stringify({
    error:
      'This call was begun, and the process that made it ended before its result came back: it may or may not have had its effect, and was not made again. Say so, and check before you call it again.',
  }),
  files: [],
};

export interface AttemptedCall {
  readonly id: string;
  /** Whether it may be made again when its process died in it. */
  readonly isRepeatable: boolean;
}

/** Makes a call, but none twice that may not be repeated, whatever becomes of the process. */
export async function attemptedOnce(
  { id, isRepeatable }: AttemptedCall,
  attempts: Attempts,
  make: () => Promise<CallOutcome>,
): Promise<CallOutcome> {
  const known = attempts.outcomeOf(id);
  if (known) return known;
  if (known === null && !isRepeatable) return UNKNOWN_OUTCOME;
  if (!isRepeatable) await attempts.note(id, null);
  const outcome = await make();
  await attempts.note(id, outcome);
  return outcome;
}
