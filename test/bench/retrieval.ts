import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fuse, LEXICAL_SHARE } from '../../src/assistants/file-search/search/fusion.ts';
import { partsOf } from '../../src/assistants/file-search/search/parts.ts';
import { phrasesOf, termsOf } from '../../src/assistants/file-search/search/terms.ts';
import { type Basis, fold } from '../../src/assistants/file-search/semantics/latent/basis.ts';
import { learn } from '../../src/assistants/file-search/semantics/latent/learn.ts';
import { Stemmer, type Stems } from '../../src/assistants/file-search/semantics/latent/stems.ts';
import { passagesOf } from '../../src/assistants/file-search/semantics/passages.ts';
import { WEIGHTS } from '../../src/store/fields.ts';
import { openStore } from '../../src/store/open-store.ts';
import { FullText } from '../../src/store/sqlite/search/full-text.ts';
import { TOKENIZER } from '../../src/store/tokenizer.ts';
import { startPostgres } from '../sim/postgres.ts';
import { type Figure, print } from './figure.ts';
import { searchOver } from './search-scene.ts';

/** A folder with `docs/` and `questions.jsonl`, as its README describes it. */
const FOLDER = process.env.RETRIEVAL_SET ?? join(import.meta.dirname, '../../../shared/retrieval');

/** As many as a search looks at. */
const CANDIDATES = 100;

interface Doc {
  name: string;
  heading: string;
  text: string;
}

interface Question {
  question: string;
  sources: string[];
}

/** How one way to search does it; what is left out is as the product does it. */
interface Way {
  tokenizer?: string;
  title?: boolean;
  headings?: boolean;
  parts?: boolean;
  terms?: (question: string) => readonly (readonly string[])[];
  phrases?: (question: string) => string[];
  /** What the words count; the rest is what the meaning does. */
  share: number;
}

const everyWord = (question: string) => question.split(/\s+/).map((word) => [word]);
const nothing = () => [];

const WAYS: [name: string, way: Way, aim?: string][] = [
  ['full text', { share: 1 }, '.680 and .850'],
  ['full text, each word of the question as it is', { share: 1, terms: everyWord }],
  ['full text without stems', { share: 1, tokenizer: TOKENIZER.replace('porter ', '') }],
  ['full text without other spellings', { share: 1, parts: false }],
  ['full text without words side by side', { share: 1, phrases: nothing }],
  ['full text without file names', { share: 1, title: false }],
  ['full text without headings and file names', { share: 1, title: false, headings: false }],
  [
    'full text with none of these',
    {
      share: 1,
      terms: everyWord,
      phrases: nothing,
      parts: false,
      title: false,
      tokenizer: TOKENIZER.replace('porter ', ''),
    },
  ],
  ['offline semantics alone', { share: 0 }],
  ['hybrid', { share: LEXICAL_SHARE }, '.740 and .880'],
];

/**
 * How well a labelled set is searched: recall@3 and MRR over the passages of documentation that answer each question. Each
 * file is one passage, as in the figures that were published for the set.
 */
export async function retrievalFigures(): Promise<Figure[]> {
  if (!existsSync(join(FOLDER, 'questions.jsonl')))
    return [{ name: 'Retrieval', value: `not measured: there is no ${FOLDER}; name one in RETRIEVAL_SET` }];
  const docs = readDocs();
  const questions = readQuestions();
  const meaning = meaningOf(docs);
  const figures = WAYS.map(([name, way, aim]) => ({
    name: `${docs.length} passages, ${questions.length} questions: ${name}`,
    value: judged(questions, ranking(docs, way, meaning)),
    ...(aim && { aim }),
  }));
  return [...figures, ...(await overPostgres(docs, questions))];
}

