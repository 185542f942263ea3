import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fuse } from '../../../src/assistants/file-search/search/fusion.ts';
import { partsOf } from '../../../src/assistants/file-search/search/parts.ts';
import { SearchEngine } from '../../../src/assistants/file-search/search/search-engine.ts';
import { MOST_TERMS, phrasesOf, termsOf } from '../../../src/assistants/file-search/search/terms.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';

const store = memoryStore();
const engine = new SearchEngine(store.searchIndex);
let names = 0;

/** Which of the texts are found, the best first. */
async function found(texts: string[], question: string): Promise<string[]> {
  const name = `vs_${names++}`;
  const chunks = texts.map((text) => ({ text, headings: [], place: {} }));
  await engine.put({ store: name, file: 'file', title: '', attributes: {}, chunks });
  const hits = await engine.search({ stores: [name], queries: [question], limit: 10 });
  return hits.map(({ text }) => text);
}

const OTHER = 'Coffee is on the third floor, and der Tee steht im Schrank.';

describe('a question finds a text that has', () => {
  test.each([
    ['the same word in another form', 'How are invoices paid?', 'We pay an invoice within a week.'],
    ['camelCase for words', 'How do I get the user name?', 'Call getUserName for that.'],
    ['words for camelCase', 'getUserName', 'Whoever wants to get user name data asks HR.'],
    ['snake_case for camelCase', 'maxNumResults', 'Set max_num_results to 5.'],
    ['camelCase for snake_case', 'max_num_results', 'Set maxNumResults to 5.'],
    ['capitals for a word', 'parse the HTML document', 'An HTMLParser does that.'],
    ['a file by its path', 'What is in src/store/open-store.ts?', 'See src/store/open-store.ts for this.'],
    ['a part of a path', 'open-store', 'See src/store/open-store.ts for this.'],
    ['a version', 'What changed in 2.13.4?', 'Release v2.13.4 mends the printer.'],
    ['a version with its letter', 'v2.13', 'Release 2.13 mends the printer.'],
    ['one word for a hyphen', 'Where is the wifi password?', 'The Wi-Fi code is on the wall.'],
    ['a hyphen for one word', 'e-mail', 'Write an email to HR.'],
    ['a digit at a word', 'utf8', 'All files are UTF-8 here.'],
    ['signs that are the name', 'C++', 'Our style of C++ is Google’s.'],
    ['another such sign', 'C#', 'The client is written in C# today.'],
    ['a word with a sign after it', 'printer?', 'The printer is broken.'],
    ['a word with an accent', 'resume', 'Send your résumé.'],
    ['a ligature', 'office file', 'Every oﬃce has a ﬁle.'],
    ['a soft hyphen in it', 'handbook', 'Our hand\u00adbook says so.'],
    ['a genitive', 'Where is the company’s handbook?', 'The company has one.'],
    ['ß for ss', 'Strasse', 'Das Büro ist in der Straße am Park und nicht in der Stadt.'],
    ['ss for ß', 'Wie groß ist es?', 'Die Halle ist gross und das ist gut.'],
    ['ae for ä', 'Antraege', 'Die Anträge liegen bei der Leitung und nicht hier.'],
    ['ä for ae', 'Wo sind die Anträge?', 'Die Antraege liegen bei der Leitung und nicht hier.'],
    [
      'a compound by its beginning',
      'Wie bekomme ich Urlaub?',
      'Der Urlaubsantrag ist von der Leitung zu genehmigen.',
    ],
    ['a compound by its end', 'Wo ist der Antrag?', 'Der Urlaubsantrag ist von der Leitung zu genehmigen.'],
    [
      'a compound by its middle',
      'Kosten',
      'Die Reisekostenabrechnung ist bis zum Ende des Monats zu machen.',
    ],
    [
      'a compound by a plural',
      'Welche Anträge gibt es?',
      'Der Urlaubsantrag ist von der Leitung zu genehmigen.',
    ],
    ['words for a compound', 'Wo ist das Urlaubsantragsformular?', 'Für den Urlaub ist ein Formular da.'],
    ['Chinese words', '退款政策', '本公司的退款政策如下。'],
    ['a single Chinese character', '税', '关于税的问题。'],
    ['Japanese words', '有給休暇の申請', '休暇は上司に申請してください。'],
    ['Chinese beside Latin letters', 'VPN设置', '请看VPN设置说明。'],
    ['Cyrillic words', 'Где договор?', 'Договор лежит в шкафу.'],
  ])('%s', async (_, question, text) => {
    expect((await found([OTHER, text], question))[0]).toBe(text);
  });
});

