import { distance } from 'fastest-levenshtein';

/** How many names are told; a provider may offer hundreds. */
const MAX_NAMES = 8;

/** Up to eight of `names`, those that are spelt most like `wanted` first, and how many there are besides. */
export function listOfModels(names: string[], wanted: string): string {
  const nearest = names
    .map((name) => ({ name, away: distance(name.toLowerCase(), wanted.toLowerCase()) }))
    .sort((a, b) => a.away - b.away || a.name.localeCompare(b.name))
    .slice(0, MAX_NAMES)
    .map(({ name }) => name);
  const more = names.length - nearest.length;
  return nearest.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