/** The same as the product does it over PostgreSQL. */
async function overPostgres(docs: readonly Doc[], questions: readonly Question[]): Promise<Figure[]> {
  const server = await startPostgres();
  const store = await openStore({ dataDir: '/nowhere', databaseUrl: server.url() });
  const { engine, semantics } = searchOver(store);
  try {
    for (const { name, heading, text } of docs)
      await engine.put({
        store: 'set',
        file: name,
        title: name,
        attributes: {},
        chunks: [{ headings: [heading], text, place: {} }],
      });
    await semantics.settled();
    const figures: Figure[] = [];
    for (const [name, lexicalShare, aim] of [
      ['full text', 1, '.680 and .850'],
      ['hybrid', LEXICAL_SHARE, '.740 and .880'],
    ] as const) {
      const found = new Map<string, string[]>();
      for (const { question } of questions) {
        const hits = await engine.search({
          stores: ['set'],
          queries: [question],
          limit: CANDIDATES,
          lexicalShare,
        });
        found.set(
          question,
          hits.map(({ file }) => file),
        );
      }
      const value = judged(questions, (question) => found.get(question) ?? []);
      figures.push({ name: `the same over PostgreSQL: ${name}`, value, aim });
    }
    return figures;
  } finally {
    await semantics.close();
    await store.close();
    await server.stop();
  }
}

function ranking(docs: readonly Doc[], way: Way, meaning: (question: string) => Map<number, number>) {
  const text = new FullText(new DatabaseSync(':memory:'), {
    tokenizer: way.tokenizer ?? TOKENIZER,
    weights: WEIGHTS,
  });
  docs.forEach((doc, id) => {
    const above = way.title === false ? '' : doc.name;
    const heading = way.headings === false ? '' : doc.heading;
    const parts = way.parts === false ? '' : partsOf(`${doc.heading}\n${doc.text}`);
    text.put({ id, heading, above, text: doc.text, parts });
  });
  return (question: string): string[] => {
    const semantic = meaning(question);
    const best = [...semantic].sort(([, one], [, other]) => other - one).slice(0, CANDIDATES);
    const lexical = text.search(
      (way.terms ?? termsOf)(question),
      (way.phrases ?? phrasesOf)(question),
      CANDIDATES,
      [0],
      way.share === 1 ? [] : best.map(([id]) => id),
    );
    const ids = new Set(way.share === 1 ? lexical.keys() : [...lexical.keys(), ...best.map(([id]) => id)]);
    const candidates = [...ids].map((id) => ({
      id,
      lexical: lexical.get(id) ?? 0,
      semantic: semantic.get(id) ?? 0,
    }));
    return fuse(candidates, way.share).map(({ id }) => docs[id]?.name ?? '');
  };
}

/** For a question, how near each passage is in what was learnt from them. */
function meaningOf(docs: readonly Doc[]): (question: string) => Map<number, number> {
  const stemmer = new Stemmer();
  const texts = docs.map(({ name, heading, text }) => `${name}\n${heading}\n${text}`);
  const basis = learn(stemmer.stems(texts.flatMap(passagesOf))) as Basis;
  const vectors = stemmer.stems(texts).map((stems) => fold(stems, basis));
  return (question) => {
    const [stems] = stemmer.stems([question]);
    const asked = fold(stems as Stems, basis);
    return new Map(
      vectors.map((vector, id) => [
        id,
        vector.reduce((sum, one, at) => sum + one * (asked[at] as number), 0),
      ]),
    );
  };
}

function judged(questions: readonly Question[], rank: (question: string) => string[]): string {
  let [recall, reciprocal] = [0, 0];
  for (const { question, sources } of questions) {
    const found = rank(question);
    const top = found.slice(0, 3);
    recall += sources.filter((source) => top.includes(source)).length / sources.length;
    const first = found.findIndex((name) => sources.includes(name));
    reciprocal += first < 0 ? 0 : 1 / (first + 1);
  }
  const mean = (sum: number) => (sum / questions.length).toFixed(3);
  return `recall@3 ${mean(recall)}, MRR ${mean(reciprocal)}`;
}

function readDocs(): Doc[] {
  return readdirSync(join(FOLDER, 'docs')).map((name) => {
    const [heading = '', ...lines] = readFileSync(join(FOLDER, 'docs', name), 'utf8').split('\n');
    return { name, heading: heading.replace(/^#+ /, ''), text: lines.join('\n') };
  });
}

function readQuestions(): Question[] {
  const lines = readFileSync(join(FOLDER, 'questions.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

if (import.meta.main) print(await retrievalFigures());
