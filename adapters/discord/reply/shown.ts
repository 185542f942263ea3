import type { Buttons } from '../buttons.ts';

/** One message of a reply as people see it. */
export interface Shown {
  nonce: string;
  /** Undefined until it is posted. */
  id?: string | undefined;
  /** Undefined when it is not known what the message says. */
  content?: string | undefined;
  buttons?: Buttons | undefined;
  /** Whether it pings whom it answers. */
  pings?: boolean | undefined;
  /** The message in whose place it stands, and which is to be deleted. */
  replaces?: string | undefined;
  /** The ids of the files that it brought. */
  files?: readonly string[] | undefined;
  /** Whether another process has written what it says. */
  isInherited?: boolean | undefined;
  /** How many files it brought, when it is not known yet which. */
  attachments?: number | undefined;
}

/** Files have messages of their own. */
export function bringsFiles({ files, attachments }: Shown): boolean {
  return (files?.length ?? 0) > 0 || (attachments ?? 0) > 0;
}
