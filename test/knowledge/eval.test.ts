import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSource, mean, measure } from '../../src/knowledge/eval/measures.ts';
import { printedEvaluation } from '../../src/knowledge/reports/evaluation.ts';
import { printedHits } from '../../src/knowledge/reports/hits.ts';
import { knowledgeScene } from './scene.ts';

test.each([
  [['a.md', 'b.md'], ['a.md'], [1, 1, 1, 1], 1],
  [['x.md', 'docs/a.md', 'y.md'], ['a.md'], [0, 1, 1, 1], 1 / 2],
  [['a.md', 'a.md', 'a.md', 'b.md'], ['a.md', 'b.md'], [1 / 2, 1 / 2, 1, 1], 1],
  [['x.md'], ['a.md'], [0, 0, 0, 0], 0],
  [[], ['a.md'], [0, 0, 0, 0], 0],
])('%j for %j: recall %j, MRR %d', (paths, sources, recall, mrr) => {
  expect(measure(paths, sources)).toEqual({ recall, mrr });
});

test('a source is named by the whole path or the end of it, whatever its accents are made of', () => {
  expect(isSource('docs/Cafe\u0301.md', 'Caf\u00e9.md')).toBe(true);
  expect(isSource('docs/a.md', './docs/a.md')).toBe(true);
  expect(isSource('docs/aa.md', 'a.md')).toBe(false);
});

test('means lie between the least and the most, and recall does not fall with more results', () => {
  const path = fc.constantFrom('a', 'b', 'c', 'd');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.array(path), fc.uniqueArray(path, { minLength: 1 })), { minLength: 1 }),
      (asked) => {
        const all = asked.map(([paths, sources]) => measure(paths, sources));
        const { recall, mrr } = mean(all);
        expect([...recall].sort()).toEqual(recall);
        for (const value of [...recall, mrr]) expect(value >= 0 && value <= 1 + 1e-9).toBe(true);
      },
    ),
  );
});

test('an evaluation prints its measures, the misses and what has changed, and is worse when less is found', async () => {
  const scene = await knowledgeScene({
    'docs/vpn.md': '# VPN\n\nThe network tunnel needs a certificate.',
    'docs/leave.md': '# Leave\n\nHolidays are asked for in the portal.',
  });
  await scene.knowledge.sync.run();
  const file = join(scene.root, 'questions.jsonl');
  writeFileSync(
    file,
    '{"question":"tunnel certificate","sources":["docs/vpn.md"]}\n\n{"question":"holidays portal","sources":["leave.md"],"answer":"In the portal."}\n{"question":"espresso","sources":["kitchen.md"]}\n',
  );
  const first = await scene.knowledge.evaluate(file);
  expect(first).toMatchObject({
    questions: 3,
    isWorse: false,
    missed: [{ question: { question: 'espresso' } }],
  });
  expect(first.measures.both.mrr).toBeCloseTo(2 / 3);
  const text = printedEvaluation(first);
  expect(text).toMatch(/^3 questions:\n +recall@1 +recall@3 +recall@5 +recall@10 +MRR\nfull text/);
  expect(text).toContain(
    '1 find none of their sources among the first ten:\n  espresso\n      wanted kitchen.md; found nothing',
  );

  scene.write({ 'docs/leave.md': '# Leave\n\nMoved.' });
  await scene.knowledge.sync.run();
  const second = await scene.knowledge.evaluate(file);
  expect(second.isWorse).toBe(true);
  expect(printedEvaluation(second)).toMatch(
    /3 questions, compared with .*\n[\s\S]*both +0\.333 \(-0\.333\)[\s\S]*It finds less than the last time\.$/,
  );
  expect((await scene.knowledge.evaluate(file)).isWorse).toBe(false);

  const [hit] = await scene.knowledge.search('tunnel certificate', 1);
  expect(printedHits('tunnel certificate', hit ? [hit] : [])).toMatch(
    /^1\. \d\.\d{3} {2}docs\/vpn\.md: VPN[\s\S]*matched words: tunnel, certificate\n {3}The network tunnel needs a certificate\.$/,
  );
});

test.each([
  ['[]', /line 1: write \{"question": "…", "sources": \["a file", …\]\}/],
  ['{"question":"a","sources":[]}', /line 1/],
  ['{"question":"a","sources":["b"]}\nnonsense', /line 2/],
  ['\n', /holds no questions/],
])('the questions %j are refused', async (content, mistake) => {
  const scene = await knowledgeScene({ 'docs/a.md': 'a', 'q.jsonl': content });
  await expect(scene.knowledge.evaluate(join(scene.root, 'q.jsonl'))).rejects.toThrow(mistake);
});
