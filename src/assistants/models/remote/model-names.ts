/** How many names are told; a provider may offer hundreds. */
const MAX_NAMES = 8;

/** Up to eight of `names`, those that are spelt most like `wanted` first, and how many there are besides. */
export function listOfModels(names: string[], wanted: string): string {
  const nearest = names
    .map((name) => ({ name, distance: editDistance(name.toLowerCase(), wanted.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, MAX_NAMES)
    .map(({ name }) => name);
  const more = names.length - nearest.length;
  return nearest.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The number of letters to insert, delete or replace (Levenshtein) to get from `a` to `b`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
