/** A list from the wire, without what is no object in it: servers and versions differ from the types. */
export function listOf<T extends object>(value: readonly T[] | null | undefined): readonly T[] {
  return Array.isArray(value)
    ? value.filter((element) => typeof element === 'object' && element !== null)
    : [];
}

/** A text from the wire. */
export function textOf(value: string | null | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** A number from the wire. */
export function numberOf(value: number | null | undefined): number {
  return typeof value === 'number' ? value : 0;
}
