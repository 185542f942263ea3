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

/** Where it keeps in which conversations a sign of work was left. */
export const SIGNS = 'signs';

/** How many bytes of files people have sent, by `conversation/` and the conversation, and by day. */
export const RECEIVED = 'received-bytes';
/** Where it keeps which turns each person has had within the last hour; a key is a person, a space, and a number. */
export const TURNS_AN_HOUR = 'turns-an-hour';

/** Where it keeps what people were told of their limits, so that they are told once; a key begins with a person and a space. */
export const TOLD = 'told';
