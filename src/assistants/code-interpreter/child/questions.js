import { Buffer } from 'node:buffer';

// Python asks this process through a file: it writes a question there and reads the answer. So no object of JavaScript's
// has to be within Python's reach, from whose properties one could climb to others.

/** Where Python finds the file: see questions.py. */
const FILE = '/dev/bobbin';

/** A number that no other device of Emscripten's has. */
const MAJOR = 64;

const NO_ANSWER = new Uint8Array(0);

/** @typedef {{ answer?: Uint8Array }} Asking an open file */

/**
 * Answers Python's questions from now on.
 *
 * @param {import('pyodide').PyodideAPI['FS']} fs
 * @param {Record<string, (about: string) => unknown>} answers by the first word of a question, given its rest; what
 *   they give reaches Python as JSON
 */
export function answerQuestions(fs, answers) {
  const known = new Map(Object.entries(answers));
  const device = fs.makedev(MAJOR, 0);
  fs.registerDevice(device, {
    /** @param {Asking} asking @param {Uint8Array} memory @param {number} at @param {number} length */
    write(asking, memory, at, length) {
      const question = Buffer.from(memory.slice(at, at + length)).toString();
      const [, word = '', about = ''] = /^(\w+) (.*)$/s.exec(question) ?? [];
      asking.answer = Uint8Array.from(Buffer.from(JSON.stringify(known.get(word)?.(about) ?? null)));
      return length;
    },
    /** @param {Asking} asking @param {Uint8Array} memory @param {number} at @param {number} length */
    read(asking, memory, at, length) {
      const answer = asking.answer ?? NO_ANSWER;
      const piece = answer.subarray(0, length);
      memory.set(piece, at);
      asking.answer = answer.subarray(piece.length);
      return piece.length;
    },
  });
  fs.mkdev(FILE, 0o666, device);
}
