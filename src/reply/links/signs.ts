import * as written from './written.ts';

/** What may be a link or hide one; of each the first character says what it is. */
const SIGNS = [
  String.raw`\\[!-\-;-@[-\x60{-~]`,
  '`+',
  '<',
  String.raw`(?<![^\s>(*_|])!\[|\[`,
  String.raw`\][(:]`,
  String.raw`&(?:#\d+|#x[\da-f]+|colon|sol|period|commat|lpar|rpar|lsqb|rsqb|lbrack|rbrack);`,
  `(?<web>${written.OF_THE_WEB})`,
  `(?<scheme>${written.OTHER_SCHEME})`,
];
export const TOKEN = {
  addresses: new RegExp([...SIGNS, `(?<name>${written.INVITATION})`].join('|'), 'giu'),
  names: new RegExp([...SIGNS, `(?<name>${written.NAME})`].join('|'), 'giu'),
};
/** What at the end of a line may become one of these; nothing of it is longer than `LONGEST_BEGUN`. */
const BEGUN_SIGN = String.raw`\\$|(?<![^\s>(*_|])!$|&#?\w{0,8}$`;
const BEGUN = new RegExp(`${BEGUN_SIGN}|${written.BEGUN}`, 'iu');
const LONGEST_BEGUN = 40;

/** Where at the end of a line that grows something begins that may become one of these. */
export function begunIn(line: string): number | undefined {
  const from = Math.max(0, line.length - LONGEST_BEGUN);
  const begun = BEGUN.exec(line.slice(from));
  return begun ? from + begun.index : undefined;
}
