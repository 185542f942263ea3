import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What modules import of Bobbin: its own exports, and zod, of which schemas must be. */
const OURS = /^(bobbin|zod)(\/|$)/;

/** Which loading of a folder a module belongs to: Node loads no address twice. */
const LOADING = 'loading';

/** The folders that are loaded, as addresses, by the numbers of their loadings. */
const folders = new Map<string, string>();

/**
 * Imports modules of a folder, and with them all that they import below it, as they are now, and as often as that is asked
 * for anew. They find `bobbin` and `zod` wherever the folder is.
 */
export function importerOf(folder: string): (name: string) => Promise<Readonly<Record<string, unknown>>> {
  if (folders.size === 0) registerHooks({ resolve });
  const loading = String(folders.size);
  folders.set(loading, pathToFileURL(join(folder, '/')).href);
  return (name) => {
    const url = pathToFileURL(join(folder, name));
    url.searchParams.set(LOADING, loading);
    return import(url.href);
  };
}

/** The file of a folder that stands in a stack, as the folder has it; undefined where none does. */
export function fileIn(stack: string, folder: string): string | undefined {
  const [, after] = stack.split(pathToFileURL(join(folder, '/')).href);
  const [, file] = new RegExp(`^([^?\\s]*)\\?${LOADING}=`).exec(after ?? '') ?? [];
  return file && decodeURI(file);
}

type Resolve = NonNullable<NonNullable<Parameters<typeof registerHooks>[0]>['resolve']>;

function resolve(...[specifier, context, next]: Parameters<Resolve>): ReturnType<Resolve> {
  const loading = URL.parse(context.parentURL ?? '')?.searchParams.get(LOADING) ?? '';
  const folder = folders.get(loading);
  if (folder === undefined) return next(specifier, context);
  const found = resolveFrom(specifier, context, next);
  const url = URL.parse(found.url);
  if (!url?.href.startsWith(folder) || url.pathname.includes('/node_modules/')) return found;
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
