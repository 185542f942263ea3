import { visible } from '../../knowledge/reports/sync-report.ts';
import { readDocuments } from '../../knowledge/sources/documents.ts';
import { findFiles } from '../../knowledge/sources/find.ts';
import type { KnowledgeSettings } from '../../settings/assistant-file.ts';
import { broken, type Finding, limited, unknown, well } from './finding.ts';

/** So many files that need a look are told. */
const MOST_TOLD = 10;

/** Looks at the files that `knowledge:` names; what of them can be searched is known to whoever has the store. */
export async function* examineKnowledge({ root, entries }: KnowledgeSettings): AsyncGenerator<Finding> {
  const { documents, problems } = await readDocuments(await findFiles(root, entries));
  const told = `assistant.md names ${documents.length.toLocaleString('en')} documents that can be read.`;
  yield documents.length > 0
    ? well(told)
    : broken('Of what assistant.md names as knowledge, nothing can be read.');
  for (const { path, reason } of problems.slice(0, MOST_TOLD)) yield limited(visible(`${path} ${reason}.`));
  const more = problems.length - MOST_TOLD;
  if (more > 0) yield limited(`${more} more need a look: "npm start -- knowledge status" lists them.`);
  yield unknown('Whether they can be searched as they are now is told by "npm start -- knowledge status".');
}
