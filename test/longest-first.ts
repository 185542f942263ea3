import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What these hold starts Pythons, databases and whole Bobbins: begun last, a single worker would end with it. */
const LONGEST = [
  /faults\/faults\./,
  /code-interpreter\//,
  /e2e\//,
  /knowledge\/(embeddings|killed)\./,
  /operations\/(doctor\/sandbox|forgetting\/forgetting)\./,
  /store\/(postgres\/|store\.)/,
];

/** A fresh clone has no durations of earlier runs to go by. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((pattern) => pattern.test(moduleId));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
