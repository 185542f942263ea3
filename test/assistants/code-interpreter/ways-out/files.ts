import { attempts, py, type WayOut } from './way-out.ts';

export const WAYS_TO_FILES: WayOut[] = [
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
    name: 'reading a host file as if it were code, a module or a page',
    code: ({ file, folder }) =>
      attempts(
        'import runpy, importlib.machinery, urllib.request, sys, tokenize',
        `runpy.run_path(${py(file)})`,
        `importlib.machinery.SourceFileLoader("m", ${py(file)}).load_module()`,
        `sys.path.insert(0, ${py(folder)}) or __import__("secret")`,
        `urllib.request.urlopen(${py(`file://${file}`)}).read()`,
        `tokenize.open(${py(file)}).read()`,
      ),
    shut: /^(FileNotFoundError\n){2}ModuleNotFoundError\nURLError\nFileNotFoundError\n$/,
  },
  {
    name: 'reading a host file as an entity of XML',
    code: ({ file }) => `
import io, xml.sax
from xml.sax.handler import ContentHandler, feature_external_ges
class Told(ContentHandler):
  def characters(self, text): print("DONE", text)
parser = xml.sax.make_parser()
parser.setFeature(feature_external_ges, True)
parser.setContentHandler(Told())
${attempts('', `parser.parse(io.StringIO('<!DOCTYPE a [<!ENTITY e SYSTEM "file://${file}">]><a>&e;</a>'))`)}`,
    shut: /^URLError\n$/,
  },
  {
    name: 'attaching a host file to a database, and loading code into one',
    code: ({ file, folder }) =>
      attempts(
        'import sqlite3\ndb = sqlite3.connect(":memory:")',
        `db.execute("ATTACH DATABASE ? AS host", (${py(file)},))`,
        `sqlite3.connect(${py(`${folder}/new.db`)})`,
        'db.execute("SELECT load_extension(\'/mnt/data/evil.so\')")',
        'db.enable_load_extension(True) or db.load_extension("/mnt/data/evil.so")',
      ),
    shut: /^(OperationalError\n){3}(OperationalError|AttributeError)\n$/,
  },
  {
    name: 'unpacking an archive that leads out of its folder',
    code: ({ folder }) => `
import io, tarfile, zipfile, os
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as z: z.writestr(${py(`../../../../../..${folder}/zipped`)}, "x")
zipfile.ZipFile(archive).extractall("/tmp/unpacked")
tape = io.BytesIO()
with tarfile.open(fileobj=tape, mode="w") as t: t.addfile(tarfile.TarInfo(${py(`${folder}/tarred`)}))
tape.seek(0)
${attempts('', 'tarfile.open(fileobj=tape).extractall("/tmp/unpacked", filter="fully_trusted")')}
sorted(os.listdir("/"))`,
    shut: /\n\['dev', 'home', 'lib', 'mnt', 'proc', 'tmp'(, 'tmp')?\]\n$/,
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
