/**
 * Something that the person who runs Bobbin can put right. The message is one or more whole sentences: what
 * happened and what to do. It is shown as it is, without a stack.
 */
export class Problem extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Problem';
  }
}
