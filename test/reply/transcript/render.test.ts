import fc from 'fast-check';
import { marked } from 'marked';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import { describe, expect, it } from 'vitest';
import { scan } from '../../../src/reply/layout/block.ts';
import { LAST_LOG_LINES, MAX_LOG_CHARACTERS, MAX_LOG_LINES } from '../../../src/reply/layout/clean.ts';
import { type ReplyStyle, render } from '../../../src/reply/transcript/render.ts';
import { emptyTranscript, fold } from '../../../src/reply/transcript/transcript.ts';
import type { PlacedCall } from '../../../src/view.ts';
import { call, code, eventsOf, type Item, items, sizes, text } from './run-script.ts';

const foldAll = (events: AssistantStreamEvent[]) => events.reduce(fold, emptyTranscript);
const markdownOf = (script: Item[], style?: ReplyStyle) =>
  render(foldAll(eventsOf(script, [5])), style).markdown;
const codeBlocksOf = (markdown: string) =>
  marked.lexer(markdown).flatMap((token) => (token.type === 'code' ? [token.text] : []));
const labels: ReplyStyle = { toolCall: ({ call: { type } }) => `*${type}*` };

/** What each prefix of the run's events renders to. */
function frames(script: Item[], pieces: number[], style?: ReplyStyle) {
  let transcript = emptyTranscript;
  return eventsOf(script, pieces).map((event) => {
    transcript = fold(transcript, event);
    return render(transcript, style);
  });
}

function expectToGrow(markdowns: string[]): void {
  for (const [index, markdown] of markdowns.entries()) {
    const before = markdowns[index - 1] ?? '';
    expect(markdown.slice(0, before.length)).toBe(before);
  }
}

function expectBetweenBlocks(markdown: string, calls: readonly PlacedCall[]): void {
  let last = 0;
  for (const { at } of calls) {
    expect(at).toBeGreaterThanOrEqual(last);
    expect(scan(markdown.slice(0, at)).fence).toBeUndefined();
    if (at > 0) expect(markdown.slice(at)).toMatch(/^(?:\n\n|$)/);
    last = at;
  }
}

