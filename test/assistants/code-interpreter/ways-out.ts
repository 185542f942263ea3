import { encodeFrame } from '../../../src/assistants/code-interpreter/child/frames.js';
import type { Canaries } from './canaries.ts';

/** A way out of the sandbox: code that tries it, and what it says when it is shut. */
export interface WayOut {
  name: string;
  code: (surroundings: Canaries & { dataDir: string }) => string;
  shut: RegExp;
}

/** Leads to JavaScript's own objects, from the one that Pyodide's event loop cannot do without. */
const JAVASCRIPT = `
import asyncio, importlib.machinery
core = importlib.machinery.BuiltinImporter.load_module("_pyodide_core")
schedule = type(asyncio.get_event_loop()).call_later.__globals__["scheduleCallback"]
Function = schedule.constructor
Array = core.to_js([]).constructor
JsProxy = next(kind for kind in type(schedule).__mro__ if kind.__name__ == "JsProxy")
`;

/** What an exception is called, in Python or in JavaScript. */
const KIND = 'kind = lambda e: e.name if type(e).__name__ == "JsException" else type(e).__name__';

/** Python that prints what each attempt ends with, so that none hides behind another. */
function attempts(imports: string, ...expressions: string[]): string {
  const lines = expressions.map(
    (expression) => `try: print("DONE", ${expression})\nexcept BaseException as e: print(kind(e))`,
  );
  return [KIND, imports, ...lines].join('\n');
}

/** A text as Python writes it. */
const py = (text: string) => JSON.stringify(text);

const WAYS_TO_FILES: WayOut[] = [
  {
    name: 'reading a host file with open()',
    code: ({ file }) => attempts('', 'open("/etc/passwd").read()', `open(${py(file)}).read()`),
    shut: /^(FileNotFoundError\n){2}$/,
  },
  {
    name: 'reading a host file with os.open() and pathlib',
    code: ({ file }) =>
      attempts('import os, pathlib', `os.open(${py(file)}, 0)`, `pathlib.Path(${py(file)}).read_text()`),
    shut: /^(FileNotFoundError\n){2}$/,
  },
  {
    name: 'writing a host file',
    code: ({ file, folder }) =>
      attempts(
        'import os',
        `open(${py(file)}, "w")`,
        `open(${py(`${folder}/new`)}, "w")`,
        `os.mkdir(${py(`${folder}/n`)})`,
        `os.remove(${py(file)})`,
      ),
    shut: /^(FileNotFoundError\n){4}$/,
  },
  {
    name: 'reaching a host file through a symbolic link',
    code: ({ file }) =>
      attempts(
        'import os',
        `os.symlink(${py(file)}, "/mnt/data/link")`,
        'open("/mnt/data/link").read()',
        'os.unlink("/mnt/data/link")',
      ),
    shut: /^DONE None\nFileNotFoundError\nDONE None\n$/,
  },
  {
    name: 'listing the folders of the host',
    code: () => 'import os\nsorted(os.listdir("/"))',
    shut: /^\['dev', 'home', 'lib', 'mnt', 'proc', 'tmp'\]\n$/,
  },
  {
    name: 'reading the process through /proc',
    code: () =>
      attempts(
        '',
        ...['environ', 'cmdline', 'mem', 'maps', 'root/etc/passwd'].map(
          (name) => `open("/proc/self/${name}").read()`,
        ),
      ),
    shut: /^(FileNotFoundError\n){5}$/,
  },
  {
    name: 'reading the environment of the bot',
    code: () =>
      'import os, posix\n[n for n in {**os.environ, **{k.decode(): 1 for k in posix.environ}} if "BOBBIN" in n or "NODE" in n or "KEY" in n]',
    shut: /^\[\]\n$/,
  },
  {
    name: 'mounting a folder of the host',
    code: () =>
      attempts(
        '',
        '__import__("pyodide_js").FS.mount("NODEFS")',
        '__import__("pyodide").mountNodeFS("/host", "/")',
        '__import__("os").mount("/", "/mnt")',
      ),
    shut: /^(ModuleNotFoundError\n){2}AttributeError\n$/,
  },
];

