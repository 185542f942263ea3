/**
 * How every store takes text apart into words: English stems, which are kinder to German than no stems; words without their
 * accents. As SQLite names it: https://www.sqlite.org/fts5.html#tokenizers
 */
export const TOKENIZER = 'porter unicode61 remove_diacritics 2';
