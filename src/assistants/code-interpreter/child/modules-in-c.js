// Python's table of the modules that are written in C and linked into it: pairs of a name and a function, the last of them
// empty. https://docs.python.org/3/c-api/import.html#c._inittab

/**
 * Modules that give code the memory of its Python, or Pyodide's way to JavaScript. None is of use to a person: the tests
 * of Python itself use most of them.
 */
export const WITHHELD = new Set([
  '_ctypes',
  '_pyodide_core',
  '_remote_debugging',
  '_testcapi',
  '_testinternalcapi',
  '_testlimitedcapi',
  '_testbuffer',
  '_testclinic',
  '_testclinic_limited',
  '_xxtestfuzz',
  'xxsubtype',
]);

/** A name that begins with this is no name: Python's own are ASCII. */
const UNNAMED = 0xff;

const POINTER = 4;

/** What Emscripten calls the program itself among the libraries. */
const PROGRAM = '__main__';

/**
 * Makes Python forget these modules: no way of importing finds them from then on.
 *
 * @param {any} emscripten what Pyodide calls its `_module`
 */
export function withholdModules(emscripten) {
  const memory = new DataView(emscripten.HEAPU8.buffer);
  const pointerAt = (/** @type {number} */ at) => memory.getUint32(at, true);
  const table = pointerAt(emscripten._PyImport_Inittab);
  for (let entry = table; pointerAt(entry) !== 0; entry += 2 * POINTER) {
    const name = pointerAt(entry);
    if (WITHHELD.has(emscripten.UTF8ToString(name))) memory.setUint8(name, UNNAMED);
  }
  // Python's own program is a library too, whose functions an import could name.
  const { loadedLibsByName: libraries } = emscripten.LDSO;
  for (const name of WITHHELD) Reflect.deleteProperty(libraries[PROGRAM].exports, `PyInit_${name}`);
  Reflect.deleteProperty(libraries, PROGRAM);
}
