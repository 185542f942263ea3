import { chmod, cp, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/assistants/code-interpreter/limits.ts';
import { Snapshot } from '../../../src/assistants/code-interpreter/snapshot.ts';
import { CACHE, start } from './python.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bobbin sandbox '));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('the snapshot', () => {
  it('is kept in its folder, behind a symbolic link and a space, and made anew when it is broken, also by two at once, for its owner alone', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), join(folder, 'linked'));
    const name = (await readdir(CACHE)).find((file) => file.endsWith('.snapshot')) ?? '';
    const kept = join(folder, 'real', name);
    await writeFile(kept, 'this is no snapshot');
    await writeFile(join(folder, 'real', 'python-0123456789abcdef.snapshot'), 'of an older version');
    await writeFile(
      `${kept}.11111111-2222-3333-4444-555555555555`,
      'half of one, of a process that was killed',
    );
    await writeFile(join(folder, 'real', 'python.txt'), '');
    const cacheDir = join(folder, 'linked');
    // Where the system takes no right away from what is made.
    const usual = process.umask(0);
    onTestFinished(() => void process.umask(usual));
    const told = await Promise.all([1, 2].map((n) => start({ cacheDir }).tell(`print(${n})`)));
    expect(told.map(({ output }) => output)).toEqual(['1\n', '2\n']);
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    // Those of other versions are of no more use, and other files are none of our business.
    expect((await readdir(join(folder, 'real'))).sort()).toEqual([name, 'python.txt'].sort());
  });

  it('is given up while it is made, when nobody needs it any more, and leaves nothing behind', async () => {
    const cacheDir = await temporaryFolder();
    const { warmUp, tell, close } = start({ cacheDir });
    const warm = warmUp();
    const called = tell('1');
    await expect.poll(() => readdir(cacheDir)).toHaveLength(1);
    await close();
    await warm;
    expect((await called).status).toBe('failed');
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it('lives elsewhere when its folder cannot be written to, and leaves nothing behind', async () => {
    const folder = await temporaryFolder();
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    const notAFolder = join(folder, 'file');
    await writeFile(notAFolder, '');
    const { tell, close } = start({ cacheDir: join(notAFolder, 'below') });
    expect((await tell('1 + 1')).output).toBe('2\n');
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^bobbin-python-/), 'file']);
    await close();
    expect(await readdir(folder)).toEqual(['file']);
  });
});

describe('the snapshot of somebody who lets nobody read it', () => {
  it('can be read by a Python that is another user, and by no third', async () => {
    const folder = await temporaryFolder();
    await new Snapshot(CACHE, DEFAULT_LIMITS).path().then((path) => cp(path, join(folder, basename(path))));
    const [name = ''] = await readdir(folder);
    await chmod(join(folder, name), 0o600);
    await chmod(folder, 0o700);
    const { tell } = start({ cacheDir: folder });
    expect((await tell('1 + 1')).output).toBe('2\n');
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });
});

describe('an installation', () => {
  it('may have spaces and symbolic links in its path', async () => {
    const folder = await temporaryFolder();
    const source = fileURLToPath(new URL('../../../src/assistants', import.meta.url));
    await cp(source, join(folder, 'with space'), { recursive: true });
    await symlink(
      fileURLToPath(new URL('../../../node_modules', import.meta.url)),
      join(folder, 'node_modules'),
    );
    await symlink(join(folder, 'with space'), join(folder, 'link'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    const { createSandbox } = await import(join(folder, 'link', 'code-interpreter', 'sandbox.ts'));
    const sandbox = createSandbox({ cacheDir: CACHE });
    onTestFinished(() => sandbox.close());
    const pieces: string[] = [];
    const request = { session: 'a', code: '2 + 2', files: [] };
    await sandbox.run(request, (text: string) => pieces.push(text), new AbortController().signal);
    expect(pieces).toEqual(['4\n']);
  });
});
