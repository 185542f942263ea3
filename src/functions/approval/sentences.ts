import { safeText } from '../../reply/sources/safe-text.ts';
import type { Decision } from '../../view.ts';
import type { Approval } from '../team-function.ts';
import type { Question } from './question.ts';

/** Longer names are cut. */
const LONGEST_NAME = 80;

/** Where those are whom `approve` names. */
const PLATFORMS: Readonly<Record<string, string>> = { slack: 'on Slack', discord: 'on Discord' };

export const NOT_OPEN = 'This is not open any more, so nothing came of it.';

export const NOT_DECIDED = 'That could not be kept at the moment, so nothing is decided. Press again.';

export const NOT_KNOWN =
  'Whether you may decide this could not be found out at the moment, so nothing is decided. Press again.';

export const NOT_TO_BE_KNOWN =
  'Whether you may decide this can’t be found out, since Bobbin may not look it up here, so nothing is decided. Whoever runs Bobbin sees with "npm start -- doctor" what it lacks.';

/** A decision that was made already, for whoever comes after it. */
export function alreadyDecided({ isApproved, by }: Decision): string {
  if (!by) return 'The time to decide this is over: it was not done.';
  return `${nameOf(by.name)} has ${isApproved ? 'approved' : 'refused'} this already.`;
}

/** Why somebody may not decide. */
export function notForYou(question: Question): string {
  return `This is not yours to decide: it needs the word of ${whose(question)}.`;
}

/** Whose word is needed, as the end of a sentence of Markdown. */
export function whose({ approve, asker, named }: Pick<Question, 'approve' | 'asker' | 'named'>): string {
  if (approve === 'asker') return `${nameOf(asker.name)}, who asked`;
  if (approve === 'channel') return 'somebody here';
  return oneOf(named?.map(nameOf) ?? approve.map((name) => `\`${safeText(name, LONGEST_NAME)}\``));
}

function oneOf(names: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(names);
}

export function nameOf(name: string): string {
  return safeText(name, LONGEST_NAME) || 'somebody';
}

/** What the model is told of a call that was not made. */
export function refusal({ by, reason }: Decision): string {
  if (!by)
    return JSON.stringify({
      error:
        'Nobody said in time that this may be done, so it was not. Say so, and that it can be asked for again.',
    });
  return JSON.stringify({
    error: `${nameOf(by.name)} was asked, and does not want this done, so it was not. Do not call it again unless you are asked to.`,
    ...(reason !== undefined && { reason }),
  });
}

/** The same where somebody stopped the reply before it was decided. */
export const STOPPED = JSON.stringify({ error: 'Somebody has stopped the answer, so this was not done.' });

/** What it is told where nobody of those whose word is needed can be asked. */
export function unreachable(approve: Approval): string {
  const platforms = [approve].flat().map((name) => PLATFORMS[name.split(':')[0] ?? ''] ?? 'elsewhere');
  return JSON.stringify({
    error: `This needs the word of somebody ${oneOf([...new Set(platforms)])}, who cannot be asked in this conversation, so it was not done. Say so.`,
  });
}
