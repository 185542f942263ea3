import { library } from '../../../sim/webassembly.ts';
import { attempts, type WayOut } from './way-out.ts';

/** A library of no package, as Emscripten links it, which Python would load as the module `evil`. */
const EVIL = `
import base64
with open("/tmp/evil.so", "wb") as file: file.write(base64.b64decode("${Buffer.from(library('PyInit_evil')).toString('base64')}"))
`;

export const WAYS_TO_MEMORY: WayOut[] = [
  {
    name: "ctypes' functions",
    code: () =>
      attempts(
        'import ctypes, ctypes.util',
        'ctypes.CDLL(None).emscripten_run_script(b"1")',
        'ctypes.PyDLL(None)',
        'ctypes.cdll.LoadLibrary("/tmp/evil.so")',
        'ctypes.pythonapi.PyRun_SimpleString(b"1")',
        'ctypes.string_at(id(1), 8)',
        'ctypes.cast(id({}), ctypes.POINTER(ctypes.c_uint32))[9]',
        'ctypes.c_char.from_address(1024).value',
        'ctypes.memmove(1024, b"x", 1)',
        'ctypes.CFUNCTYPE(ctypes.c_int)(16)()',
      ),
    shut: /^(OSError\n){3}AttributeError\n(NotImplementedError\n){5}$/,
  },
  {
    name: 'an address that ctypes gave another type',
    code: () =>
      attempts(
        `import ctypes
address = id("text")
pointer = ctypes.cast(address, ctypes.POINTER(ctypes.c_uint32 * 4))`,
        'pointer.contents',
        'pointer[0]',
        'pointer.__setitem__(0, 1)',
        'list(pointer)',
        'type(pointer).contents.fget(pointer)',
        'ctypes.cast(address, ctypes.CFUNCTYPE(ctypes.c_int))()',
        'ctypes.cast(address, ctypes.c_char_p)',
        'ctypes.cast(address, ctypes.py_object)',
        'ctypes.cast(b"text", ctypes.c_void_p)',
        '(ctypes.c_char * 8).from_buffer(bytearray(8))',
        'memoryview(pointer)',
        'memoryview(ctypes.cast(address, ctypes.c_void_p))',
      ),
    shut: /^(NotImplementedError\n){10}(TypeError\n){2}$/,
  },
  {
    name: 'ctypes of the standard library, instead of what stands in its place',
    code: () =>
      attempts(
        'import sys, zipimport, warnings\nwarnings.simplefilter("ignore")\nkept = sys.modules.pop("ctypes"), sys.modules.pop("ctypes.util")',
        '__import__("ctypes")',
        'zipimport.zipimporter("/lib/python314.zip").load_module("ctypes")',
        '__import__("_ctypes")',
        'sys.modules.update({"ctypes": kept[0], "ctypes.util": kept[1]})',
      ),
    shut: /^(ModuleNotFoundError\n){3}DONE None\n$/,
  },
  {
    name: "the slot of a JavaScript object in Pyodide's table, overwritten",
    code: () => `
import ctypes, importlib.machinery
core = importlib.machinery.BuiltinImporter.load_module("_pyodide_core")
o = core.to_js({})
ctypes.cast(id(o), ctypes.POINTER(ctypes.c_uint32))[9] = 5
await o._api.initializeNodeSockFS()
print("DONE")`,
    shut: /\n(ImportError: '_pyodide_core' is not a built-in module|AttributeError: .* 'to_js')\n$/,
  },
  {
    name: 'machine code as a module of the code itself',
    code: () =>
      `${EVIL}${attempts('import sys\nsys.path.insert(0, "/tmp")', '__import__("evil")')}\nsys.path.remove("/tmp")`,
    shut: /^ImportError\n$/,
  },
  {
    name: 'machine code past the import system',
    code: () =>
      EVIL +
      attempts(
        'import _imp, importlib.machinery as m, types',
        'm.ExtensionFileLoader("evil", "/tmp/evil.so").load_module()',
        '_imp.create_dynamic(m.ModuleSpec("evil", None, origin="/tmp/evil.so"))',
        '_imp.create_dynamic(types.SimpleNamespace(name="evil", origin="/proc/self/cwd/../../tmp/evil.so"))',
        'm.BuiltinImporter.load_module("_imp").create_dynamic(m.ModuleSpec("evil", None, origin="/tmp/evil.so"))',
      ),
    shut: /^(ImportError\n){4}$/,
  },
  {
    name: 'a withheld module by the name of its function in the main program',
    code: () =>
      attempts(
        'import _imp, importlib.machinery as m',
        ...['', '/', '__main__', './__main__', '/lib/python314.zip', '/dev/null', '\\0'].map(
          (origin) => `_imp.create_dynamic(m.ModuleSpec("_ctypes", None, origin="${origin}"))`,
        ),
      ),
    shut: /^((ImportError|ValueError)\n){7}$/,
  },
];
