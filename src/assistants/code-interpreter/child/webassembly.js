import { checksumOf } from './wheel.js';

// Machine code of its own would let a person's code call whatever Emscripten offers to it. What packages bring is known
// by its checksum; everything else is refused.

const HEADER_BYTES = 8;

/** How every module begins. https://webassembly.github.io/spec/core/binary/modules.html#binary-module */
const MAGIC = [0, 0x61, 0x73, 0x6d];

/** The sections of a module that only passes on what it is given: types, imports, exports. */
const PASSING_ON = new Set([1, 2, 7]);

const { WebAssembly } = globalThis;

/** The checksums of the modules that packages brought. @type {Set<string>} */
const allowed = new Set();

/**
 * Lets Python load this module, after `guardWebAssembly` too.
 *
 * @param {Uint8Array} bytes
 */
export function allowModule(bytes) {
  allowed.add(checksumOf(bytes));
}

/**
 * Whether these bytes are code at all.
 *
 * @param {Uint8Array} bytes
 */
export function isModule(bytes) {
  return MAGIC.every((byte, at) => bytes[at] === byte);
}

/** From here on only modules that were allowed can be compiled, and only at once. */
export function guardWebAssembly() {
  const { Module } = WebAssembly;
  const Guarded = new Proxy(Module, {
    construct(_, [given]) {
      // A copy, so that what is looked at is what is compiled.
      const bytes = Uint8Array.from(
        new Uint8Array(given.buffer ?? given, given.byteOffset ?? 0, given.byteLength),
      );
      if (!passesOn(bytes) && !allowed.has(checksumOf(bytes)))
        throw new WebAssembly.CompileError('This code is of no package that is installed.');
      return new Module(bytes);
    },
  });
  Object.defineProperty(Module.prototype, 'constructor', {
    value: Guarded,
    writable: false,
    configurable: false,
  });
  Object.assign(WebAssembly, { Module: Guarded });
  for (const name of ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming', 'Memory'])
    Reflect.deleteProperty(WebAssembly, name);
}

/**
 * True for the small modules with which Emscripten gives a function of JavaScript's the form that a package calls.
 *
 * @param {Uint8Array} bytes
 */
function passesOn(bytes) {
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const section = bytes[at];
    // Its length is one byte in so small a module: one with the bit of a longer number is refused.
    const length = bytes[at + 1] ?? 0x80;
    if (section === undefined || !PASSING_ON.has(section) || length >= 0x80) return false;
    at += 2 + length;
  }
  return true;
}
