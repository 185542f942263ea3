import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Packages } from '../../../../src/assistants/code-interpreter/packages/packages.ts';
import { imageDescription } from '../../../../src/conversation/turn/image-description.ts';
import { extension, library } from '../../../sim/webassembly.ts';
import { startWheelMirror } from '../../../sim/wheel-mirror.ts';
import { matplotlib, numpy, type WheelSpec } from '../../../sim/wheels.ts';
import { file, python, start } from '../python.ts';
import { module, openScene, temporaryFolder } from './scene.ts';

/** A Python with these packages installed; the mirror is gone by then. */
async function pythonWith(names: readonly string[], specs: readonly WheelSpec[]) {
  const scene = await openScene(specs);
  await scene.packages().install(names);
  await scene.mirror.close();
  const { tell, warmUp } = start({ packages: scene.options });
  return { ...scene, tell, warmUp };
}

test('code imports what is installed, with what it needs, its data and its version, without any network', async () => {
  const data: WheelSpec = {
    name: 'with-data',
    depends: ['high', 'liblow'],
    imports: ['with_data'],
    files: {
      'with_data/__init__.py': 'import high',
      'with_data/deep/table.csv': 'a,b',
      'with_data/deep/empty': '',
    },
  };
  const { tell } = await pythonWith(['with-data'], [module('high', ['low']), module('low'), data]);
  const code = `
import with_data, importlib.metadata, importlib.resources, low
deep = importlib.resources.files("with_data") / "deep"
print(with_data.high.NAME, low.NAME, (deep / "table.csv").read_text(), repr((deep / "empty").read_text()))
print(importlib.metadata.version("with-data"))`;
  expect((await tell(code)).output).toBe("high 1.0.0 low 1.0.0 a,b ''\n1.0.0\n");
});

test('a package brings its compiled code, with the libraries that it calls, and no other code is loaded', async () => {
  const native: WheelSpec = {
    name: 'native',
    depends: ['libanswer'],
    files: {
      'native/__init__.py': 'import ctypes\nWORD = ctypes.sizeof(ctypes.c_void_p)',
      'native/core.so': library('PyInit_core', 'answer'),
      'native/other.so': library('PyInit_other'),
    },
  };
  const libanswer = { name: 'libanswer', files: { 'libanswer.so': library('answer') }, isLibrary: true };
  const { tell } = await pythonWith(['native'], [native, libanswer]);
  const RAN = /SystemError: initialization of \w+ failed without raising an exception\n$/;
  const REFUSED =
    /ImportError: could not load dynamic lib.*\n.*This code is of no package that is installed\.\n$/;
  expect((await tell('import native\nprint(native.WORD)\nimport native.core')).output).toMatch(RAN);
  expect((await tell('import native.core')).output).toMatch(RAN);
  const copied = 'import shutil\nshutil.copy(native.__path__[0] + "/core.so", "core.so")\nimport core';
  expect((await tell(copied)).output).toMatch(RAN);
  const changed = `
path = native.__path__[0] + "/other.so"
code = bytearray(open(path, "rb").read())
code[-2] += 1
open(path, "wb").write(code)
import native.other`;
  expect((await tell(changed)).output).toMatch(REFUSED);
});

/** How a compiled module is called. https://peps.python.org/pep-3149/ */
const TAG = 'cpython-314-wasm32-emscripten.so';

test('compiled modules run: in packages below others, dozens of them, with libraries of the package, of others and of one version', async () => {
  const dozens = Array.from({ length: 60 }, (_, number) => `part${number}`);
  const native: WheelSpec = {
    name: 'native',
    depends: ['libshared'],
    files: {
      'native/__init__.py': '',
      'native/deep/__init__.py': '',
      ...Object.fromEntries(
        dozens.map((name) => [`native/deep/${name}.${TAG}`, extension({ name, calls: 'shared' })]),
      ),
      [`native/deep/own.${TAG}`]: extension({
        name: 'own',
        calls: 'own_answer',
        needs: ['libown-1a2b3c.so'],
        paths: ['$ORIGIN/../../native.libs'],
      }),
      'native.libs/libown-1a2b3c.so': library('own_answer', 2),
      [`native/old.${TAG}`]: extension({
        name: 'old',
        calls: 'old_answer',
        needs: ['libold.so.3'],
        paths: ['$ORIGIN/../native.libs'],
      }),
      'native.libs/libold.so.3': library('old_answer', 3),
    },
  };
  const libshared = { name: 'libshared', files: { 'libshared.so': library('shared', 1) }, isLibrary: true };
  const { tell } = await pythonWith(['native'], [native, libshared]);
  const code = `
import importlib
from native import old
from native.deep import own
parts = [importlib.import_module(f"native.deep.part{number}") for number in range(60)]
(sum(part.answer() for part in parts), own.answer(), old.answer(), own.__file__)`;
  const at = '/lib/python3.14/site-packages/native/deep';
  expect((await tell(code)).output).toBe(`(60, 2, 3, '${at}/own.${TAG}')\n`);
});

