import { attempts, type WayOut } from './way-out.ts';

export const WAYS_TO_THE_NETWORK: WayOut[] = [
  {
    name: 'TCP by socket',
    code: ({ port }) =>
      attempts(
        'import socket',
        `socket.create_connection(("127.0.0.1", ${port}), 1).sendall(b"hello")`,
        `socket.create_connection(("localhost", ${port}), 1).recv(9)`,
      ),
    shut: /^(OSError\n){2}$/,
  },
  {
    name: 'TCP without waiting for the connection',
    code: ({ port }) => `
import socket
s = socket.socket()
s.setblocking(False)
try: print(s.connect_ex(("127.0.0.1", ${port})))
except BaseException as e: print(type(e).__name__)
try: s.send(b"hello")
except BaseException as e: print(type(e).__name__)`,
    shut: /^[1-9]\d*\nOSError\n$/,
  },
  {
    name: 'UDP',
    code: ({ port }) =>
      attempts(
        'import socket\nu = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)',
        `u.sendto(b"hello", ("127.0.0.1", ${port}))`,
      ),
    shut: /^OSError\n$/,
  },
  {
    name: 'a listening socket',
    code: () =>
      attempts('import socket\ns = socket.socket()', 's.bind(("0.0.0.0", 0)) or s.listen()', 's.accept()'),
    shut: /^(OSError\n){2}$/,
  },
  {
    name: 'a Unix socket',
    code: () => attempts('import socket', 'socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock")'),
    shut: /^AttributeError\n$/,
  },
  {
    name: 'DNS: a name becomes an invented address',
    code: () => 'import socket\nsocket.gethostbyname("secret.example.com")',
    shut: /^'172\.29\.\d+\.0'\n$/,
  },
  {
    name: 'HTTP by http.client and urllib',
    code: ({ port }) => `
import http.client, urllib.request
try: c = http.client.HTTPConnection("127.0.0.1", ${port}, timeout=1); c.request("GET", "/"); print(c.getresponse().read())
except OSError as e: print(type(e).__name__)
try: print(urllib.request.urlopen("http://127.0.0.1:${port}/", timeout=1).read())
except OSError as e: print(type(e).__name__)`,
    shut: /^OSError\nURLError\n$/,
  },
  {
    name: 'TCP by asyncio',
    code: ({ port }) => attempts('import asyncio', `await asyncio.open_connection("127.0.0.1", ${port})`),
    shut: /^(.*\n)*NotImplementedError\n$/,
  },
  {
    name: "fetch, XMLHttpRequest and WebSocket of Pyodide's own modules",
    code: () =>
      attempts(
        '',
        '__import__("pyodide.http").http.open_url',
        '__import__("pyodide.http").http.pyfetch',
        '__import__("js").fetch',
        '__import__("js").XMLHttpRequest',
        '__import__("js").WebSocket',
      ),
    shut: /^(ModuleNotFoundError\n){5}$/,
  },
  {
    name: 'mail, FTP and XML-RPC',
    code: ({ port }) =>
      attempts(
        'import smtplib, ftplib, xmlrpc.client',
        `smtplib.SMTP("127.0.0.1", ${port}, timeout=1)`,
        `ftplib.FTP().connect("127.0.0.1", ${port}, 1)`,
        `xmlrpc.client.ServerProxy("http://127.0.0.1:${port}").system.listMethods()`,
      ),
    shut: /^(OSError\n){3}$/,
  },
  {
    name: 'serving and opening pages',
    code: ({ port }) =>
      attempts(
        'import http.server, webbrowser, asyncio, ssl, socket',
        `http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler).handle_request()`,
        `webbrowser.open("http://127.0.0.1:${port}/") or exec("raise OSError")`,
        'await asyncio.start_server(print, "127.0.0.1", 0)',
        `await asyncio.get_running_loop().create_datagram_endpoint(print, remote_addr=("127.0.0.1", ${port}))`,
      ),
    shut: /^OSError\nModuleNotFoundError\n(NotImplementedError\n){2}$/,
  },
  {
    name: 'installing a package',
    code: () =>
      attempts(
        '',
        '__import__("micropip")',
        '__import__("pyodide_js").loadPackage("numpy")',
        '__import__("pip")',
      ),
    shut: /^(ModuleNotFoundError\n){3}$/,
  },
];
