import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * `npm run check:advisories`: what `npm audit` knows of the packages that Bobbin runs with, from "high" on. One that does
 * not concern Bobbin, or can't be mended yet, is accepted in accepted-advisories.json, until a day and with a reason.
 */

/** How bad is too bad, in npm's words. */
const TOO_BAD: ReadonlySet<unknown> = new Set(['high', 'critical']);

/** Longer than any registry takes, in ms. */
const PATIENCE_MS = 120_000;

/** An advisory that is known and taken. */
export interface Accepted {
  /** Such as `GHSA-xxxx-xxxx-xxxx`. */
  id: string;
  /** Why it does no harm here, or what is waited for. */
  reason: string;
  /** The last day, such as `2027-01-31`; after that it is looked at again. */
  until: string;
}

export type Audited = { readonly open: readonly string[] } | { readonly unanswered: string };

/** Asks the registry. `open` are the advisories that nobody has accepted, or not for so long, as lines to read. */
export function audited(folder: string, accepted: readonly Accepted[], today: string): Audited {
  const args = ['audit', '--omit=dev', '--json'];
  const { stdout, stderr } = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    shell: process.platform === 'win32',
  });
  const report = parsed(stdout);
  if (!report?.vulnerabilities) return { unanswered: String(report?.message ?? stderr).trim() };
  const found = Object.values(report.vulnerabilities).flatMap(({ via }) => via);
  const bad = new Map(
    found.flatMap((one) => (typeof one !== 'string' && TOO_BAD.has(one.severity) ? [[idOf(one), one]] : [])),
  );
  const isOpen = (id: string) => !accepted.some((one) => one.id === id && one.until >= today);
  return {
    open: [...bad].flatMap(([id, { name, title, severity, url }]) =>
      isOpen(id) ? [`${severity}: ${name}: ${title} (${url})`] : [],
    ),
  };
}

interface Advisory {
  name: string;
  title: string;
  severity: string;
  url: string;
}

interface Report {
  message?: unknown;
  /** A name in `via` is that of another package, which has the advisory. */
  vulnerabilities?: Record<string, { via: (string | Advisory)[] }>;
}

function parsed(json: string): Report | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function idOf({ url }: Advisory): string {
  return url.replace(/^.*\//, '');
}

if (import.meta.main) {
  const file = join(import.meta.dirname, 'accepted-advisories.json');
  const result = audited(
    process.cwd(),
    JSON.parse(readFileSync(file, 'utf8')),
    new Date().toISOString().slice(0, 10),
  );
  if ('unanswered' in result)
    process.stdout.write(
      `The registry answers nothing on advisories, so nothing is checked: ${result.unanswered}\n`,
    );
  else
    process.stdout.write(result.open.length > 0 ? `${result.open.join('\n')}\n` : 'No advisory is open.\n');
  process.exitCode = 'open' in result && result.open.length > 0 ? 1 : 0;
}