test('a module of the code itself comes before a package of its name', async () => {
  const { tell } = await pythonWith(['low'], [module('low')]);
  const told = await tell('import low; low.NAME', { files: [file('low.py', 'NAME = "mine"')] });
  expect(told.output).toBe("'mine'\n");
});

test('what is not installed says which command does it, also where a package says in its own words that it lacks it', async () => {
  const wants: WheelSpec = {
    name: 'wants',
    files: {
      'wants/__init__.py': `
def read():
    try: import yaml
    except ImportError as error: raise ImportError("Use pip or conda to install the yaml package.") from error`,
    },
  };
  const { tell } = await pythonWith(['wants'], [wants, module('other')]);
  const there = 'This Python has the standard library, wants and no network';
  expect((await tell('import PIL.Image')).output).toContain(
    `${there}, so nothing can be installed with pip: write it with the standard library. An admin can run: npm start -- sandbox install pillow\n`,
  );
  expect((await tell('import wants; wants.read()')).output).toMatch(
    /ImportError: Use pip or conda.*\nThe module 'yaml' is not installed\..*sandbox install pyyaml\n$/,
  );
  expect((await tell('import nowhere')).output).not.toContain('An admin can run');
  expect((await tell('from wants import nothing')).output).not.toContain('is not installed');
});

test('what is installed while a conversation has its Python is there with its next code, and so is another one', async () => {
  const { packages, options } = await openScene([module('high', ['low']), module('low'), module('other')]);
  const sandbox = start({ packages: options });
  await sandbox.warmUp();
  const install = 'An admin can run: npm start -- sandbox install high';
  expect((await sandbox.tell('kept = 1\nimport high')).output).toContain(install);
  await packages().install(['high']);
  expect((await sandbox.tell('import high; (kept, high.NAME)')).output).toBe("(1, 'high 1.0.0')\n");
  // Started before the packages were there.
  expect((await sandbox.tell('import low; low.NAME', { session: 'b' })).output).toBe("'low 1.0.0'\n");
  expect(await sandbox.packages?.()).toEqual(['low', 'high']);
  const { output } = await sandbox.tell('import other');
  expect(output).toContain('has the standard library, low, high and no network');
});

test('a wheel that is no longer the one that was installed is not loaded, whoever needs it, until it is put right', async () => {
  const { packages, options, dataDir, mirror } = await openScene([module('high', ['low']), module('low')]);
  await packages().install(['high']);
  const [low] = mirror.wheels.filter(({ name }) => name === 'low');
  const changed = Buffer.from(low?.bytes ?? []).fill(1, 100, 101);
  writeFileSync(join(dataDir, 'packages/low-1.0.0-py3-none-any.whl'), changed);
  const { tell } = start({ packages: options });
  const said =
    /ImportError: The package low on this machine is not the one that was installed, so it is not loaded\. An admin can run: npm start -- sandbox install low\n$/;
  for (const code of ['import high', 'import low', 'import high'])
    expect((await tell(code)).output).toMatch(said);
  expect(await packages().install(['high'])).toMatchObject({ fetched: 1 });
  for (const session of ['thread_a', 'b'])
    expect((await tell('import high; high.NAME', { session })).output).toBe("'high 1.0.0'\n");
});

test('packages that are removed under a Python that runs stay with it', async () => {
  const { tell, dataDir } = await pythonWith(['low'], [module('low')]);
  await tell('1');
  rmSync(join(dataDir, 'packages'), { recursive: true });
  expect((await tell('import low; low.NAME')).output).toBe("'low 1.0.0'\n");
  expect((await tell('import low', { session: 'b' })).output).toContain('sandbox install low');
});

test('a list of packages that is gone keeps nobody from running code', async () => {
  const { options } = await openScene([module('low')]);
  const problems: unknown[] = [];
  const onProblem = (error: unknown) => void problems.push(error);
  const { tell } = start({ packages: { ...options, lockFile: '/nowhere/lock.json' }, onProblem });
  expect((await tell('6 * 7')).output).toBe('42\n');
  expect(String(problems[0])).toContain("/nowhere/lock.json, can't be read");
});

