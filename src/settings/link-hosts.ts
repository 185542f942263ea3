import { z } from 'zod';

/** A list of hosts as `Config` has them: in small letters, as browsers ask for them, without what stands for all below. */
export const linkHosts = z.string().transform((text, context) => {
  const hosts = text.split(/[\s,]+/).filter((host) => host !== '');
  const known = hosts.map(hostOf);
  const isWhole = known.every((host) => host !== undefined);
  if (!isWhole)
    context.addIssue({
      code: 'custom',
      message:
        'names something that is no host: write hosts alone, without https:// and without a path, such as wiki.example.com, with commas in between.',
    });
  return known.filter((host) => host !== undefined);
});

function hostOf(text: string): string | undefined {
  const name = text.replace(/^\*?\./, '');
  const url = /[/?#@:]/.test(name) ? null : URL.parse(`https://${name}`);
  return url?.hostname || undefined;
}
