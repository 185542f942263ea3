import { type Finding, limited, well } from './finding.ts';

/** Lists what the operating system keeps children from; without it they work all the same. */
export async function* examineWalls(
  look: () => Promise<readonly { stands: boolean; text: string }[]>,
): AsyncGenerator<Finding> {
  for (const { stands, text } of await look()) yield stands ? well(text) : limited(text);
}
