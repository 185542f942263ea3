import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { ModelRequest } from '../../models/model.ts';

/** The JSON that the run asks for; nothing where any text will do. */
export function responseFormat(format: Run['response_format']): Pick<ModelRequest, 'responseFormat'> {
  if (format === null || format === 'auto' || format.type === 'text') return {};
  return { responseFormat: format };
}