describe('render', () => {
  it('shows text, code with its label, output and text in their order', () => {
    const script = [
      { content: [text('Let me see.\n')] },
      { calls: [code('print(1)\n', '1\n')] },
      { content: [text('It is 1.')] },
    ];
    expect(markdownOf(script, labels)).toBe(
      'Let me see.\n\n*code_interpreter*\n\n```python\nprint(1)\n```\n\n```\n1\n```\n\nIt is 1.',
    );
  });

  it('tells of what is not shown when its step is over, below the code of the same step', () => {
    const script = [
      { content: [text('One moment.')] },
      { calls: [call('a', '{}', 'x'), code('1', '1\n'), call('b', '{}', 'y')] },
      { content: [text('Done.')] },
    ];
    const seen = frames(script, [3], labels).map(({ markdown }) => markdown);
    expectToGrow(seen);
    const shown = 'One moment.\n\n*code_interpreter*\n\n```python\n1\n```\n\n```\n1';
    expect(seen).toContain(shown);
    expect(seen.at(-1)).toBe(`${shown}\n\`\`\`\n\n*function*\n*function*\n\nDone.`);
  });

  it('shows nothing of code that is folded but its line, when it has run', () => {
    const folded: ReplyStyle = { ...labels, code: 'folded' };
    const script = [{ calls: [code('secret()', 'a\n'), code('2')] }, { content: [text('Done.')] }];
    const seen = frames(script, [3], folded);
    expect(seen.at(-1)?.markdown).toBe('*code_interpreter*\n*code_interpreter*\n\nDone.');
    expect(new Set(seen.map(({ markdown }) => markdown.includes('secret')))).toEqual(new Set([false]));
    expect(seen.at(-1)?.calls.map(({ isFolded }) => isFolded)).toEqual([true, true]);
    expect(render(foldAll(eventsOf(script, [5])), labels).calls[0]).not.toHaveProperty('isFolded');
  });

  it('only ever grows at its end, also where nothing is to see at first', () => {
    const mark = fc.constantFrom('`', '~', '\n', '\u200b', 'a', ' ', '>', '-', '1. ');
    fc.assert(
      fc.property(fc.string({ unit: mark, maxLength: 40 }), sizes, (value, pieces) =>
        expectToGrow(frames([{ content: [text(value)] }], pieces).map(({ markdown }) => markdown)),
      ),
    );
  });

  it('only ever grows at its end', () => {
    fc.assert(
      fc.property(items, sizes, (script, pieces) =>
        expectToGrow(frames(script, pieces, labels).map(({ markdown }) => markdown)),
      ),
    );
    fc.assert(
      fc.property(items, sizes, (script, pieces) =>
        expectToGrow(frames(script, pieces, { ...labels, code: 'folded' }).map(({ markdown }) => markdown)),
      ),
    );
  });

  it('places each call between two blocks, once and for all', () => {
    fc.assert(
      fc.property(items, sizes, fc.constantFrom(labels, undefined), (script, pieces, style) => {
        const places = new Map<string, number>();
        for (const { markdown, calls } of frames(script, pieces, style)) {
          expectBetweenBlocks(markdown, calls);
          for (const { id, at } of calls) expect(at).toBe(places.getOrInsert(id, at));
        }
        expect(places.size).toBe(
          script.reduce((sum, item) => sum + ('calls' in item ? item.calls.length : 0), 0),
        );
      }),
    );
  });

  it('places a call before its code, also if a text before it left a fence open', () => {
    const script = [
      { content: [text('```js\nlet x')] },
      { calls: [code('a')] },
      { content: [text('after')] },
    ];
    const { markdown, calls } = render(foldAll(eventsOf(script, [5])));
    const [at = 0] = calls.map((placed) => placed.at);
    expect([markdown.slice(0, at), markdown.slice(at)]).toEqual([
      '```js\nlet x\n```',
      '\n\n```python\na\n```\n\nafter',
    ]);
  });

  it('shows code as it is written, its block open, and output as its lines end', () => {
    const script = [{ calls: [code('x = 1\nprint(x)', '1\n2')] }];
    const seen = frames(script, [1]).map(({ markdown }) => markdown);
    expect(seen).toContain('```python\nx = 1\npri');
    expect(seen).toContain('```python\nx = 1\nprint(x)\n```\n\n```\n1');
    expect(seen.at(-1)).toBe('```python\nx = 1\nprint(x)\n```\n\n```\n1\n2\n```');
  });

  it('keeps each program before its own output when all were written before the first one ran', () => {
    const script = [{ calls: [code('a', '1\n'), code('b', '2\n'), call('f', '{}', 'x')] }];
    const [head, deltas, tail] = [0, 1, 2].map((part) =>
      eventsOf(script, [9]).filter((event, index, all) => {
        const isDelta = event.event === 'thread.run.step.delta';
        const first = all.findIndex((other) => other.event === 'thread.run.step.delta');
        return [index < first, isDelta, index > first && !isDelta][part];
      }),
    );
    const isCode = (event: AssistantStreamEvent) => JSON.stringify(event).includes('"input"');
    const parallel = [
      ...(head ?? []),
      ...(deltas ?? []).filter(isCode),
      ...(deltas ?? []).filter((event) => !isCode(event)),
      ...(tail ?? []),
    ];
    let transcript = emptyTranscript;
    const seen = parallel.map((event) => {
      transcript = fold(transcript, event);
      return render(transcript).markdown;
    });
    expectToGrow(seen);
    expect(codeBlocksOf(seen.at(-1) ?? '')).toEqual(['a', '1', 'b', '2']);
  });

  it('closes a fence that a text left open before anything else follows', () => {
    const script = [{ content: [text('> ```js\n> let x')] }, { content: [text('after')] }];
    expect(markdownOf(script)).toBe('> ```js\n> let x\n> ```\n\nafter');
  });

  it('shows nothing for a call without code and output, and for empty output', () => {
    expect(markdownOf([{ calls: [code(''), code('x = 1', '', '\n\n')] }])).toBe('```python\nx = 1\n```');
  });

  it('does not let code or output break out of its block', () => {
    const script = [{ calls: [code("s = '''```'''\n```\n````", '```\n# not a heading')] }];
    expect(codeBlocksOf(markdownOf(script))).toHaveLength(2);
    expect(
      markdownOf(script)
        .replace(/^```.*$/gm, '')
        .replaceAll('\u200b', ''),
    ).toContain("s = '''```'''");
    expect(markdownOf(script).match(/```/g)).toHaveLength(4);
  });

  it('leaves of an output what a terminal would show in the end', () => {
    const progress = 'Loading 10%\rLoading 50%\rLoading 100%\r\n\x1b[32mok\x1b[0m\x07\ttab\n';
    expect(markdownOf([{ calls: [code('', progress)] }])).toBe('```\nLoading 100%\nok\ttab\n```');
  });

  it('shortens a long output and says how much more there is', () => {
    const lines = Array.from({ length: MAX_LOG_LINES + 1234 }, (_, index) => `${index}\n`).join('');
    const shown = codeBlocksOf(markdownOf([{ calls: [code('', lines)] }]))[0] ?? '';
    const last = MAX_LOG_LINES + 1233;
    expect(shown.split('\n')).toHaveLength(MAX_LOG_LINES + 1 + LAST_LOG_LINES);
    expect(shown).toContain(`\n… 1,231 more lines\n${last - 2}\n${last - 1}\n${last}`);

    const flood = codeBlocksOf(markdownOf([{ calls: [code('', `${'x'.repeat(1_000_000)}\nend`)] }]))[0] ?? '';
    expect(flood).toBe(`${'x'.repeat(MAX_LOG_CHARACTERS)} … (996,000 more characters)\nend`);
  });

  it('shows why an output or its code was cut, however long it is, and claims no line that it does not know of', () => {
    const cut = 'The output was cut after 64 KB; in all it had 100,000 lines, 575 KB.';
    const stopped = 'The code was stopped after 60 seconds, its time limit.';
    const logs = `${'1\n'.repeat(1_000)}${cut}\n${stopped}\n`;
    expect(codeBlocksOf(markdownOf([{ calls: [code('', logs)] }]))[0]).toMatch(
      new RegExp(`^(1\n){${MAX_LOG_LINES}}… 939 more lines\n1\n${cut}\n${stopped}$`),
    );
    const few = 'a\n'.repeat(MAX_LOG_LINES + LAST_LOG_LINES);
    expect(codeBlocksOf(markdownOf([{ calls: [code('', few)] }]))[0]).toBe(few.trimEnd());
    const long = `${few}${'b'.repeat(5_000)}`;
    expect(codeBlocksOf(markdownOf([{ calls: [code('', long)] }]))[0]).toMatch(
      /\n… 1 more line\na\na\nb{300} … \(4,700 more characters\)$/,
    );
  });

  it('joins outputs that follow each other, and leaves a gap where an image came', () => {
    const script = [{ calls: [code('', 'a', 'b\n', { image: 'file_1' }, 'c')] }];
    expect(markdownOf(script, labels)).toBe('*code_interpreter*\n\n```\na\nb\n```\n\n```\nc\n```');
  });

  it('shows text well-formed and without control characters', () => {
    fc.assert(
      fc.property(items, sizes, (script, pieces) => {
        for (const { markdown } of frames(script, pieces)) {
          expect(markdown.isWellFormed()).toBe(true);
          expect(markdown).not.toMatch(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
        }
      }),
      { numRuns: 50 },
    );
    expect(markdownOf([{ content: [text('\r\n\x1b[1mHi\u202e \ud83d!\r\n😀')] }])).toBe('[1mHi \ufffd!\n😀');
  });

  it('shows refusals as text, and images by their address', () => {
    const script: Item[] = [
      {
        content: [
          { type: 'refusal', refusal: 'No.' },
          { type: 'image_url', image_url: { url: 'https://a.b/c d.png' } },
        ],
      },
      { content: [{ type: 'image_url', image_url: { url: 'nonsense' } }] },
    ];
    expect(markdownOf(script)).toBe('No.\n\n![](https://a.b/c%20d.png)');
  });
});
