import type { Functions, NamedCall } from './functions.ts';

/** Which calls have been attempted, also by a process that is gone. */
export interface Attempts {
  /** The call's output; null when it was attempted and none came back, undefined when it never was. */
  outcomeOf(id: string): string | null | undefined;
  /** Resolves when it is kept. */
  note(id: string, outcome: string | null): Promise<void>;
}

/** What the model is told of a call that may have worked: whether to call again is for it, and the person, to say. */
const UNKNOWN_OUTCOME = JSON.stringify({
  error:
    'This call was begun, and the process that made it ended before its result came back: it may or may not have had its effect, and was not made again. Say so, and check before you call it again.',
});

/** The same functions, of which no call is made twice, whatever becomes of the process. */
export function attemptedOnce(functions: Functions, attempts: Attempts): Functions {
  const make = async (call: NamedCall, signal: AbortSignal) => {
    await attempts.note(call.id, null);
    const output = await functions.call(call, signal);
    await attempts.note(call.id, output);
    return output;
  };
  return {
    async call(call, signal) {
      const outcome = attempts.outcomeOf(call.id);
      return outcome === undefined ? make(call, signal) : (outcome ?? UNKNOWN_OUTCOME);
    },
  };
}
