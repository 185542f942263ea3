/** Words of questions that say nothing of what they ask for, in the languages that teams ask in most. */
const EMPTY_WORDS = new Set(
  `a about an and any anyone are at be by can could do does for from get have how i in is it me my of on or our please should
  tell that the there this to us was we what when where which who why will with would you your
  aber als am an auf aus bei bin bitte das dem den der des die dir du ein eine einem einen einer er es für hat haben ich
  im in ist kann können man mein meine mich mir mit nach oder sein sich sie sind so und uns unser von wann war warum was
  wer wie wir wird wo zu zum zur`.split(/\s+/),
);

/** Of so many letters words are taken for equal: enough to tell them apart, few enough for their endings. */
const STEM = 6;

/** Two questions are alike when so much of the words of both are in both (Jaccard). */
const ALIKE = 0.5;

/** Groups of alike questions, the largest first; within each, in the order that was given. */
export function groupAlike<T>(items: readonly T[], questionOf: (item: T) => string): T[][] {
  const groups: { words: Set<string>; items: T[] }[] = [];
  for (const item of items) {
    const words = wordsOf(questionOf(item));
    const group = groups.find((one) => likeness(one.words, words) >= ALIKE);
    if (group) group.items.push(item);
    else groups.push({ words, items: [item] });
  }
  return groups.map((group) => group.items).sort((a, b) => b.length - a.length);
}

function wordsOf(question: string): Set<string> {
  const words =
    question
      .toLowerCase()
      .normalize('NFKC')
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  const telling = words.filter((word) => !EMPTY_WORDS.has(word));
  return new Set((telling.length > 0 ? telling : words).map((word) => word.slice(0, STEM)));
}

function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const both = a.intersection(b).size;
  return a.size + b.size === 0 ? 1 : both / (a.size + b.size - both);
}
