/** Schemes that people open from a chat; what another one does is up to the programs of their machine. */
const OF_THE_WEB = /^https?:\/\//i;
const OTHER = /^(mailto|tel):(.+)$/is;
const EMAIL = /^[^\s@/?#:]+@[^\s@/?#:]+$/;
const HAS_SCHEME = /^[a-z][a-z\d+.-]*:\/\//i;

/** What leaves no mark, and what turns the direction of what does. */
const UNSEEN = /[\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb]/gu;

/**
 * What is the same for two addresses that ask the same thing of the same host: `https://Wiki.example.com/a/` and
 * `wiki.example.com/a`, an email address and its `mailto:`. Another query or fragment makes another address. Undefined for
 * what must be no link whoever wrote it: with a name and password in it, with characters that nobody sees, with a scheme
 * that is not of the web.
 */
export function keyOf(address: string): string | undefined {
  if (readable(address) !== address || address.includes('\\')) return undefined;
  const [, scheme, rest = ''] = OTHER.exec(address) ?? (EMAIL.test(address) ? ['', 'mailto', address] : []);
  if (scheme !== undefined) return `${scheme.toLowerCase()}:${rest.toLowerCase()}`;
  const url = webAddress(address);
  return url && `//${url.host}${withoutSlash(url.pathname + url.search + url.hash)}`;
}

/** Whether it is an address of one of these hosts, or of a host below one. */
export function isOfHosts(address: string, hosts: readonly string[]): boolean {
  if (keyOf(address) === undefined) return false;
  const host = webAddress(address)?.hostname;
  return (
    host !== undefined &&
    hosts.some((known) => host === known || (known.includes('.') && host.endsWith(`.${known}`)))
  );
}

/** The host of an address of the web, as browsers ask for it. */
export function hostOf(address: string): string | undefined {
  return webAddress(address)?.hostname;
}

/** Without what nobody sees. */
export function readable(address: string): string {
  return address.replace(UNSEEN, '');
}

function webAddress(address: string): URL | undefined {
  const hasScheme = HAS_SCHEME.test(address);
  if (hasScheme && !OF_THE_WEB.test(address)) return undefined;
  const url = URL.parse(hasScheme ? address : `https://${address}`);
  return url && url.username === '' && url.password === '' ? url : undefined;
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
