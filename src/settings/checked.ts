/** Something that a person wrote, read: its value, or every mistake in it, each a whole sentence. */
export type Checked<T> = { value: T; mistakes?: never } | { value?: never; mistakes: string[] };
