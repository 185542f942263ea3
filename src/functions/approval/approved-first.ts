import type { Decision } from '../../view.ts';
import type { Functions, NamedCall } from '../functions.ts';
import type { Approval } from '../team-function.ts';
import { refusal } from './sentences.ts';

export interface Approver {
  /** Whose word the calls of a function need; undefined when nobody's. */
  approvalOf(name: string): Approval | undefined;
  /**
   * Asks, and waits for an answer; gives the output of a call that is not made without one. Rejects when this process leaves
   * the call to another one.
   */
  decide(call: NamedCall, approve: Approval, signal: AbortSignal): Promise<Decision | string>;
}

/** The same functions, of which those that need somebody's word are called once they have it. */
export function approvedFirst(functions: Functions, approver: Approver): Functions {
  return {
    async call(call, signal) {
      const approve = approver.approvalOf(call.name);
      if (approve === undefined) return functions.call(call, signal);
      const decision = await approver.decide(call, approve, signal);
      if (typeof decision === 'string') return decision;
      return decision.isApproved ? functions.call(call, signal) : refusal(decision);
    },
  };
}
