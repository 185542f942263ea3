import type { DeserializedData } from 'keyv';

/*
 * How values are written down in every store. Keyv's own way turns a `Uint8Array` into an object with a property
 * for each byte and reads everything through a JSON reviver; here bytes are base64 and all else is plain JSON.
 */

/** Writes JSON data or a `Uint8Array`, with its end of life. */
export function serialize<Value>({ expires, value }: DeserializedData<Value>): string {
  // `expires` comes first in the text, so that a store can tell what has expired by its beginning.
  return JSON.stringify(
    value instanceof Uint8Array ? { expires, base64: value.toBase64() } : { expires, value },
  );
}

/** Reads what `serialize` wrote. Throws a SyntaxError for any other text. */
export function deserialize(text: string) {
  const { expires, value, base64 } = JSON.parse(text);
  return { expires, value: base64 === undefined ? value : Uint8Array.fromBase64(base64) };
}
