/** What becomes of an address: a link, or text that is none; unsure where that is still being found out. */
export type Verdict = 'link' | 'text' | 'unsure';

export interface LinkRules {
  /** Of what the platform makes links by itself: of addresses with a scheme, or of every dotted name, too. */
  readonly autolinks: 'addresses' | 'names';
  verdict(address: string): Verdict;
}
