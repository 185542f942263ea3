import { attempts, py, type WayOut } from './way-out.ts';

/** Leads to what brings packages in, from where the import system has it. */
const PROVIDE = `
import sys
ask = sys.meta_path[-1].find_spec.__globals__["ask"]
provide = lambda name: ask("provide", name)
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
        'provide("low\\nhigh")',
      ),
    shut: /^(DONE None\n){7}$/,
  },
  {
    name: 'making a package of a file of its own',
    code: () =>
      attempts(
        `${PROVIDE}
import io, zipfile
with zipfile.ZipFile("/tmp/mine-1.0.0-py3-none-any.whl", "w") as wheel: wheel.writestr("mine.py", "x = 1")`,
        'provide("mine")',
        'provide("/tmp/mine-1.0.0-py3-none-any.whl")',
        'ask("package", "/tmp/mine-1.0.0-py3-none-any.whl")',
        'ask("take mine")',
      ),
    shut: /^(DONE None\n){4}$/,
  },
  {
    name: 'changing a package for the next conversation',
    code: () =>
      `import low, sys\nopen(low.__file__, "w").write("NAME = 'changed'")\nimport importlib\nimportlib.reload(low).NAME`,
    shut: /^'changed'\n$/,
  },
];