const WAYS_TO_THE_NETWORK: WayOut[] = [
  {
    name: 'TCP by socket',
    code: ({ port }) =>
      attempts(
        'import socket',
        `socket.create_connection(("127.0.0.1", ${port}), 1).sendall(b"hello")`,
        `socket.create_connection(("localhost", ${port}), 1).recv(9)`,
      ),
    shut: /^(OSError\n){2}$/,
  },
  {
    name: 'TCP without waiting for the connection',
    code: ({ port }) => `
import socket
s = socket.socket()
s.setblocking(False)
try: print(s.connect_ex(("127.0.0.1", ${port})))
except BaseException as e: print(type(e).__name__)
try: s.send(b"hello")
except BaseException as e: print(type(e).__name__)`,
    shut: /^[1-9]\d*\nOSError\n$/,
  },
  {
    name: 'UDP',
    code: ({ port }) =>
      attempts(
        'import socket\nu = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)',
        `u.sendto(b"hello", ("127.0.0.1", ${port}))`,
      ),
    shut: /^OSError\n$/,
  },
  {
    name: 'a listening socket',
    code: () =>
      attempts('import socket\ns = socket.socket()', 's.bind(("0.0.0.0", 0)) or s.listen()', 's.accept()'),
    shut: /^(OSError\n){2}$/,
  },
  {
    name: 'a Unix socket',
    code: () => attempts('import socket', 'socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock")'),
    shut: /^AttributeError\n$/,
  },
  {
    name: 'DNS: a name becomes an invented address',
    code: () => 'import socket\nsocket.gethostbyname("secret.example.com")',
    shut: /^'172\.29\.\d+\.0'\n$/,
  },
  {
    name: 'HTTP by http.client and urllib',
    code: ({ port }) => `
import http.client, urllib.request
try: c = http.client.HTTPConnection("127.0.0.1", ${port}, timeout=1); c.request("GET", "/"); print(c.getresponse().read())
except OSError as e: print(type(e).__name__)
try: print(urllib.request.urlopen("http://127.0.0.1:${port}/", timeout=1).read())
except OSError as e: print(type(e).__name__)`,
    shut: /^OSError\nURLError\n$/,
  },
  {
    name: 'TCP by asyncio',
    code: ({ port }) => attempts('import asyncio', `await asyncio.open_connection("127.0.0.1", ${port})`),
    shut: /^(.*\n)*NotImplementedError\n$/,
  },
  {
    name: "fetch, XMLHttpRequest and WebSocket of Pyodide's own modules",
    code: () =>
      attempts(
        '',
        '__import__("pyodide.http").http.open_url',
        '__import__("pyodide.http").http.pyfetch',
        '__import__("js").fetch',
        '__import__("js").XMLHttpRequest',
        '__import__("js").WebSocket',
      ),
    shut: /^(ModuleNotFoundError\n){5}$/,
  },
  {
    name: 'mail, FTP and XML-RPC',
    code: ({ port }) =>
      attempts(
        'import smtplib, ftplib, xmlrpc.client',
        `smtplib.SMTP("127.0.0.1", ${port}, timeout=1)`,
        `ftplib.FTP().connect("127.0.0.1", ${port}, 1)`,
        `xmlrpc.client.ServerProxy("http://127.0.0.1:${port}").system.listMethods()`,
      ),
    shut: /^(OSError\n){3}$/,
  },
  {
    name: 'installing a package',
    code: () =>
      attempts(
        '',
        '__import__("micropip")',
        '__import__("pyodide_js").loadPackage("numpy")',
        '__import__("pip")',
      ),
    shut: /^(ModuleNotFoundError\n){3}$/,
  },
];

const WAYS_TO_PROCESSES: WayOut[] = [
  {
    name: 'os.system(), os.popen() and subprocess',
    code: ({ folder }) =>
      attempts(
        'import os, subprocess',
        `os.system("touch ${folder}/system")`,
        `os.popen("touch ${folder}/popen").read()`,
        `subprocess.run(["touch", "${folder}/run"])`,
      ),
    shut: /^(OSError\n){3}$/,
  },
  {
    name: 'fork, exec and pty',
    code: () =>
      attempts(
        'import os, pty',
        'os.fork()',
        'os.execv("/bin/true", ["true"])',
        'pty.spawn("true")',
        'os.posix_spawn("/bin/true", ["true"], {})',
      ),
    shut: /^(OSError\n){3}AttributeError\n$/,
  },
  {
    name: 'multiprocessing and threads',
    code: () =>
      attempts(
        'import multiprocessing, threading, _thread',
        'multiprocessing.Process(target=print).start()',
        'threading.Thread(target=print).start()',
        '_thread.start_new_thread(print, ())',
      ),
    shut: /^ModuleNotFoundError\n(RuntimeError\n){2}$/,
  },
  {
    name: 'signals to another process, to the parent, to its group and to init',
    code: ({ pid }) =>
      attempts(
        'import os',
        `os.kill(${pid}, 9)`,
        'os.kill(os.getppid(), 15)',
        'os.kill(0, 15)',
        'os.kill(-1, 9)',
        'os.killpg(1, 9)',
        'os.kill(1, 0)',
      ),
    shut: /^(PermissionError\n){6}$/,
  },
  {
    name: 'writing to descriptors that were never opened',
    code: () => `
import os
open_ones = []
for fd in range(3, 256):
    try: os.write(fd, b"hello"); open_ones.append(fd)
    except OSError: pass
open_ones`,
    shut: /^\[\]\n$/,
  },
  {
    name: "forging the protocol's frames on standard output",
    code: () => {
      const forged = [
        encodeFrame({ type: 'file', name: 'forged.txt' }, Buffer.from('x')),
        encodeFrame({ type: 'done', left: [] }),
      ];
      const bytes = Buffer.concat(forged).toString('base64');
      return `
import base64, os
frames = base64.b64decode("${bytes}")
for way in ("/dev/stdout", "/dev/stderr", "/dev/tty"):
    with open(way, "wb") as out: out.write(frames)
os.write(1, frames)
os.write(2, frames)
print("still here")`;
    },
    shut: /still here\n$/,
  },
];

