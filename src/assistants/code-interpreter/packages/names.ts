import { closest, distance } from 'fastest-levenshtein';
import { canonicalName, type LockedPackage, type PackageLock } from './lock.ts';
import { PackageError } from './package-error.ts';

/** How many letters may differ between a name and what was meant. */
const MAX_DISTANCE = 2;

/** What does the work of a package that no lock names, as far as it can be done. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['xlsxwriter', 'openpyxl writes Excel files'],
  ['seaborn', 'matplotlib draws charts'],
  ['plotly', 'matplotlib draws charts'],
]);

/** The packages of these names. Throws a `PackageError` that says of each that isn't there which one was meant. */
export function packagesNamed(names: readonly string[], lock: PackageLock): LockedPackage[] {
  const unknown = names.filter((name) => !lock.get(name));
  if (unknown.length > 0)
    throw new PackageError('unknown package', unknown.map((name) => unknownSentence(name, lock)).join(' '));
  return names.flatMap((name) => lock.get(name) ?? []);
}

function unknownSentence(name: string, lock: PackageLock): string {
  const bringing = lock.bringing(name);
  if (bringing) return `${name} is a module of the package ${bringing.name}: install that.`;
  const known = lock.all.map((one) => one.name);
  const near = known.length > 0 && closest(name.toLowerCase(), known);
  if (near && distance(name.toLowerCase(), near) <= MAX_DISTANCE)
    return `There is no package ${name} for this Python: did you mean ${near}?`;
  const instead = INSTEAD.get(canonicalName(name));
  return `There is no package ${name} for this Python${instead ? `, but ${instead}` : ''}.`;
}
