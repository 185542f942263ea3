import { Problem } from '../problem.ts';

/** For those who talk with the bot: the message is for those who run it, and names addresses and files. */
const TOLD =
  'What you wrote could not be kept or answered, because my database does not work at the moment. Ask again in a few minutes.';

/** The store can't be used, now or until somebody mends it. What was kept before is safe. */
export class StoreProblem extends Problem {
  /** A sentence for the person in the chat. */
  get told(): string {
    return TOLD;
  }
}
