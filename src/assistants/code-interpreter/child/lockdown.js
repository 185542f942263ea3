import { runInNewContext } from 'node:vm';
import { withholdModules } from './modules-in-c.js';
import { guardWebAssembly } from './webassembly.js';

/** What Emscripten goes on calling of a Worker's globals, for Python's alarms, though they never ring. */
const KEPT = new Set(['setTimeout', 'clearTimeout']);

/** What Pyodide's own code needs of its API while Python runs. */
const KEPT_OF_API = new Set([
  'config',
  'errorConstructors',
  'fatal_error',
  'getTypeTag',
  'isPyProxy',
  'maybe_fatal_error',
  'public_api',
  'typedArrayAsUint8Array',
]);

/** File systems that Python may have; the others reach for a disk or a database. */
const KEPT_FILE_SYSTEMS = new Set(['MEMFS']);

/**
 * Takes away, for good, whatever code in this process could reach beyond it with.
 *
 * The wall is the process: no permission for files, network, processes, threads or add-ons, no code made of strings,
 * no environment. This puts a second one before it, for `process.kill`, which Node's permissions do not cover, and
 * for the day when one of the others has a hole.
 *
 * @param {import('pyodide').PyodideAPI} python
 */
export function lockDown(python) {
  /** @type {any} */
  const { _module: emscripten } = python;
  const fileSystems = python.FS.filesystems;
  for (const name of Object.keys(fileSystems)) if (!KEPT_FILE_SYSTEMS.has(name)) delete fileSystems[name];
  withholdModules(emscripten);
  guardWebAssembly();
  stripPyodide(python);
  removeGlobals();
  freezeIntrinsics();
}

/**
 * Takes from Pyodide what it offers to JavaScript, sockets and package managers among it, and from Python's table of
 * JavaScript's objects those that lead there.
 *
 * @param {any} python
 */
function stripPyodide({ _api: api, _module: emscripten }) {
  const { public_api: offered } = api;
  for (const name of Reflect.ownKeys(offered)) Reflect.deleteProperty(offered, name);
  const { isPyProxy } = api;
  for (const name of Reflect.ownKeys(api)) {
    if (KEPT_OF_API.has(String(name))) continue;
    if (isPyProxy(api[name])) api[name].destroy();
    Reflect.deleteProperty(api, name);
  }
  const slots = emscripten._hiwire_num_refs();
  for (let slot = 1; slot < slots; slot += 1) emscripten.__hiwire_set(slot, null);
}

/** Leaves what the language itself has, and what Pyodide needs. */
function removeGlobals() {
  const language = new Set(runInNewContext('Object.getOwnPropertyNames(globalThis)'));
  const { crypto, performance } = globalThis;
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (language.has(name) || KEPT.has(name)) continue;
    if (!Reflect.deleteProperty(globalThis, name)) throw new Error(`The global ${name} cannot be removed.`);
  }
  // Python's clock, and its os.urandom.
  Object.assign(globalThis, {
    performance: { now: () => performance.now() },
    crypto: {
      getRandomValues: (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => crypto.getRandomValues(bytes),
    },
  });
}

/** Keeps Python from changing the ground that the code of this folder stands on. */
function freezeIntrinsics() {
  const typedArray = Object.getPrototypeOf(Uint8Array);
  const classes = [Object, Function, Array, Promise, Map, Set, RegExp, typedArray, ArrayBuffer, DataView];
  for (const { prototype } of classes) {
    for (const key of ['constructor', 'toString', 'valueOf']) letInheritorsAssign(prototype, key);
    Object.freeze(prototype);
  }
  for (const intrinsic of [...classes, Uint8Array, WeakMap, Reflect, JSON, Math, WebAssembly, Atomics])
    Object.freeze(intrinsic);
  // A handler of stack traces would be shown the functions on the stack, and a stack names the host's folders.
  const fixed = { writable: false, configurable: false };
  Object.defineProperty(Error, 'prepareStackTrace', { value: undefined, ...fixed });
  Object.defineProperty(Error, 'captureStackTrace', fixed);
  Error.stackTraceLimit = 0;
  for (const kind of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError])
    Object.preventExtensions(kind);
}

/**
 * A read-only property of a prototype could not be assigned on the objects that inherit it either, which Pyodide does.
 *
 * @param {object} prototype
 * @param {string} key
 */
function letInheritorsAssign(prototype, key) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
  if (!descriptor || !('value' in descriptor)) return;
  const { value, enumerable = false } = descriptor;
  Object.defineProperty(prototype, key, {
    enumerable,
    get: () => value,
    set(own) {
      if (this === prototype) throw new TypeError(`${key} cannot be changed.`);
      Object.defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
    },
  });
}
