import type { ApprovalState, View } from '../view.ts';

/** What people are asked at the moment before calls are made, in order; nothing once the reply is over. */
export function openQuestions({ calls, outcome }: Pick<View, 'calls' | 'outcome'>): ApprovalState[] {
  if (outcome) return [];
  return calls.flatMap(({ call }) => {
    const approval = call.type === 'function' ? call.approval : undefined;
    return approval && !approval.decision ? [approval] : [];
  });
}
