/** A file of `text` in every way in which editors and shells of Windows save it. */
export function windowsFiles(text: string): Record<string, Buffer> {
  const lines = text.replaceAll('\n', '\r\n');
  const utf16 = (content: string) => Buffer.from(content, 'utf16le');
  return {
    'UTF-8': Buffer.from(lines),
    'UTF-8 with a byte order mark': Buffer.from(`\ufeff${lines}`),
    'UTF-16 LE, as PowerShell redirects output': utf16(`\ufeff${lines}`),
    'UTF-16 BE': utf16(`\ufeff${lines}`).swap16(),
    'UTF-16 LE without a byte order mark': utf16(lines),
    'UTF-16 BE without a byte order mark': utf16(lines).swap16(),
  };
}
