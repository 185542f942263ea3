import { z } from 'zod';
import { AUDIENCE, audience } from '../../settings/knowledge-fields.ts';

/** Whose word calls need, as the person who runs Bobbin writes it: see `Approval`. */
export const approval = z.union([z.enum(['asker', 'channel']), audience]);

/** What that must be, as the end of a sentence. */
export const APPROVAL = `"asker", "channel", or ${AUDIENCE}`;
