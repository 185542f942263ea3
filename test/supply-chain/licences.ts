import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allows } from './spdx.ts';

/*
 * `npm run check:licences`: whether every package that Bobbin runs with may be passed on with it. It asks nobody: what
 * `npm ci` has put into `node_modules` counts, and package-lock.json for what other systems have.
 */

/** They ask for no more than to be named; MPL-2.0 besides that its own files stay free, which are not changed here. */
const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'Unlicense',
  'Zlib',
]);

/** Packages that may be taken though their licence says otherwise or nothing: by name and version, with the reason. */
const ACCEPTED: Readonly<Record<string, string>> = {};

interface Locked {
  version?: string;
  license?: unknown;
  dev?: boolean;
}

/** What is wrong with the licences of the packages of the folder, as whole sentences. */
export function wrongLicences(folder: string, accepted = ACCEPTED): string[] {
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  const packages = Object.entries<Locked>(lock.packages).filter(([path, { dev }]) => path !== '' && !dev);
  return packages.flatMap(([path, locked]) => {
    const name = `${path.replace(/^.*node_modules\//, '')}@${locked.version}`;
    const licence = licenceOf(manifestIn(join(folder, path)) ?? locked);
    if (allows(licence, (one) => ALLOWED.has(one)) || Object.hasOwn(accepted, name)) return [];
    const has = licence === '' ? 'no licence' : `the licence ${licence}`;
    return [
      `${name} has ${has}: take another package, or say in test/supply-chain/licences.ts why it may be taken.`,
    ];
  });
}

function manifestIn(folder: string): { license?: unknown; licenses?: unknown } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** As packages say it today, and as old ones did. */
function licenceOf({ license, licenses }: { license?: unknown; licenses?: unknown }): string {
  if (typeof license === 'string') return license;
  const named = [license, ...(Array.isArray(licenses) ? licenses : [])].flatMap(
    (one) => Object(one).type ?? [],
  );
  return named.join(' OR ');
}

if (import.meta.main) {
  const wrong = wrongLicences(process.cwd());
  process.stdout.write(
    wrong.length > 0 ? `${wrong.join('\n')}\n` : 'Every licence is one of those that are allowed.\n',
  );
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
