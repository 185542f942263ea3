/** What is found of each name, by the name. What is not known, or can't be looked up now, is left out. Never rejects. */
export async function lookUpEach<T>(
  names: readonly string[],
  lookUp: (name: string) => Promise<T | undefined>,
): Promise<Map<string, T>> {
  const found = await Promise.all(names.map((name) => lookUp(name).catch(() => undefined)));
  return new Map(
    names.flatMap((name, at): [string, T][] => {
      const one = found[at];
      return one === undefined ? [] : [[name, one]];
    }),
  );
}
