/** What kind of thing went wrong, so that whoever shows it can say what to do about it. */
export type PackageFailure =
  | 'unknown package'
  | 'needed by others'
  | 'bad lock'
  | 'bad checksum'
  | 'source fails'
  | 'folder fails'
  | 'interrupted';

/** Why packages can't be had. The message is one or more whole sentences, for the person who runs this. */
export class PackageError extends Error {
  readonly failure: PackageFailure;

  constructor(failure: PackageFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PackageError';
    this.failure = failure;
  }
}
