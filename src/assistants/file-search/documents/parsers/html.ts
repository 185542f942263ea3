import { Parser } from 'htmlparser2';
import type { Block, Document } from '../document.ts';
import { HtmlBlocks } from './html-blocks.ts';

/** What nobody reads as the page's text. */
const DROPPED = new Set(
  'script style noscript template nav footer svg math iframe object canvas select button textarea dialog'.split(
    ' ',
  ),
);
const DROPPED_ROLES = new Set(['navigation', 'banner', 'contentinfo', 'search', 'menu', 'dialog']);

/** Where a page says that its own text stands. */
const MAIN = new Set(['main', 'article']);

/** The share of all text that must stand there before the rest is taken for the page's frame. */
const LEAST_OF_MAIN = 0.3;

/** A page's text by its headings, paragraphs, lists, tables and code; its frame is left out where it says which that is. */
export function parseHtml(html: string): Document {
  const blocks = new HtmlBlocks();
  /** How many elements are open in one that is dropped, that one included, and how many say that they are the main one. */
  let dropped = 0;
  let main = 0;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (dropped > 0 || isDropped(name, attributes)) dropped += 1;
      else {
        if (MAIN.has(name)) main += 1;
        blocks.open(name, attributes, main > 0);
      }
    },
    ontext(text) {
      if (dropped === 0) blocks.text(text);
    },
    onclosetag(name) {
      if (dropped > 0) dropped -= 1;
      else {
        blocks.close(name);
        if (MAIN.has(name)) main -= 1;
      }
    },
  });
  parser.end(html);
  const { title, all, inMain } = blocks.end();
  const text = lengthOf(inMain) >= lengthOf(all) * LEAST_OF_MAIN ? inMain : all;
  const name = title || text.find(({ level }) => level === 1)?.text;
  return { ...(name && { title: name }), blocks: text };
}

function isDropped(name: string, { role, hidden, 'aria-hidden': unseen }: Record<string, string>): boolean {
  return DROPPED.has(name) || DROPPED_ROLES.has(role ?? '') || hidden !== undefined || unseen === 'true';
}

function lengthOf(blocks: Block[]): number {
  return blocks.reduce((sum, { text }) => sum + text.length, 0);
}
