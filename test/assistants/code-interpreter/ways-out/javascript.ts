import { attempts, py, type WayOut } from './way-out.ts';

/** Every object that Python's garbage collector knows, and what each of them refers to. */
const EVERYTHING = `
import gc
everything = gc.get_objects()
everything += [r for o in list(everything) for r in gc.get_referents(o)]
`;

/** The types that are JavaScript's objects in Python, or make them. */
const MAKERS = '{"JsProxy", "Py2JsConverter", "Js2PyConverter", "JsFuncSignature", "JsMethodCallSingleton"}';

/** The modules in C that hold a way to JavaScript, or to the memory of Python. */
const WITHHELD = [
  '_pyodide_core',
  '_ctypes',
  '_remote_debugging',
  '_testcapi',
  '_testinternalcapi',
  '_testlimitedcapi',
  '_testbuffer',
  '_xxtestfuzz',
];

export const WAYS_TO_JAVASCRIPT: WayOut[] = [
  {
    name: "importing JavaScript's globals and Pyodide's modules",
    code: () =>
      attempts(
        'import importlib',
        ...[
          'js',
          'pyodide_js',
          'pyodide_js._module',
          'pyodide_js._api',
          'pyodide',
          'pyodide.code',
          'pyodide.ffi',
          '_pyodide',
          '_pyodide_core',
        ].map((name) => `importlib.import_module("${name}")`),
      ),
    shut: /^(ModuleNotFoundError\n){9}$/,
  },
  {
    name: "finding Pyodide's modules among those that are loaded",
    code: () => `${EVERYTHING}
import sys, types
(sorted(n for n in sys.modules if "yodide" in n or n == "js"),
 {m.__name__ for m in everything if type(m) is types.ModuleType and "yodide" in getattr(m, "__name__", "")})`,
    shut: /^\(\[\], set\(\)\)\n$/,
  },
  {
    name: "loading Pyodide's modules anew, past the import system",
    code: () =>
      attempts(
        'import zipimport, importlib.util, warnings\nwarnings.simplefilter("ignore")',
        'zipimport.zipimporter("/lib/python314.zip").load_module("pyodide")',
        'zipimport.zipimporter("/lib/python314.zip/pyodide").load_module("code").run_js("1")',
        '(space := {"__name__": "pyodide._run_js", "__package__": "pyodide"}) and exec(zipimport.zipimporter("/lib/python314.zip/pyodide").get_code("_run_js"), space) or space["run_js"]("1")',
        'zipimport.zipimporter("/lib/python314.zip").load_module("_pyodide")._importhook.jsfinder.jsproxies["js"]',
      ),
    shut: /^ImportError\n(ModuleNotFoundError\n){2}ImportError\n$/,
  },
  {
    name: 'loading what is written in C past the import system',
    code: () =>
      attempts(
        'import importlib.machinery, warnings\nwarnings.simplefilter("ignore")\nload = importlib.machinery.BuiltinImporter.load_module',
        ...WITHHELD.map((name) => `load("${name}")`),
      ),
    shut: /^(ImportError\n){8}$/,
  },
  {
    name: 'loading what is written in C with the functions below the import system',
    code: () =>
      attempts(
        `import importlib.machinery, types
create = importlib.machinery.BuiltinImporter.load_module("_imp").create_builtin
specs = [lambda name: types.SimpleNamespace(name=name), lambda name: importlib.machinery.ModuleSpec(name, None)]`,
        `[create(spec(name)) for name in ${JSON.stringify(WITHHELD)} for spec in specs if create(spec(name))]`,
      ),
    shut: /^DONE \[\]\n$/,
  },
  {
    name: 'telling the import system that a module in C is there',
    code: () => `
import importlib.machinery, sys, warnings
warnings.simplefilter("ignore")
sys.builtin_module_names += ${`(${WITHHELD.map((name) => `"${name}"`).join(', ')})`}
for name in ${JSON.stringify(WITHHELD)}:
  module = importlib.machinery.BuiltinImporter.load_module(name)
  print([n for n in vars(module) if not n.startswith("__")])
  del sys.modules[name]`,
    shut: /^(\[\]\n){8}$/,
  },
  {
    name: 'loading it under a name that is no text',
    code: () =>
      attempts(
        'import importlib.machinery, _imp, types',
        ...['"\\udcffctypes"', '"\\xffctypes"', '"ctypes"', '""', 'b"_ctypes"'].map(
          (name) => `_imp.create_builtin(types.SimpleNamespace(name=${name})) or exec("raise ImportError")`,
        ),
      ),
    shut: /^(\w*Error\n){5}$/,
  },
  {
    name: 'getting hold of a JavaScript object that Python holds already',
    code: () => `${EVERYTHING}
{type(o).__name__ for o in everything if type(o).__name__ == "JsProxy" or "Js" in {k.__name__ for k in type(o).__mro__} }`,
    shut: /^set\(\)\n$/,
  },
  {
    name: 'making a JavaScript object of a Python one',
    code: () => `${EVERYTHING}
makers = [o for o in everything if type(o).__name__ in ${MAKERS}]
made = set()
for maker in makers:
  for name in (n for n in dir(maker) if not n.startswith("__")):
    for args in ((), ({},), ([],), (print,)):
      try: made.add(type(getattr(maker, name)(*args)).__name__)
      except BaseException: pass
maker = makers = None
sorted(made & (${MAKERS} | {"JsException"}))`,
    shut: /^\[\]\n$/,
  },
  {
    name: 'instantiating the types of JavaScript objects',
    code: () => `
def below(kind):
  for one in type.__subclasses__(kind): yield one; yield from below(one)
kinds = {one for one in below(object) if one.__name__ in ${MAKERS} - {"JsFuncSignature"}}
made, held = [], []
for kind in kinds:
  for make in (kind, kind.__new__, object.__new__, lambda k: k({}), lambda k: k.__new__(k), lambda k: type("X", (k,), {})(),
               lambda k: __import__("copyreg").__newobj__(k), lambda k: __import__("pickle").loads(b"\\x80\\x02c" + k.__module__.encode() + b"\\n" + k.__name__.encode() + b"\\n)\\x81.")):
    try: made.append(make(kind))
    except BaseException: pass
for one in made:
  for use in (lambda o: o.constructor, lambda o: o.object_keys(), lambda o: o.py2js_convert({}), lambda o: o.js2py_convert({}), lambda o: o.to_py()):
    try: held.append(use(one))
    except BaseException: pass
made = one = None
held`,
    shut: /^\[\]\n$/,
  },
  {
    name: 'the functions of Pyodide that are left over',
    code: () => `${EVERYTHING}
import types
left = [o for o in everything if isinstance(o, types.FunctionType) and "yodide" in str(o.__module__)]
{name for f in left for name in ("run_sync", "create_proxy", "create_once_callable", "to_js", "scheduleCallback", "jsproxy_typedict", "js_flags")
 if name in f.__globals__ or name in {getattr(c.cell_contents, "__name__", "") for c in f.__closure__ or ()}}`,
    shut: /^set\(\)\n$/,
  },
  {
    name: "the event loop's own functions",
    code: () => `
import asyncio, types
loop = asyncio.get_running_loop()
seen = set()
for kind in type(loop).__mro__:
  for value in vars(kind).values():
    if isinstance(value, types.FunctionType): seen |= {type(v).__name__ for v in value.__globals__.values()} | set(value.__globals__)
sorted(seen & (${MAKERS} | {"scheduleCallback", "run_sync", "create_once_callable"}))`,
    shut: /^\[\]\n$/,
  },
  {
    name: 'the frames and the namespaces of what runs the code',
    code: () => `
import sys
try: 1 / 0
except ZeroDivisionError as error: frame = error.__traceback__.tb_frame
names, kinds = set(), set()
while frame:
  for space in (frame.f_globals, frame.f_locals, frame.f_builtins):
    names |= set(space); kinds |= {type(value).__name__ for value in space.values()}
  frame = frame.f_back
("ask" in names, sorted(kinds & ${MAKERS}), sorted(n for n in names if "secret" in n.lower()))`,
    shut: /^\(True, \[\], \[\]\)\n$/,
  },
  {
    name: "the secret of the call in Python's memory",
    code: () => `${EVERYTHING}
import re
hexadecimal = re.compile(r"[0-9a-f]{32,}")
[o for o in everything if type(o) is str and len(o) < 200 and hexadecimal.fullmatch(o)]`,
    shut: /^\[\]\n$/,
  },
  {
    name: "JavaScript's functions by way of a pickle",
    code: () =>
      attempts(
        'import pickle',
        ...[
          '_pyodide_core\\nto_js',
          'js\\neval',
          'pyodide.code\\nrun_js',
          '_ctypes\\ndlopen',
          'pyodide.ffi\\ncreate_proxy',
        ].map((name) => `pickle.loads(b"c${name}\\n.")`),
      ),
    shut: /^(ModuleNotFoundError\n){5}$/,
  },
  {
    name: 'asking what answers Python for more than it answers',
    code: ({ file }) => `
import os, json
def asked(question):
  d = os.open("/dev/bobbin", os.O_RDWR)
  os.write(d, question)
  try: return json.loads(os.read(d, 100000))
  finally: os.close(d)
for question in (b"constructor", b"__proto__ x", b"toString", b"", b"\\xff\\xfe", b"provide constructor", b"provide __proto__", b"provide ../../x",
                 b"pause -1", b"known.constructor", b"known", b"eval 1", ${py(`provide ${file}`)}.encode(), b"x" * 100000):
  print(asked(question))
list(asked(b"known "))`,
    shut: /^(None\n){14}\['installed', 'missing'\]\n$/,
  },
];
