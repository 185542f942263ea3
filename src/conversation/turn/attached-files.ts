import { type AttachedFile, FunctionError } from '../../functions/team-function.ts';
import type { IncomingMessage } from '../../platform.ts';
import { Problem } from '../../problem.ts';
import { type Download, fetchFile } from '../thread/attachments.ts';

/** The files that people attached to what is being answered, fetched when a function reads them. */
export function attachedFiles(
  messages: readonly IncomingMessage[],
  download: Download | undefined,
): readonly AttachedFile[] {
  return messages.flatMap(({ attachments = [] }) =>
    attachments.map((file, index) => ({
      name: file.name,
      type: file.type,
      size: file.size,
      read: () =>
        fetchFile(file, index, download).catch((error: unknown) => {
          const reason =
            error instanceof Problem ? error.message : 'it could not be fetched. Attach it again';
          throw new FunctionError(`The file ${JSON.stringify(file.name)} is not here: ${reason}.`, {
            cause: error,
          });
        }),
    })),
  );
}
