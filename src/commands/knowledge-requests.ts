import type { Knowledge } from '../knowledge/knowledge.ts';
import type { Requests } from '../operations/control.ts';

/** What a process that has the store open answers; what does it is loaded once it is asked. */
export function knowledgeRequests(open: () => Promise<Knowledge | undefined>): Requests {
  return {
    knowledge: async (command) => {
      const { carryOut } = await import('../knowledge/commands.ts');
      return JSON.stringify(await carryOut(await open(), JSON.parse(command), {}));
    },
  };
}