describe('charts', () => {
  const dataDir = temporaryFolder(afterAll);
  const lockFile = join(dataDir, 'packages-lock.json');
  const { tell, close } = python({ packages: { dataDir, lockFile } });
  beforeAll(async () => {
    const mirror = await startWheelMirror([numpy, matplotlib]);
    await new Packages({ dataDir, url: mirror.url, lockFile: mirror.lockIn(dataDir) }).install([
      'matplotlib',
    ]);
    await mirror.close();
  });
  afterAll(close);

  const PLOT = `
import csv
import matplotlib.pyplot as plt
rows = list(csv.reader(open("sales.csv")))[1:]
plt.plot([row[0] for row in rows], [float(row[1]) for row in rows], label="2026")
plt.title("Sales")
plt.xlabel("Month")
plt.ylabel("EUR")
`;
  const SALES = [file('sales.csv', 'month,eur\nJan,1\nFeb,2\n')];
  const DESCRIPTION = 'Sales. Horizontal axis: Month. Vertical axis: EUR. Shown: 2026.';

  test.each([
    ['is shown', `${PLOT}plt.show()`, ['chart-1.png'], DESCRIPTION],
    ['is saved', `${PLOT}plt.savefig("sales.png")`, ['sales.png'], DESCRIPTION],
    ['is saved and shown', `${PLOT}plt.savefig("sales.png")\nplt.show()`, ['sales.png'], DESCRIPTION],
    ['is neither', PLOT, ['chart-1.png'], DESCRIPTION],
    [
      'is drawn by the backend that code names',
      `import matplotlib\nmatplotlib.use("Agg")${PLOT}plt.show()`,
      ['chart-1.png'],
      DESCRIPTION,
    ],
    [
      'is drawn by one that needs a screen',
      `import matplotlib\nmatplotlib.use("TkAgg")${PLOT}plt.show()`,
      ['chart-1.png'],
      DESCRIPTION,
    ],
    [
      'is drawn by one that code switches to',
      `import matplotlib.pyplot as plt\nplt.switch_backend("agg")${PLOT}plt.show()`,
      ['chart-1.png'],
      DESCRIPTION,
    ],
    [
      'is drawn by one that the settings name',
      `import matplotlib\nmatplotlib.rcParams["backend"] = "Qt5Agg"${PLOT}`,
      ['chart-1.png'],
      DESCRIPTION,
    ],
    [
      'has a description of its own',
      `${PLOT}plt.savefig("own.png", metadata={"Description": "Mine"})`,
      ['own.png'],
      'Mine',
    ],
    [
      'has no words',
      'import matplotlib.pyplot as plt\nplt.plot([1], [2])\nplt.show()',
      ['chart-1.png'],
      undefined,
    ],
    [
      'has very many words',
      'import matplotlib.pyplot as plt\nplt.title("€" * 3_000)\nplt.show()',
      ['chart-1.png'],
      `${'€'.repeat(1_000)}`,
    ],
  ])(
    'a chart of a CSV that people sent, which %s, is a file of the call and describes itself',
    async (_, code, names, described) => {
      await tell('import glob, os\nfor path in glob.glob("*.png"): os.remove(path)');
      const { files, output } = await tell(code, { files: SALES });
      expect(output).toBe('');
      expect(files.map(({ name }) => name).toSorted()).toEqual(names);
      for (const { bytes } of files) {
        expect(Buffer.from(bytes.subarray(1, 4)).toString()).toBe('PNG');
        expect(imageDescription(bytes)).toBe(described);
      }
    },
  );

  test('charts of later calls have names of their own, and one that failed is not shown later', async () => {
    const show =
      'import matplotlib.pyplot as plt\nplt.title("One")\nplt.show()\nplt.title("Two")\nplt.show()';
    const session = 'two';
    const first = await tell(show, { session });
    expect(first.files.map(({ name }) => name)).toEqual(['chart-1.png', 'chart-2.png']);
    expect((await tell('plt.title("Broken")\n1 / 0', { session })).files).toEqual([]);
    const next = await tell('plt.title("Third")', { session });
    expect(next.files.map(({ name, bytes }) => [name, imageDescription(bytes)])).toEqual([
      ['chart-3.png', 'Third.'],
    ]);
    expect((await tell('1', { session })).files).toEqual([]);
  });
});
