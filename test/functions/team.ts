import type { TeamFunction } from '../../src/functions/team-function.ts';

/** A function that does as it is told. */
export function team(
  name: string,
  call: TeamFunction['call'],
  more: Partial<TeamFunction> = {},
): TeamFunction {
  const parameters = { type: 'object', properties: {} };
  return { name, description: `The function ${name}.`, parameters, strict: false, call, ...more };
}

/** One that reads what people attached, and gives back a file for each. */
export const copies = team('copy', async (_, { attachments, asker, progress }) => {
  progress('Copying');
  const files = attachments.map(async (file) => ({ name: `copy-of-${file.name}`, bytes: await file.read() }));
  return { text: `Copied for ${asker.name}.`, files: await Promise.all(files) };
});
