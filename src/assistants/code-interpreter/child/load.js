import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { process } from './this-process.js';
import { zoneFiles } from './zone-files.js';

// Pyodide is told that it is in a Web Worker: so it never gets hold of Node's fs, child_process or vm. What it would
// fetch there are the files of its own package.

/** What the snapshot has imported already: what nearly every piece of code, and its traceback, needs. */
const PRELOADED =
  'ast, asyncio, collections, csv, datetime, decimal, fractions, functools, io, itertools, json, linecache, math, ' +
  'os, pathlib, random, re, statistics, string, sys, textwrap, traceback, types, zoneinfo';

/** What runs people's code: one namespace, in this order. */
const RUNNER = ['questions', 'refusals', 'packages', 'event_loop', 'runner'];

/** Compiled once, when the snapshot is made: to compile at each start would take a fifth of it. */
const COMPILE = `
import sys, types
module = types.ModuleType("bobbin")
module.parts = [compile(source, f"<{name}>", "exec") for name, source in sources]
sys.modules["bobbin"] = module
`;

/** Whoever imports ctypes gets what stands in its place. */
const INSTALL = `
import sys, types
ctypes, util = types.ModuleType("ctypes"), types.ModuleType("ctypes.util")
exec(compile(source, "<ctypes>", "exec"), vars(ctypes))
ctypes.__path__ = []
ctypes.util = util
util.find_library = lambda name: None
sys.modules.update({"ctypes": ctypes, "ctypes.util": util})
`;

const START = `
import sys
for part in sys.modules.pop("bobbin").parts:
    exec(part, globals())
start
`;

/** Pyodide's folder, from outside: to find it by name would need the right to read every folder above. */
const PACKAGE = `${pathToFileURL(process.argv[2] ?? '').href}/`;

/** @typedef {import('pyodide').PyodideAPI} Pyodide */

/**
 * Starts Python from the memory of one that was started before: eight times faster than from nothing.
 *
 * @param {Uint8Array} snapshot what `makeSnapshot` gave, under the same versions of Pyodide and Node.js
 * @returns {Promise<Pyodide>}
 */
export function loadPython(snapshot) {
  return load({ _loadSnapshot: snapshot });
}

/**
 * Makes ready what runs people's code. From then on Pyodide's own functions for that are gone.
 *
 * @param {Pyodide} python
 * @param {Iterable<string>} withheld the modules in C that code shall not have
 * @returns {((code: string) => void) & { destroy(): void }}
 */
export function startRunner(python, withheld) {
  return python.runPython(START, { globals: python.toPy({}) })([...withheld].join());
}

/**
 * Starts Python from nothing.
 *
 * @param {string} zones the path of the package `tzdata`'s data
 * @returns {Promise<Uint8Array>} its memory
 */
export async function makeSnapshot(zones) {
  const { bytes, places } = zoneFiles(JSON.parse(readFileSync(zones, 'utf8')));
  const python = await load({ _makeSnapshot: true });
  python.runPython(`import ${PRELOADED}`);
  python.FS.writeFile('/zones', bytes);
  python.FS.writeFile('/zones.json', JSON.stringify(places));
  python.runPython(partOf('zones'), { globals: python.toPy({}), filename: '<zones>' });
  python.runPython(INSTALL, { globals: python.toPy({ source: partOf('no_ctypes') }) });
  const sources = RUNNER.map((name) => [name, partOf(name)]);
  python.runPython(COMPILE, { globals: python.toPy({ sources }) });
  return python.makeMemorySnapshot();
}

/** @param {string} name of a part in Python */
function partOf(name) {
  return readFileSync(new URL(`./${name}.py`, import.meta.url), 'utf8');
}

/** @param {{ _loadSnapshot: Uint8Array } | { _makeSnapshot: true }} start */
async function load(start) {
  pretendToBeWorker();
  /** @type {typeof import('pyodide')} */
  const { loadPyodide } = await import(`${PACKAGE}pyodide.mjs`);
  return loadPyodide({
    indexURL: PACKAGE,
    packageBaseUrl: PACKAGE,
    // No wheel is there to be loaded.
    lockFileContents: { ...packageIndex(), packages: {} },
    jsglobals: { __proto__: null, Object, Array, Uint8Array, Error },
    env: { HOME: '/mnt/data', PYTHONDONTWRITEBYTECODE: '1' },
    ...start,
  });
}

/** Pyodide checks that this belongs to its own version. */
function packageIndex() {
  return JSON.parse(readFileSync(new URL('pyodide-lock.json', PACKAGE), 'utf8'));
}

function pretendToBeWorker() {
  const WorkerGlobalScope = { [Symbol.hasInstance]: () => true };
  const silent = () => {};
  Object.assign(WebAssembly, { instantiateStreaming: instantiate });
  Reflect.deleteProperty(globalThis, 'process');
  Reflect.deleteProperty(globalThis, 'navigator');
  Object.assign(globalThis, {
    WorkerGlobalScope,
    self: globalThis,
    location: PACKAGE,
    fetch: readOwnFile,
    // Standard output carries the protocol: nothing else may write to it.
    console: { log: silent, warn: silent, error: silent, info: silent, debug: silent, trace: silent },
  });
}

/** @param {URL | string} url */
async function readOwnFile(url) {
  const bytes = readFileSync(new URL(url));
  return {
    ok: true,
    arrayBuffer: async () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  };
}

/**
 * @param {ReturnType<typeof readOwnFile>} response
 * @param {WebAssembly.Imports} imports
 */
async function instantiate(response, imports) {
  const { arrayBuffer } = await response;
  return WebAssembly.instantiate(await arrayBuffer(), imports);
}
