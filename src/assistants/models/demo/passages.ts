/** A passage that a search found, as the model is told of it. */
export interface Passage {
  mark: string;
  /** What the document calls itself, or its file's name. */
  title: string;
  headings: string[];
  date: string | undefined;
  score: number;
  text: string;
}

/** Reads the passages in a search's output; none where it holds a sentence instead. */
export function passagesIn(output: string): Passage[] {
  return output.split(/\n\n(?=【)/).flatMap((block) => (block.startsWith('【') ? passageIn(block) : []));
}

function passageIn(block: string): Passage[] {
  const [mark = '', ...lines] = block.split('\n');
  const facts = new Map(lines.flatMap((line) => factIn(line)));
  const quoted = lines.filter((line) => line.startsWith('>')).map((line) => line.replace(/^> ?/, ''));
  const title = facts.get('title') ?? facts.get('file') ?? '';
  const headings = (facts.get('under') ?? '')
    .split(' › ')
    .filter((heading) => heading !== '' && heading !== title);
  const score = Number(facts.get('score'));
  return [{ mark, title, headings, date: facts.get('date'), score, text: quoted.join('\n').trim() }];
}

/** `title: "Handbook"` or `score: 0.90`. */
function factIn(line: string): [string, string][] {
  const [, name = '', json = ''] = /^(\w+): ("(?:[^"\\]|\\.)*"|[\d.]+)$/.exec(line) ?? [];
  return name === '' ? [] : [[name, String(JSON.parse(json))]];
}
