/** What a module in FUNCTIONS_DIR imports as `bobbin/functions`. */
export {
  type Approval,
  type AttachedFile,
  type CallContext,
  FunctionError,
  type FunctionFile,
  type FunctionResult,
} from '../team-function.ts';
export { defineFunction, type FunctionDefinition } from './define-function.ts';
