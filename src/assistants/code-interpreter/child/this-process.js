// Node's own process. To import `node:process` instead looks at all of its properties, and so opens standard input, which
// from then on does not block: who waits for it would have to look again and again.
export const { process } = globalThis;
