import { loadWhole } from '../../functions/modules/load-folder.ts';
import type { Approval } from '../../functions/team-function.ts';
import { broken, type Finding, limited, well } from './finding.ts';

/** Loads the team's functions as the bot does, and lists them with what is wrong. */
export async function* examineFunctions(folder: string, isRequired: boolean): AsyncGenerator<Finding> {
  const { functions, mistakes } = await loadWhole(folder, { isRequired });
  for (const { file, team } of functions) yield well(`${team.name} (${file})${wordOf(team.approve)}.`);
  for (const remark of functions.flatMap(({ remarks }) => remarks)) yield limited(remark);
  for (const mistake of mistakes) yield broken(mistake);
  if (functions.length + mistakes.length === 0) yield well('There are none.');
}

function wordOf(approve: Approval | undefined): string {
  if (approve === undefined) return '';
  if (approve === 'asker') return ', when the person who asks approves it';
  if (approve === 'channel') return ', when somebody in the conversation approves it';
  return `, when one of these approves it: ${approve.join(', ')}`;
}
