/** Where the store keeps which thread each conversation owns. */
export const CONVERSATIONS = 'conversations';

/** Where it keeps what turns that are not over have done so far. */
export const TURNS = 'turns';

/** Where it keeps what people decided on calls of turns that are not over; a key is a conversation, a space, and an id. */
export const APPROVALS = 'approvals';

/** Where it keeps which messages people deleted; a key is a conversation, a space, and the message's id. */
export const RETRACTED = 'retracted';

/** Where it keeps the questions of each conversation that the team's knowledge did not answer. */
export const GAPS = 'gaps';

/** Where it keeps for which audiences documents were searched in each conversation. */
export const SEARCHED = 'searched';