test('words of grammar find nothing, but in a question that has no others', async () => {
  expect(await found([OTHER, 'How is it?'], 'What is the printer for?')).toEqual([]);
  expect(await found(['Der Drucker.', 'What was that?'], 'Was ist mit dem Drucker?')).toEqual([
    'Der Drucker.',
  ]);
  expect(await found(['To be, or not to be.', 'Printers.'], 'to be or not to be')).toEqual([
    'To be, or not to be.',
  ]);
});

test('English is not taken apart', () => {
  expect(partsOf('The transaction is for the administrator and not for us.')).toBe('');
  expect(termsOf('What is the transaction for?')).toEqual([['transaction']]);
});

test('words that stand together in the question are better where they stand together', async () => {
  const texts = ['The office is closed and the back is tired.', 'The back office is closed and tired.'];
  expect(phrasesOf('Is the back office open?')).toEqual(['back office', 'office open']);
  expect((await found(texts, 'Where is the back office?'))[0]).toBe(texts[1]);
});

test('any text gives terms, parts and phrases in bounds, and a text finds itself', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.lorem()), async (text) => {
      partsOf(text);
      expect(phrasesOf(text).length).toBeLessThanOrEqual(MOST_TERMS);
      const terms = termsOf(text);
      expect(terms.length).toBeLessThanOrEqual(MOST_TERMS);
      for (const spellings of terms) expect(spellings.length).toBeGreaterThan(0);
      if (/^[a-z .]*[a-z][a-z .]*$/i.test(text)) expect(await found([text], text)).toEqual([text]);
    }),
    { numRuns: 60 },
  );
});

test('a long page that somebody pastes takes no longer than its beginning', () => {
  expect(termsOf('word '.repeat(100_000))).toEqual([['word']]);
  expect(termsOf(Array.from({ length: 10_000 }, (_, at) => `w${at}x`).join(' '))).toHaveLength(MOST_TERMS);
  expect(partsOf('a'.repeat(100_000))).toBe('');
});

describe('fusion', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const candidate = fc.record({
    id: fc.integer({ min: 1, max: 1_000 }),
    lexical: share,
    semantic: fc.double({ min: -1, max: 1, noNaN: true }),
  });
  const candidates = fc.uniqueArray(candidate, { selector: ({ id }) => id });

  test('gives each candidate once, best first, from 0 to 1, in whatever order they came', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const fused = fuse(all);
        expect(fused.map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
        for (const { score } of fused) expect(score >= 0 && score <= 1).toBe(true);
        expect(fused.toSorted((one, other) => other.score - one.score)).toEqual(fused);
        expect(fuse(all.toReversed())).toEqual(fused);
      }),
    );
  });

  test('never puts what is worse in both before what is better in both', () => {
    fc.assert(
      fc.property(candidates, share, (all, weight) => {
        const places = new Map(fuse(all, weight).map(({ score, id }) => [id, score]));
        for (const one of all)
          for (const other of all)
            if (one.lexical >= other.lexical && one.semantic >= other.semantic)
              expect(places.get(one.id)).toBeGreaterThanOrEqual(places.get(other.id) ?? 0);
      }),
    );
  });

  test('goes by the words alone where nothing has a meaning', () => {
    expect(
      fuse([
        { id: 1, lexical: 0.4 },
        { id: 2, lexical: 0.5 },
      ]),
    ).toEqual([
      { id: 2, score: 0.5, lexical: 0.5 },
      { id: 1, score: 0.4, lexical: 0.4 },
    ]);
  });
});
