import { bubblewrap } from './bubblewrap.ts';
import { filterFile } from './filter-file.ts';
import { namespaces } from './namespaces.ts';
import { restrictions } from './restrictions.ts';
import { tryWalls } from './try-walls.ts';
import { type Construction, NODE_ALONE, type Wall, type Walls } from './wall.ts';

/** Where these stand, a child that has broken out of Node.js is still shut in, and nothing weaker is tried. */
const ENCLOSING: readonly Wall[] = ['files', 'network', 'processes', 'privileges'];

let found: Promise<Walls> | undefined;

/** The best walls of this machine, which are looked for once. Never rejects: there may be none. */
export function wallsHere(): Promise<Walls> {
  found ??= findWalls();
  return found;
}

async function findWalls(): Promise<Walls> {
  const refusals: string[] = [];
  let best = NODE_ALONE;
  for (const construction of await constructions().catch(() => [])) {
    const standing = await tryWalls(construction).catch((error: Error) => {
      refusals.push(`${construction.name}: ${error.message}`);
    });
    if (!standing) continue;
    if (standing.size > best.standing.size) best = { construction, standing, refusals };
    if (ENCLOSING.every((wall) => standing.has(wall))) break;
  }
  return { ...best, refusals };
}

/** Each way to build walls that this machine has the tools for, the strongest first. */
export async function constructions(): Promise<Construction[]> {
  if (process.platform !== 'linux') return [];
  const [outside, inside] = [filterFile({ signals: false }), filterFile({ signals: true })];
  const wrapped = await bubblewrap(outside).catch(() => undefined);
  const all = [wrapped, namespaces(), ...(await restrictions(inside).catch(() => []))];
  return all.filter((construction) => construction !== undefined);
}
