/** A server takes no more requests until somebody has signed in. */
export class SignInNeeded extends Error {
  constructor() {
    super('Somebody has to sign in.');
    this.name = 'SignInNeeded';
  }
}
