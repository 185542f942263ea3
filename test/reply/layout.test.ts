import fc from 'fast-check';
import { Marked, type Token } from 'marked';
import { describe, expect, it } from 'vitest';
import { type Limits, layout } from '../../src/reply/layout.ts';
import { nastyMarkdown } from './nasty-markdown.ts';

const slack: Limits = { characters: 200, tables: 'markdown' };

const limits: fc.Arbitrary<Limits> = fc.record({
  characters: fc.oneof(fc.integer({ min: 200, max: 2000 }), fc.integer({ min: 200, max: 260 })),
  tables: fc.constantFrom('markdown' as const, 'fixed-width' as const),
  images: fc.constantFrom('markdown' as const, 'link' as const),
});

const textsOf = (markdown: string, limit: Limits) => layout(markdown, limit).map((part) => part.text);

/** CommonMark as chat platforms show it: HTML is text there. */
const commonMark = new Marked({ tokenizer: { html: () => undefined, tag: () => undefined } });

/** The texts of the fenced code blocks of Markdown, wherever they stand, as another parser sees them. */
function codeOf(markdown: string): string[] {
  const found: string[] = [];
  const walk = (tokens: Token[]) => {
    for (const token of tokens) {
      if (token.type === 'code' && token.codeBlockStyle !== 'indented') found.push(token.text);
      if ('tokens' in token && token.tokens) walk(token.tokens);
      if (token.type === 'list') walk(token.items);
    }
  };
  walk(commonMark.lexer(markdown));
  return found;
}

/** Whether a line that follows in the same quote or list item would become code. */
function leavesFenceOpen(markdown: string): boolean {
  const prefix = /(?:^|[\r\n])([ >]*)[^\r\n]*$/.exec(markdown)?.[1] ?? '';
  return codeOf(`${markdown}\n${prefix}SENTINEL`).some((code) => code.includes('SENTINEL'));
}

describe('layout', () => {
  it('gives no parts for nothing, and one for what fits', () => {
    expect(layout('', slack)).toEqual([]);
    expect(layout(' \n\n ', slack)).toEqual([]);
    expect(layout('Hi', slack)).toEqual([{ opening: '', source: 'Hi', closing: '', text: 'Hi' }]);
  });

  it('joins back to the Markdown, each part within the limit and with something to see', () => {
    fc.assert(
      fc.property(nastyMarkdown, limits, (markdown, limit) => {
        const parts = layout(markdown, limit);
        if (markdown.trim() !== '') expect(parts.map((part) => part.source).join('')).toBe(markdown);
        for (const { opening, source, closing, text } of parts) {
          expect(text.length).toBeLessThanOrEqual(limit.characters);
          expect((opening + source.trim() + closing).length).toBeLessThanOrEqual(limit.characters);
          expect(source.trim()).not.toBe('');
          expect(text.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it('never changes a part that has a successor, as the Markdown grows', () => {
    fc.assert(
      fc.property(nastyMarkdown, limits, fc.nat(), (markdown, limit, at) => {
        const characters = Array.from(markdown);
        const prefix = characters.slice(0, at % (characters.length + 1)).join('');
        const frozen = layout(prefix, limit).slice(0, -1);
        expect(layout(markdown, limit).slice(0, frozen.length)).toEqual(frozen);
      }),
      { numRuns: 300 },
    );
  });

  it('comes to the same from the parts of an earlier state, whatever that was', () => {
    fc.assert(
      fc.property(nastyMarkdown, limits, fc.nat(), (markdown, limit, at) => {
        const characters = Array.from(markdown);
        const prefix = characters.slice(0, at % (characters.length + 1)).join('');
        expect(layout(markdown, limit, layout(prefix, limit))).toEqual(layout(markdown, limit));
      }),
    );
  });

  it('balances the fences of every part, as another parser sees them', () => {
    fc.assert(
      fc.property(nastyMarkdown, limits, (markdown, limit) => {
        expect(textsOf(markdown, limit).filter(leavesFenceOpen)).toEqual([]);
      }),
    );
  });
});
