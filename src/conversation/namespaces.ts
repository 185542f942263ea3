/** Where the store keeps which thread each conversation owns. */
export const CONVERSATIONS = 'conversations';

/** Where it keeps what turns that are not over have done so far. */
export const TURNS = 'turns';
