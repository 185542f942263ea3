import { expect, test } from 'vitest';
import { openParts } from '../../../src/bot.ts';
import { examinePackages } from '../../../src/operations/doctor/packages.ts';
import { readSettings } from '../../../src/settings/settings.ts';
import { module, openScene } from '../../assistants/code-interpreter/packages/scene.ts';
import { CACHE } from '../../assistants/code-interpreter/python.ts';
import { told } from './told.ts';

test('it is told which packages there are, and which of them can not be imported', async () => {
  const broken = { name: 'broken', files: { 'broken.py': 'raise RuntimeError("it is broken")' } };
  const { dataDir, mirror, options } = await openScene([module('one'), broken]);
  const settings = await readSettings({
    DATA_DIR: dataDir,
    PYTHON_PACKAGES_URL: mirror.url,
    PYTHON_PACKAGES_LOCK: options.lockFile,
  });
  const { packages, python } = openParts(settings);
  await packages.install(['one', 'broken']);
  const text = (await told(() => examinePackages(() => python({ cacheDir: CACHE }), packages))).join('\n');
  expect(text).toMatch(/^✓ Python imports one 1\.0\.0\.$/m);
  expect(text).toMatch(
    /^✗ The package broken is installed and can't be imported: Python said ".*it is broken"\. npm start -- sandbox install broken/ms,
  );
});
