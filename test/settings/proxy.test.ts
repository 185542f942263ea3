import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/settings/config.ts';
import { proxyFor, withProxyVariables } from '../../src/settings/proxy.ts';

const PROXY = 'http://proxy:8080';
const isDirect = (except: string, url: string) =>
  proxyFor({ http: PROXY, https: PROXY, except }, new URL(url)) === undefined;

test.each([
  ['*', 'https://example.com'],
  ['other, *', 'https://example.com'],
  ['example.com', 'https://example.com'],
  ['example.com', 'https://EXAMPLE.com.'],
  ['example.com', 'wss://gateway.example.com'],
  ['.example.com', 'https://a.b.example.com'],
  ['.example.com', 'https://example.com'],
  ['*.example.com', 'https://api.example.com'],
  ['EXAMPLE.com:443', 'https://api.example.com'],
  ['example.com:80', 'ws://example.com'],
  ['localhost,example.com:8443 other', 'https://example.com:8443'],
  ['localhost', 'http://localhost:11434/v1'],
  ['127.0.0.1', 'http://127.0.0.1:11434/v1'],
  ['127.0.0.1:11434', 'http://127.0.0.1:11434/v1'],
  ['10.0.0.0/8', 'http://10.20.30.40:8000/v1'],
  ['192.168.1.0/24:8000', 'http://192.168.1.77:8000'],
  ['[::1]', 'http://[::1]:8000'],
  ['[::1]:8000', 'http://[::1]:8000'],
  ['::1', 'http://[::1]:8000'],
  ['fd00::/8', 'http://[fd12::1]'],
])('NO_PROXY=%s leaves %s out', (except, url) => {
  expect(isDirect(except, url)).toBe(true);
});

test.each([
  ['', 'https://example.com'],
  ['example.com', 'https://badexample.com'],
  ['.example.com', 'https://badexample.com'],
  ['api.example.com', 'https://example.com'],
  ['example.com:80', 'https://example.com'],
  ['example.com:8443', 'https://example.com'],
  ['10.0.0.0/8', 'http://11.0.0.1'],
  ['10.0.0.0/99', 'http://10.0.0.1'],
  ['1.1.1.1', 'http://11.1.1.1'],
  ['10.0.0.0/8', 'http://10.example.com'],
  ['fd00::/8', 'http://10.0.0.1'],
])('NO_PROXY=%s does not leave %s out', (except, url) => {
  expect(isDirect(except, url)).toBe(false);
});

test('whatever NO_PROXY says, it is read, and * in it leaves everything out', () => {
  fc.assert(
    fc.property(fc.string(), fc.domain(), (except, host) => {
      const url = `https://${host}`;
      isDirect(except, url);
      expect(isDirect(`${except.replace(/:\d+\s*$/, '')},*`, url)).toBe(true);
    }),
  );
});

test.each([
  ['https://h', 'https://secure:1'],
  ['wss://h', 'https://secure:1'],
  ['http://h', 'http://plain:1'],
  ['ws://h', 'http://plain:1'],
])('each kind of address has its proxy: %s', (url, proxy) => {
  expect(proxyFor({ http: 'http://plain:1', https: 'https://secure:1' }, new URL(url))).toBe(proxy);
});

const proxyIn = (env: NodeJS.ProcessEnv) => readConfig(withProxyVariables(env)).value?.proxy;

test('HTTP_PROXY alone is the way for all, HTTPS_PROXY alone for what is secure, and small letters count more', () => {
  expect(proxyIn({})).toBeUndefined();
  expect(proxyIn({ NO_PROXY: '*' })).toBeUndefined();
  expect(proxyIn({ HTTP_PROXY: PROXY })).toEqual({ http: PROXY, https: PROXY });
  expect(proxyIn({ HTTPS_PROXY: PROXY, NO_PROXY: 'a' })).toEqual({ https: PROXY, except: 'a' });
  expect(proxyIn({ https_proxy: 'http://small:1', HTTPS_PROXY: PROXY })).toEqual({ https: 'http://small:1' });
  expect(proxyIn({ https_proxy: ' ', HTTPS_PROXY: 'proxy:8080' })).toEqual({ https: PROXY });
});

test.each([
  'foo',
  'http://',
  'http://a b:8080',
  'http://proxy:99999',
  'ftp://proxy:21',
  'http://me:100%secret@proxy:8080',
  'http://proxy:8080/proxy.pac',
  'http://proxy:8080?secret',
  'socks5://me:secret@proxy:1080',
])('the wrong address %s is told with what to write, and never shown', (address) => {
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'http_proxy']) {
    const { mistakes } = readConfig(withProxyVariables({ [name]: address }));
    expect(mistakes).toEqual([expect.stringMatching(/^HTTPS?_PROXY .+: write http:\/\/host:port, such as/)]);
    expect(mistakes?.[0]).not.toMatch(/secret|foo|99999/);
  }
});