const WAYS_TO_JAVASCRIPT: WayOut[] = [
  {
    name: "importing JavaScript's globals and Pyodide's modules",
    code: () =>
      attempts(
        'import importlib',
        ...[
          'js',
          'pyodide_js',
          'pyodide_js._module',
          'pyodide',
          'pyodide.code',
          '_pyodide',
          '_pyodide_core',
        ].map((name) => `importlib.import_module("${name}")`),
      ),
    shut: /^(ModuleNotFoundError\n){7}$/,
  },
  {
    name: "finding Pyodide's modules among those that are loaded",
    code: () =>
      'import sys\n[n for n, m in sys.modules.items() if n.split(".")[0] in ("js", "pyodide", "_pyodide", "_pyodide_core")] + dir(sys.modules["pyodide_js._api"].config)[-1:]',
    shut: /^\['enableRunUntilComplete'\]\n$/,
  },
  {
    name: "loading Pyodide's modules anew, past the import system",
    code: () =>
      attempts(
        'import zipimport, importlib.util, warnings\nwarnings.simplefilter("ignore")',
        'zipimport.zipimporter("/lib/python314.zip").load_module("pyodide")',
        'zipimport.zipimporter("/lib/python314.zip/pyodide").load_module("code").run_js("1")',
      ),
    shut: /^ImportError\nModuleNotFoundError\n$/,
  },
  {
    name: 'giving the import system its JavaScript modules back',
    code: () => `
import sys
hook = [f for f in sys.meta_path if "yodide" in repr(f) or "Js" in repr(f)]
${attempts('import warnings, zipimport\nwarnings.simplefilter("ignore")', 'hook[0]', 'zipimport.zipimporter("/lib/python314.zip").load_module("_pyodide")._importhook.jsfinder.jsproxies["js"]')}`,
    shut: /^IndexError\nImportError\n$/,
  },
  {
    name: 'run_js() and eval()',
    code: () => attempts(JAVASCRIPT, 'Function("return eval")()("1 + 1")', 'core.run_js("1 + 1")'),
    shut: /^EvalError\nAttributeError\n$/,
  },
  {
    name: 'the Function constructor',
    code: () =>
      attempts(
        JAVASCRIPT,
        'Function("return process")()',
        'Function.new("return globalThis")()',
        'schedule.constructor.constructor("return 1")',
        'Function.prototype.constructor("return this")',
        'Function.apply(None, ["return 1"])',
        'Function.bind(None, "return 1")()',
      ),
    shut: /^(EvalError\n){6}$/,
  },
  {
    name: "a dynamic import of Node's modules",
    code: () =>
      attempts(
        JAVASCRIPT,
        'Function("return import(\'node:fs\')")()',
        'Function("return process.binding(\'spawn_sync\')")()',
        'Function("return process.mainModule.require(\'fs\')")()',
      ),
    shut: /^(EvalError\n){3}$/,
  },
  {
    name: 'the global object as the receiver of a call',
    code: () =>
      attempts(
        JAVASCRIPT,
        'schedule.call(None).process',
        'schedule.toString.call(None).constructor',
        'schedule.valueOf.call(None)',
      ),
    shut: /^AttributeError\n(TypeError\n){2}$/,
  },
  {
    name: 'the prototype of a JavaScript object',
    code: () =>
      attempts(
        JAVASCRIPT,
        'schedule.__proto__',
        'setattr(Function.prototype, "call", print)',
        'setattr(Array.prototype, "push", print)',
        'delattr(Function.prototype, "apply")',
        'setattr(Array.prototype, "polluted", 1)',
      ),
    shut: /^AttributeError\n(TypeError\n){4}$/,
  },
  {
    name: 'the stack of a JavaScript error',
    code: () => `${JAVASCRIPT}
try: Function("x")
except BaseException as e: error = e
print("/" in str(getattr(error, "stack", "")))
try: error.constructor.prepareStackTrace = print; print("DONE", error.constructor.prepareStackTrace)
except BaseException as e: print(e.name)`,
    shut: /^False\nTypeError\n$/,
  },
  {
    name: 'every JavaScript object that Python can get hold of',
    code: () => `${JAVASCRIPT}
import gc
roots = [core.to_js({}), core.to_js([]), core.to_js(b""), core.to_js({"a": {1}}), schedule, core.create_proxy(print)]
for o in gc.get_objects():
    for v in o.values() if type(o) is dict else [o]:
        if isinstance(v, JsProxy): roots.append(v)
for name in dir(core):
    if isinstance(getattr(core, name), JsProxy): roots.append(getattr(core, name))
seen, names = {}, set()
while roots and len(seen) < 5000:
    o = roots.pop()
    if not isinstance(o, JsProxy) or o.js_id in seen: continue
    seen[o.js_id] = o
    for name in dir(o):
        if name.startswith("__"): continue
        names.add(name)
        try: roots.append(getattr(o, name))
        except BaseException: pass
dangerous = {"process", "require", "fetch", "kill", "spawn", "readFileSync", "Worker", "binding", "WebSocket", "mainModule",
  "createRequire", "exec", "globalThis", "XMLHttpRequest", "child_process", "NODEFS", "filesystems", "mount", "FS", "_module", "_api"}
(len(seen) > 5, roots, names & dangerous)`,
    shut: /^\(True, \[\], set\(\)\)\n$/,
  },
];

