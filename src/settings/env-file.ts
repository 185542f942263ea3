import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Problem } from '../problem.ts';
import type { Checked } from './checked.ts';
import { decodeText } from './decode-text.ts';

const FILE_NAME = '.env';

/** What Windows' editor makes of the name, and Explorer shows without its end. */
const MISNAMED = '.env.txt';

const NAME = /^[a-z_]\w*$/i;

/** How names are shown that can't be: quoted, so that what is invisible in them is seen. */
const INVISIBLE = /[^\x21-\x7e]/gu;

/**
 * Adds what the `.env` of `folder` sets to `env`, where what is set already counts more. Throws a `Problem` for a file
 * that is there and can't be understood: to go on without it would be to answer with the demo.
 */
export function loadEnvFile(folder: string, env: NodeJS.ProcessEnv): void {
  const path = join(folder, FILE_NAME);
  if (!existsSync(path)) {
    if (!existsSync(join(folder, MISNAMED))) return;
    throw new Problem(
      `Bobbin cannot start: the settings are in ${MISNAMED}, which is not read. Rename it to ${FILE_NAME}; Windows hides the end of its name.`,
    );
  }
  const { value, mistakes } = parseEnvFile(readBytes(path));
  if (mistakes)
    throw new Problem([`Bobbin cannot start. Put this right in ${path}:`, ...mistakes].join('\n- '));
  for (const [name, setting] of Object.entries(value)) env[name] ??= setting;
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const isFolder = error instanceof Error && 'code' in error && error.code === 'EISDIR';
    const reason = isFolder ? 'it is a folder' : error instanceof Error ? error.message : error;
    throw new Problem(
      `Bobbin cannot read ${path}: ${reason}. Put a file with the settings there, or move it away.`,
      { cause: error },
    );
  }
}

/** The variables that the file sets. No mistake shows a value: it may be a secret. */
export function parseEnvFile(bytes: Uint8Array): Checked<Record<string, string>> {
  const { value: text, mistakes } = decodeText(bytes);
  if (mistakes) return { mistakes: mistakes.map((mistake) => `the file ${mistake}`) };
  // Lone carriage returns end lines, too, which Node would take away.
  const lines = text.replace(/\r\n?/g, '\n');
  const variables = parseEnv(lines) as Record<string, string>;
  const wrong = Object.keys(variables).filter((name) => !NAME.test(name));
  if (wrong.length > 0) return { mistakes: wrong.map(notAName) };
  if (Object.keys(variables).length === 0 && /^\s*[^\s#]/m.test(lines)) {
    return { mistakes: ['no line sets anything: write each setting as NAME=value on a line of its own.'] };
  }
  return { value: variables };
}

function notAName(name: string): string {
  const shown = name.replace(INVISIBLE, (character) =>
    character === ' ' ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return `"${shown}" is not a variable's name: write NAME=value, with nothing but letters, digits and _ before the "=".`;
}
