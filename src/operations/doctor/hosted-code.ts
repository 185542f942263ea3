import type { Parts } from '../../bot.ts';
import { broken, type Finding, limited, well } from './finding.ts';

/** For an answer, in ms. */
const PATIENCE_MS = 10_000;

/** Looks whether code can run at the provider; where it can't, our own Python has to, and is looked at: `own`. */
export async function* examineHostedCode(
  examine: NonNullable<Parts['examineContainers']>,
  own: () => AsyncIterable<Finding>,
): AsyncGenerator<Finding> {
  let reason: string | undefined;
  try {
    reason = await examine(AbortSignal.timeout(PATIENCE_MS));
  } catch (error) {
    yield broken(error instanceof Error ? error.message : String(error));
    return;
  }
  if (reason === undefined) {
    yield well('Code runs in containers at the provider, which the key may use.');
    return;
  }
  yield limited(
    `${reason} Until it does, Bobbin's own Python runs the code: use a provider that has containers and a key that may use them, or leave code_interpreter out of assistant.md.`,
  );
  yield* own();
}
