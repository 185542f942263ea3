import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import { layout } from '../../src/reply/layout/layout.ts';
import { render } from '../../src/reply/transcript/render.ts';
import { emptyTranscript, fold } from '../../src/reply/transcript/transcript.ts';
import type { Limits, Part } from '../../src/view.ts';

interface Figure {
  name: string;
  value: string;
  aim?: string;
}

/** The first rounds are not counted: the code is compiled in them. */
const WARM_UP = 20;
const ROUNDS = 9;
const DISCORD: Limits = { characters: 2000, tables: 'fixed-width', images: 'link', fences: 'backticks' };
const PARAGRAPHS = [
  'Some prose that explains what the code below does, with a [link](https://example.com) and `code`. '.repeat(
    5,
  ),
  `\`\`\`python\n${'for number in range(10):\n    print(number)\n'.repeat(30)}\`\`\``,
  '- a list item of a usual length, which says something\n'.repeat(8),
  `| Name | Count |\n|---|---|\n${'| something | 12,345 |\n'.repeat(20)}`,
];

/** What folding, rendering and laying out a reply costs. */
export async function replyFigures(): Promise<Figure[]> {
  const markdown = Array.from({ length: 100 }, () => PARAGRAPHS)
    .flat()
    .join('\n\n')
    .slice(0, 100_000);
  return [
    { name: 'fold, per delta of 1,000', value: microseconds(foldCost(1_000)) },
    { name: 'fold, per delta of 10,000', value: microseconds(foldCost(10_000)) },
    { name: 'render 100 kB', value: milliseconds(renderCost(markdown)) },
    {
      name: 'lay out 100 kB at 2,000',
      value: milliseconds(median(() => layout(markdown, DISCORD))),
      aim: '4 ms',
    },
    { name: 'lay out 100 kB at 2,000 as it grows, per call', value: milliseconds(growthCost(markdown)) },
  ];
}

function foldCost(deltas: number): number {
  const event: AssistantStreamEvent = {
    event: 'thread.message.delta',
    data: {
      id: 'msg_1',
      object: 'thread.message.delta',
      delta: { content: [{ type: 'text', index: 0, text: { value: 'word ' } }] },
    },
  };
  const all = median(() => {
    let transcript = emptyTranscript;
    for (let count = 0; count < deltas; count += 1) transcript = fold(transcript, event);
    return transcript;
  });
  return all / deltas;
}

function renderCost(markdown: string): number {
  const events: AssistantStreamEvent[] = (markdown.match(/.{1,1000}/gs) ?? []).map((value) => ({
    event: 'thread.message.delta',
    data: {
      id: 'msg_1',
      object: 'thread.message.delta',
      delta: { content: [{ type: 'text', index: 0, text: { value } }] },
    },
  }));
  const transcript = events.reduce(fold, emptyTranscript);
  return median(() => render(transcript));
}

/** Laid out again after every 200 characters, each time from the parts before. */
function growthCost(markdown: string): number {
  const step = 200;
  const all = median(() => {
    let parts: Part[] = [];
    for (let end = step; end <= markdown.length; end += step)
      parts = layout(markdown.slice(0, end), DISCORD, parts);
    return parts;
  });
  return all / (markdown.length / step);
}

/** Milliseconds that the work takes once it is warm. */
function median(work: () => unknown): number {
  for (let round = 0; round < WARM_UP; round += 1) work();
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

function microseconds(milliseconds: number): string {
  return `${(milliseconds * 1000).toFixed(2)} µs`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(2)} ms`;
}

if (import.meta.main) {
  for (const { name, value, aim } of await replyFigures())
    process.stdout.write(`${name}: ${value}${aim ? ` (aim: ${aim})` : ''}\n`);
}
