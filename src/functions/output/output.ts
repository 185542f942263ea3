import type { Room } from '../../file-quota.ts';
import type { FunctionFile, FunctionResult } from '../team-function.ts';
import { cutInTheMiddle } from './cut.ts';
import type { Secrets } from './secrets.ts';

/** What a call may tell the model, in UTF-16 code units: some 6,000 tokens, a tenth of what one is given by default. */
export const LONGEST_OUTPUT = 24_000;

/** A longer text is not gone through as a whole, and nobody would read it. */
const LONGEST_TEXT = 8 * 1024 * 1024;

/** More files are not shown. */
const MOST_FILES = 10;

/** The Assistants server's limit on one file, in bytes. */
const LARGEST_FILE = 25 * 1024 * 1024;

/** Longer names of files are cut. */
const LONGEST_FILE_NAME = 120;

/** What the model is told of a call, and the files that people are shown. */
export interface Output {
  readonly output: string;
  readonly files: readonly FunctionFile[];
  /** What went wrong, as the model is told of it; left out when nothing did. */
  readonly error?: string;
  /** The names of files for which there is no room; left out when there are none. */
  readonly leftOut?: readonly string[];
}

const ENDLESS: Room = { bytes: Number.POSITIVE_INFINITY, told: '' };

/**
 * Makes the result of a call safe: no secret of the environment is in it, and it is no longer than a model can take. Of a
 * longer text both ends are told, and the whole of it becomes a file.
 * @param room For the bytes of all its files.
 */
export function outputOf(
  name: string,
  { text, files = [] }: FunctionResult,
  secrets: Secrets,
  room: Room = ENDLESS,
): Output {
  const shown = filesOf(files, secrets, room);
  const left = { ...room, bytes: room.bytes - bytesOf(shown.files) };
  const { told, whole, leftOut = [] } = shortened(name, text, secrets, left);
  const attached = [...shown.files, ...(whole ? [whole] : [])];
  const notes = [
    ...shown.refusals,
    ...(attached.length > 0
      ? [`[Attached to the reply, for people to see: ${attached.map((file) => file.name).join(', ')}]`]
      : []),
  ];
  const output = [told.trim() === '' && notes.length === 0 ? '(no output)' : told, ...notes];
  const without = [...shown.leftOut, ...leftOut];
  return {
    output: output.filter((line) => line !== '').join('\n'),
    files: attached,
    ...(without.length > 0 && { leftOut: without }),
  };
}

export function bytesOf(files: readonly FunctionFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

function shortened(
  name: string,
  text: string,
  secrets: Secrets,
  room: Room,
): { told: string; whole?: FunctionFile; leftOut?: string[] } {
  const wellFormed = text.length > LONGEST_TEXT ? text : text.toWellFormed();
  if (wellFormed.length > LONGEST_TEXT) return { told: endsOf(wellFormed, secrets) };
  const clean = secrets.redact(wellFormed);
  if (clean.length <= LONGEST_OUTPUT) return { told: clean };
  const file = `${name}-output.txt`;
  const { head, tail, leftOut } = cutInTheMiddle(clean, LONGEST_OUTPUT);
  const bytes = Buffer.from(clean);
  const fits = bytes.length <= room.bytes;
  const where = fits
    ? `the whole is attached to the reply as ${file}`
    : `the whole can't be attached. ${room.told}`;
  const told = `${head}\n[${count(leftOut)} characters are left out here: ${where}]\n${tail}`;
  return fits ? { told, whole: { name: file, bytes } } : { told, leftOut: [file] };
}

/** Of what is too long to be gone through: its ends, cut so that no part of a secret stands at either cut. */
function endsOf(text: string, secrets: Secrets): string {
  const half = LONGEST_OUTPUT / 2;
  const reach = half + secrets.longest;
  const head = secrets.redact(text.slice(0, reach).toWellFormed()).slice(0, half);
  const tail = secrets.redact(text.slice(-reach).toWellFormed()).slice(-half);
  const note = `[The result has ${count(text.length)} characters, of which only the ends are told: it is too long to be attached. Ask for less of it.]`;
  return `${head}\n${note}\n${tail}`.toWellFormed();
}

function filesOf(
  given: readonly FunctionFile[],
  secrets: Secrets,
  room: Room,
): { files: FunctionFile[]; refusals: string[]; leftOut: string[] } {
  const files: FunctionFile[] = [];
  const refusals: string[] = [];
  const leftOut: string[] = [];
  for (const file of given) {
    const name = fileName(file.name, secrets);
    const reason = files.length >= MOST_FILES ? `a call can give ${MOST_FILES} files` : whyNot(file, secrets);
    if (reason !== undefined) {
      refusals.push(`[The file ${JSON.stringify(name)} was left out: ${reason}]`);
      continue;
    }
    if (bytesOf(files) + file.bytes.byteLength > room.bytes) {
      refusals.push(`[The file ${JSON.stringify(name)} was left out. ${room.told}]`);
      leftOut.push(name);
      continue;
    }
    const description = file.description === undefined ? undefined : secrets.redact(file.description);
    files.push({ name, bytes: file.bytes, ...(description && { description }) });
  }
  return { files, refusals, leftOut };
}

function whyNot({ bytes }: FunctionFile, secrets: Secrets): string | undefined {
  if (bytes.byteLength === 0) return 'it is empty';
  if (bytes.byteLength > LARGEST_FILE) return `it is larger than ${LARGEST_FILE / 1024 / 1024} MB`;
  return secrets.isIn(bytes) ? 'it holds a secret of this server' : undefined;
}

/** Without folders, and without what would be read as something else. */
function fileName(name: string, secrets: Secrets): string {
  const plain = secrets
    .redact(name)
    .toWellFormed()
    .replace(/^.*[\\/]/s, '')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return plain.slice(-LONGEST_FILE_NAME) || 'file';
}

function count(characters: number): string {
  return characters.toLocaleString('en');
}
