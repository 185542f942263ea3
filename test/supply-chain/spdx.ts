/**
 * Whether one may take a package by its SPDX expression, such as `(MIT OR CC0-1.0) AND ISC`, where `may` says which
 * licences one may. Of what is no expression it says no. https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
 */
export function allows(expression: string, may: (licence: string) => boolean): boolean {
  const words = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const one = (): boolean => {
    if (words[at] !== '(') return may(words[at++] ?? '');
    at++;
    const inner = either();
    return words[at++] === ')' && inner;
  };
  // Both sides are read, whatever the first one says.
  const both = (): boolean => joined('AND', one, (left, right) => left && right);
  const either = (): boolean => joined('OR', both, (left, right) => left || right);
  const joined = (
    by: string,
    side: () => boolean,
    of: (left: boolean, right: boolean) => boolean,
  ): boolean => {
    let result = side();
    while (words[at] === by) {
      at++;
      result = of(side(), result);
    }
    return result;
  };
  const isAllowed = either();
  return isAllowed && at === words.length;
}
