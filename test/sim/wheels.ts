import { createHash } from 'node:crypto';
import { zipSync } from 'fflate';

/** A package for Python, as small as a test needs it. */
export interface WheelSpec {
  name: string;
  version?: string;
  /** By their paths below site-packages; of a library, below /usr/lib. */
  files: Record<string, string | Uint8Array>;
  /** The modules that it brings; its own name when left out. */
  imports?: string[];
  depends?: string[];
  /** Shared by several packages, and no Python. */
  isLibrary?: boolean;
}

export interface Wheel extends WheelSpec {
  fileName: string;
  bytes: Uint8Array;
  sha256: string;
}

/** Packed as wheels are: https://peps.python.org/pep-0427/ */
export function wheel(spec: WheelSpec): Wheel {
  const { name, version = '1.0.0', files, isLibrary } = spec;
  const info = `${name.replaceAll('-', '_')}-${version}.dist-info`;
  const metadata = { [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n` };
  const all = Object.entries(isLibrary ? files : { ...files, ...metadata });
  const bytes = zipSync(
    Object.fromEntries(
      all.map(([path, content]) => [path, typeof content === 'string' ? Buffer.from(content) : content]),
    ),
  );
  const fileName = isLibrary
    ? `${name}-${version}.zip`
    : `${name.replaceAll('-', '_')}-${version}-py3-none-any.whl`;
  return { ...spec, version, fileName, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** A list of packages as Pyodide's own is: `pyodide-lock.json`. */
export function lockOf(wheels: readonly Wheel[]): string {
  const packages = wheels.map(({ name, version, fileName, sha256, imports, depends, isLibrary }) => [
    name,
    {
      name,
      version,
      file_name: fileName,
      install_dir: isLibrary ? 'dynlib' : 'site',
      sha256,
      package_type: isLibrary ? 'shared_library' : 'package',
      imports: imports ?? (isLibrary ? [] : [name]),
      depends: depends ?? [],
    },
  ]);
  const info = { abi_version: '2026_0', arch: 'wasm32', platform: 'emscripten_5_0_3', python: '3.14.2' };
  return JSON.stringify({ info, packages: Object.fromEntries(packages) });
}

/** Stands in for matplotlib as a backend of it sees it: figures that know their words, and Agg, which writes a PNG. */
export const matplotlib: WheelSpec = {
  name: 'matplotlib',
  version: '3.10.8',
  depends: ['numpy'],
  files: {
    'matplotlib/__init__.py': `
import os
import numpy
rcParams = {"savefig.format": "png", "backend": os.environ.get("MPLBACKEND", "agg")}
def use(backend, *, force=True):
    rcParams["backend"] = backend
`,
    'matplotlib/_pylab_helpers.py': `
class Gcf:
    figs = {}
    @classmethod
    def get_all_fig_managers(cls): return list(cls.figs.values())
    @classmethod
    def destroy(cls, manager): cls.figs = {n: m for n, m in cls.figs.items() if m is not manager}
    @classmethod
    def destroy_all(cls): cls.figs = {}
`,
    'matplotlib/backend_bases.py': `
class FigureManagerBase:
    def __init__(self, canvas, num):
        self.canvas, self.num = canvas, num
        canvas.manager = self
    def show(self): pass
    @classmethod
    def pyplot_show(cls, *, block=None): pass
class FigureCanvasBase:
    manager_class = FigureManagerBase
    def __init__(self, figure):
        self.figure = figure
        figure.canvas = self
    def print_figure(self, filename, dpi=None, *, format=None, metadata=None, pil_kwargs=None, **settings):
        kind = format or str(filename).rpartition(".")[2]
        draw = getattr(self, "print_" + kind)
        return draw(filename, metadata=metadata)
`,
    'matplotlib/backends/__init__.py': `
import importlib
class BackendRegistry:
    def load_backend_module(self, backend):
        if not backend.startswith("module://"): backend = "module://matplotlib.backends.backend_" + backend.lower()
        return importlib.import_module(backend[9:])
backend_registry = BackendRegistry()
`,
    'matplotlib/backends/backend_agg.py': `
import struct, zlib
from matplotlib.backend_bases import FigureCanvasBase
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
class FigureCanvasAgg(FigureCanvasBase):
    def print_png(self, filename, *, metadata=None):
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
        words = b"".join(chunk(b"iTXt", k.encode() + bytes(5) + v.encode()) for k, v in (metadata or {}).items())
        body = chunk(b"IDAT", zlib.compress(bytes(2))) + chunk(b"IEND", b"")
        image = b"\\x89PNG\\r\\n\\x1a\\n" + head + words + body
        if hasattr(filename, "write"): filename.write(image)
        else: open(filename, "wb").write(image)
`,
    'matplotlib/figure.py': `
class Axes:
    def __init__(self): self.words, self.series = {}, []
    def plot(self, x, y, label=""): self.series.append(label)
    def set(self, **words): self.words.update(words)
    def get_title(self): return self.words.get("title", "")
    def get_xlabel(self): return self.words.get("xlabel", "")
    def get_ylabel(self): return self.words.get("ylabel", "")
    def get_legend_handles_labels(self): return self.series, [s for s in self.series if s]
class Figure:
    def __init__(self): self.axes, self._suptitle = [], ""
    def get_suptitle(self): return self._suptitle
    def suptitle(self, text): self._suptitle = text
    def savefig(self, fname, **settings): self.canvas.print_figure(fname, **settings)
    def show(self): self.canvas.manager.show()
`,
    'matplotlib/pyplot.py': `
import logging
import matplotlib
from matplotlib._pylab_helpers import Gcf
from matplotlib.backends import backend_registry
from matplotlib.figure import Axes, Figure
logging.getLogger("matplotlib.font_manager").warning("Matplotlib is building the font cache; this may take a moment.")
def switch_backend(name): matplotlib.rcParams["backend"] = name
def _canvas():
    module = backend_registry.load_backend_module(matplotlib.rcParams["backend"])
    return getattr(module, "FigureCanvas", None) or module.FigureCanvasAgg
def subplots():
    figure = Figure()
    figure.axes.append(Axes())
    canvas = _canvas()(figure)
    number = max(Gcf.figs, default=0) + 1
    Gcf.figs[number] = canvas.manager_class(canvas, number)
    return figure, figure.axes[0]
def gca():
    if not Gcf.figs: subplots()
    return Gcf.figs[max(Gcf.figs)].canvas.figure.axes[-1]
def plot(x, y, label=""): gca().plot(x, y, label)
def title(text): gca().set(title=text)
def xlabel(text): gca().set(xlabel=text)
def ylabel(text): gca().set(ylabel=text)
def gcf(): gca(); return Gcf.figs[max(Gcf.figs)].canvas.figure
def savefig(*args, **settings): gcf().savefig(*args, **settings)
def show(): _canvas().manager_class.pyplot_show()
`,
  },
};

export const numpy: WheelSpec = {
  name: 'numpy',
  version: '2.4.6',
  files: {
    'numpy/__init__.py': '__version__ = "2.4.6"\ndef mean(values): return sum(values) / len(values)\n',
  },
};
