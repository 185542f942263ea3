import { registerHooks } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** What modules import of Bobbin: its own exports, and zod, of which schemas must be. */
const OURS = /^(bobbin|zod)(\/|$)/;

/** Which loading of a folder a module belongs to: Node loads no address twice. */
const LOADING = 'loading';

let isHooked = false;

/**
 * Imports a module of a folder, and with it the others of that folder which it imports, as they are now: each `loading`
 * has its own. They find `bobbin` and `zod` wherever the folder is.
 */
export async function importModule(
  path: string,
  loading: number,
): Promise<Readonly<Record<string, unknown>>> {
  if (!isHooked) registerHooks({ resolve });
  isHooked = true;
  const url = pathToFileURL(path);
  url.searchParams.set(LOADING, String(loading));
  return import(url.href);
}

type Resolve = NonNullable<NonNullable<Parameters<typeof registerHooks>[0]>['resolve']>;

function resolve(...[specifier, context, next]: Parameters<Resolve>): ReturnType<Resolve> {
  const parent = URL.parse(context.parentURL ?? '');
  const loading = parent?.searchParams.get(LOADING);
  if (!parent || loading === null || loading === undefined) return next(specifier, context);
  const found = resolveFrom(specifier, context, next);
  const url = URL.parse(found.url);
  if (!url || !isBeside(parent, url)) return found;
  url.searchParams.set(LOADING, loading);
  return { ...found, url: url.href };
}

/** Theirs where they have it, and ours where they don't; of Bobbin there is one. */
function resolveFrom(...[specifier, context, next]: Parameters<Resolve>): ReturnType<Resolve> {
  const ours = { ...context, parentURL: import.meta.url };
  if (/^bobbin\//.test(specifier)) return next(specifier, ours);
  try {
    return next(specifier, context);
  } catch (error) {
    if (!OURS.test(specifier)) throw error;
    return next(specifier, ours);
  }
}

/** Whether a file is in the folder of another one or below it, and no package. */
function isBeside(parent: URL, url: URL): boolean {
  if (url.protocol !== 'file:' || url.pathname.includes('/node_modules/')) return false;
  const folder = pathToFileURL(`${dirname(fileURLToPath(parent))}/`).pathname;
  return url.pathname.startsWith(folder);
}
