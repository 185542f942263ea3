import { Problem } from '../../problem.ts';
import { broken, type Finding, limited, well } from './finding.ts';
import { type Python, quoted, run } from './sandbox.ts';

/** What is installed beside Python's standard library. */
export interface Packages {
  /** Rejects with a sentence when nobody can tell. */
  list(): Promise<{
    installed: readonly { name: string; version: string; imports: readonly string[] }[];
    /** Those that are there for another Python. */
    outdated: readonly string[];
  }>;
}

/** Imports each package that is installed. */
export async function* examinePackages(start: () => Python, packages: Packages): AsyncGenerator<Finding> {
  const { installed, outdated } = await packages.list().catch((error: Error) => {
    throw new Problem(error.message, { cause: error });
  });
  for (const name of outdated)
    yield limited(
      `The package ${name} is there for another release and is not used: npm start -- sandbox install ${name}`,
    );
  if (installed.length === 0) {
    if (outdated.length === 0)
      yield well('Python has its standard library and no packages: npm start -- sandbox install adds some.');
    return;
  }
  const python = start();
  try {
    const loaded: string[] = [];
    for (const { name, version, imports } of installed) {
      const failure = await failureOf(python, imports);
      if (failure === undefined) loaded.push(`${name} ${version}`);
      else yield notLoaded(name, failure);
    }
    if (loaded.length > 0) yield well(`Python imports ${loaded.join(', ')}.`);
  } finally {
    await python.close();
  }
}

/** What Python says where one of the modules can't be imported. */
async function failureOf(python: Python, modules: readonly string[]): Promise<string | undefined> {
  const { output } = await run(
    python,
    `${modules.map((name) => `import ${name}\n`).join('')}print("imported")`,
  );
  return output.includes('imported') ? undefined : output;
}

function notLoaded(name: string, output: string): Finding {
  return broken(
    `The package ${name} is installed and can't be imported: Python said ${quoted(output)}. npm start -- sandbox install ${name} puts it right where its file is broken.`,
  );
}