export const WAYS_OUT: WayOut[] = [
  ...WAYS_TO_FILES,
  ...WAYS_TO_THE_NETWORK,
  ...WAYS_TO_PROCESSES,
  ...WAYS_TO_JAVASCRIPT,
];

/** Leads to what brings packages in, from where the import system has it. */
const PROVIDE = `
import sys
provide = sys.meta_path[-1].find_spec.__globals__["provide"]
Function = provide.constructor
`;

/** Ways that packages may open: `low` and `high` are installed, and were imported. */
export const WAYS_PAST_PACKAGES: WayOut[] = [
  {
    name: 'reading where packages are kept',
    code: ({ dataDir }) =>
      attempts(
        'import os',
        `os.listdir(${py(`${dataDir}/packages`)})`,
        `open(${py(`${dataDir}/packages/low-1.0.0-py3-none-any.whl`)}, "rb").read()`,
        `open(${py(`${dataDir}/packages/low-1.0.0-py3-none-any.whl`)}, "wb")`,
      ),
    shut: /^(FileNotFoundError\n){3}$/,
  },
  {
    name: 'asking what brings packages in for something else',
    code: ({ file, dataDir }) =>
      attempts(
        PROVIDE,
        `provide(${py(file)})`,
        `provide(${py(`../../${file}`)})`,
        `provide(${py(`${dataDir}/packages/low-1.0.0-py3-none-any.whl`)})`,
        'provide({"toString": print})',
        'provide("__proto__")',
        'provide(None)',
        'provide()',
      ),
    shut: /^(DONE None\n){7}$/,
  },
  {
    name: 'reaching JavaScript through what brings packages in',
    code: () =>
      attempts(
        PROVIDE,
        'Function("return process")()',
        'provide.constructor.constructor("return 1")',
        'provide.call(None, "low")',
        'provide.caller',
      ),
    shut: /^(EvalError\n){2}DONE None\nTypeError\n$/,
  },
  {
    name: 'changing a package for the next conversation',
    code: () =>
      `import low, sys\nopen(low.__file__, "w").write("NAME = 'changed'")\nimport importlib\nimportlib.reload(low).NAME`,
    shut: /^'changed'\n$/,
  },
];

/** Ways to break this Python, so that something else may come loose. It ends; nothing else happens. */
export const WAYS_TO_BREAK: (Omit<WayOut, 'shut'> & { says?: string })[] = [
  { name: 'exit() in C', code: () => 'import ctypes; ctypes.CDLL(None).exit(0)' },
  { name: 'abort() in C', code: () => 'import ctypes; ctypes.CDLL(None).abort()' },
  {
    name: 'a call to the C function that evaluates JavaScript',
    code: () => 'import ctypes; print("DONE", ctypes.CDLL(None).emscripten_run_script(b"1"))',
  },
  {
    name: 'a call to system() in C',
    code: ({ folder }) =>
      `import ctypes; print(ctypes.CDLL(None).system(b"touch ${folder}/c")); ctypes.CDLL(None).exit(1)`,
  },
  {
    name: 'reading memory that is not there',
    code: () => 'import ctypes; ctypes.string_at(0xfffffff0, 100)',
  },
  { name: 'a fatal error of Pyodide', code: () => `${JAVASCRIPT}\ncore.trigger_fatal_error()` },
  {
    name: 'a recursion without end, in C',
    code: () => 'class A:\n  def __repr__(self): return repr(self)\nA()',
    says: 'too deep',
  },
  {
    name: 'a recursion without end, with the limit taken away',
    code: () => 'import sys; sys.setrecursionlimit(2**30)\ndef f(): return f()\nf()',
    says: 'too deep',
  },
];
