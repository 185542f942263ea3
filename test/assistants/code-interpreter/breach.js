import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { loadPython, startRunner } from '../../../src/assistants/code-interpreter/child/load.js';
import { lockDown } from '../../../src/assistants/code-interpreter/child/lockdown.js';
import { WITHHELD } from '../../../src/assistants/code-interpreter/child/modules-in-c.js';
import { writeAll } from '../../../src/assistants/code-interpreter/child/write.js';

// A Python's process in which code has got hold of all that Pyodide has in JavaScript: what does it reach from there?
// Writes what each attempt ended with, as JSON.

const [, snapshot = '', library = ''] = process.argv.slice(2);
const python = await loadPython(readFileSync(snapshot));
const { _api: api, _module: emscripten } = /** @type {any} */ (python);
startRunner(python, WITHHELD);
lockDown(python);

const bytes = Uint8Array.from(Buffer.from(library, 'base64'));
/** @type {Record<string, () => unknown>} */
const attempts = {
  'open a socket': () => api.initializeNodeSockFS(),
  'mount a folder': () => api.public_api.mountNodeFS('/mnt', '/'),
  'mount it below': () => emscripten.FS.mount(emscripten.FS.filesystems.NODEFS, { root: '/' }, '/mnt'),
  'load a package': () => api.public_api.loadPackage('numpy'),
  'load a library': () => emscripten.loadWebAssemblyModule(bytes, {}, 'evil.so', {}),
  'compile code': () => new WebAssembly.Module(bytes),
  'compile code by what made other code': () => {
    const empty = new WebAssembly.Module(Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]));
    return Reflect.construct(Object.getPrototypeOf(empty).constructor, [bytes]);
  },
  'compile code in another wrapping': () => new WebAssembly.Module(new DataView(bytes.buffer)),
  'compile it later': () => WebAssembly.instantiate(bytes),
  'run text': () => emscripten.FS.mkdir.constructor('return 1')(),
  'run text in C': () => emscripten._emscripten_run_script(emscripten.stringToNewUTF8('1')),
  'reach for Node': () => /** @type {any} */ (globalThis).process.binding('fs'),
  'ask for the time later': () => setImmediate(() => {}),
};
/** @type {Record<string, string>} */
const ended = {};
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    attempt();
    ended[name] = 'DONE';
  } catch (error) {
    ended[name] = error instanceof Error ? error.name : String(error);
  }
}
ended['objects in the table'] = String(
  Array.from({ length: emscripten._hiwire_num_refs() }, (_, slot) => emscripten.__hiwire_get(slot)).filter(
    Boolean,
  ).length,
);
ended['names of the global object'] = Object.keys(globalThis).join();
writeAll(1, Buffer.from(JSON.stringify(ended)));
process.exit(0);
