import { afterAll, describe, expect, it } from 'vitest';
import { python } from '../python.ts';

const { tell, close } = python();
afterAll(close);

/** Reads a module as a package does that can do without it. */
const WITHOUT = (statement: string) => `try: ${statement}\nexcept ImportError: print("without")`;

// What numpy 2.4, pandas 3.0, matplotlib 3.10, scipy 1.18 and what they need ask of Python while they are imported and in
// everyday use, where this Python hides something or has less than others.
describe('what packages ask of Python', () => {
  it.each([
    ['numpy: the integer of a pointer', 'import ctypes\nctypes.sizeof(ctypes.c_void_p)', '4'],
    [
      "numpy: an array's address and shape",
      `import ctypes
data = ctypes.c_void_p(64)
pointer = ctypes.cast(data, ctypes.POINTER(ctypes.c_double))
pointer._arr = []
(data.value, ctypes.cast(data, ctypes.c_void_p).value, type((ctypes.c_long * 2)(3, 4)).__name__)`,
      "(64, 64, 'c_long_Array_2')",
    ],
    [
      "numpy.ctypeslib: ctypes' types by those of numpy",
      `import ctypes, sys, types
from ctypes import c_byte, c_int, c_double
sys.modules["numpy"] = types.SimpleNamespace(dtype=lambda kind: f"dtype {kind}" if type(kind) is str else kind)
kinds = {kind.dtype: kind.__ctype_le__ for kind in (c_byte, c_int, c_double)}
del sys.modules["numpy"]
(kinds, [hasattr(kind, "dtype") for kind in (c_int, ctypes.c_void_p, ctypes.POINTER(c_int))])`,
      "({'dtype b': <class 'ctypes.c_byte'>, 'dtype i': <class 'ctypes.c_int'>, 'dtype d': <class 'ctypes.c_double'>}, [False, False, False])",
    ],
    [
      'numpy: whether a type is one of ctypes',
      `import ctypes
class Point(ctypes.Structure): _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]
[kind.__mro__[-2].__module__ for kind in (Point, ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.c_int * 3)]`,
      "['_ctypes', '_ctypes', '_ctypes', '_ctypes']",
    ],
    [
      'scipy: functions of its own as those of ctypes',
      `import ctypes
kind = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.POINTER(ctypes.c_int), ctypes.c_void_p)
function = ctypes.cast(1234, kind)
(isinstance(function, ctypes.CFUNCTYPE(ctypes.c_void_p).__bases__[0]), ctypes.cast(function, ctypes.c_void_p).value,
 function.restype is ctypes.c_double, function.argtypes[1] is ctypes.POINTER(ctypes.c_int))`,
      '(True, 1234, True, True)',
    ],
    [
      "pandas: the clipboard's functions",
      'import ctypes\nfrom ctypes import c_size_t, c_wchar, c_wchar_p, get_errno, sizeof\nsizeof(c_wchar)',
      '4',
    ],
    [
      'threadpoolctl: the libraries that are loaded',
      `import ctypes
class Info(ctypes.Structure): _fields_ = [("address", ctypes.c_uint32), ("name", ctypes.c_char_p)]
try: ctypes.CDLL(ctypes.util.find_library("c"), mode=ctypes.RTLD_GLOBAL)
except OSError: print(ctypes.sizeof(Info))`,
      '8',
    ],
    ...[
      'import _ctypes',
      'import ctypes.wintypes',
      'from ctypes import windll',
      'from pyodide_js._module import LDSO',
      'from pyodide.ffi import run_sync',
      'import js',
      'import pwd, grp',
      'import resource',
      'import _hashlib',
      'import _uuid',
      'import _multiprocessing',
      'import tkinter',
      'import pyarrow',
    ].map((statement) => [`which can do without it: ${statement}`, WITHOUT(statement), 'without']),
    [
      'matplotlib: the fonts of the system',
      'import subprocess\ntry: subprocess.check_output(["fc-list", "--help"])\nexcept (OSError, subprocess.CalledProcessError): print([])',
      '[]',
    ],
    [
      'matplotlib: a folder for its cache, and a lock in it',
      `import os, pathlib
folder = pathlib.Path(os.environ["MPLCONFIGDIR"])
folder.mkdir(parents=True, exist_ok=True)
with (folder / "lock").open("x"): print(os.access(folder, os.W_OK | os.X_OK))
(folder / "lock").unlink()`,
      'True',
    ],
    [
      'numpy and pandas: files as memory',
      `import mmap
with open("/tmp/numbers", "wb") as file: file.write(b"12345")
with open("/tmp/numbers", "rb") as file: print(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[1:3])`,
      "b'23'",
    ],
    [
      'numpy.testing and pandas.show_versions(): what machine this is',
      'import platform, sysconfig\n(sysconfig.get_config_var("HOST_GNU_TYPE"), platform.processor(), platform.machine())',
      "('wasm32-unknown-emscripten', '', 'wasm32')",
    ],
    [
      'numpy and pandas: random numbers and checksums without OpenSSL',
      'import hashlib, hmac, secrets, uuid\n(len(secrets.token_hex()), uuid.uuid4().version, len(hmac.digest(b"", b"", "sha256")))',
      '(64, 4, 32)',
    ],
    [
      'all: locks, and what each thread has for itself',
      'import threading\nwith threading.RLock(), threading.Lock(): print(type(threading.local()).__name__)',
      '_local',
    ],
    [
      'pandas: zones that are not in any folder',
      'from zoneinfo import ZoneInfo\nfrom datetime import datetime\nprint(ZoneInfo("Europe/Berlin").utcoffset(datetime(2026, 7, 1)))',
      '2:00:00',
    ],
    [
      'pandas: a database in memory',
      'import sqlite3\nsqlite3.connect(":memory:").execute("select 6 * 7").fetchone()',
      '(42,)',
    ],
    [
      'openpyxl: XML, ZIP and a temporary file',
      `import tempfile, zipfile
from xml.etree.ElementTree import iterparse
with tempfile.NamedTemporaryFile() as file:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book: book.writestr("a.xml", "<a><b/></a>")
    print([element.tag for _, element in iterparse(zipfile.ZipFile(file).open("a.xml"))])`,
      "['b', 'a']",
    ],
  ])('%s', async (_, code, answer) => {
    expect((await tell(code)).output).toBe(`${answer}\n`);
  });
});
