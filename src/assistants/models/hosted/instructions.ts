import type { Place } from '../../code-interpreter/hosted/containers.ts';
import { DATA_FOLDER } from '../../runs/writer/produced-files.ts';

/** What `code_interpreter` is as a function says its description; a provider's own has none that can be added to. */
const FILES = `Files that Python writes to ${DATA_FOLDER} reach the user when the answer links to them as [name](sandbox:${DATA_FOLDER}name).`;

const FRESH =
  'Python was started anew: variables, functions and imports of earlier calls in this conversation are gone, and so are files that earlier code wrote.';

/** What the model must know of the container in which its code runs; `ranBefore`: it knows of earlier calls. */
export function instructionsFor({ isNew, uploads }: Place, ranBefore: boolean): string {
  const there = uploads.flatMap(({ name, path }) => (path === undefined ? [] : [placeOf(name, path)]));
  const lacking = uploads.flatMap(({ name, problem }) =>
    problem === undefined ? [] : [`The file ${name} is not in ${DATA_FOLDER}: ${problem}`],
  );
  return [
    ...(isNew && ranBefore ? [FRESH] : []),
    FILES,
    ...(there.length > 0 ? [`Files that Python finds there now: ${there.join(', ')}.`] : []),
    ...lacking,
  ].join(' ');
}

/** The provider stores a file under a name of its own. */
function placeOf(name: string, path: string): string {
  return path === DATA_FOLDER + name ? path : `${path} (which the conversation calls ${DATA_FOLDER}${name})`;
}
