import { type Failure, isContextExceeded } from './failure.ts';

/** What we do without when a server does not know a parameter of the API. */
export interface Concession<Body> {
  /** The parameter's name, as it stands in the body and in the server's complaint. */
  parameter: string & keyof Body;
  /** Other words that the complaint may use. */
  words?: RegExp;
  /** The body without it. */
  without(body: Body): Body;
}

const REFUSED =
  /unsupported|not support|unknown|unrecogni[sz]ed|unexpected|extra (fields|inputs)|not permitted|not allowed|not available|must be verified|incompatible/i;

/** The concession that answers `failure`; undefined when the server complains about something else. */
export function concessionFor<Body extends object>(
  concessions: Concession<Body>[],
  body: Body,
  failure: Failure,
): Concession<Body> | undefined {
  const { kind, status, code, param, words } = failure;
  if (kind !== 'refused' || status === undefined || isContextExceeded(failure)) return undefined;
  if (![400, 404, 422, 501].includes(status) || !REFUSED.test(`${code} ${words}`)) return undefined;
  return concessions.find(
    (concession) =>
      (body as Record<string, unknown>)[concession.parameter] !== undefined &&
      (param === concession.parameter ||
        new RegExp(`\\b${concession.parameter}\\b`).test(words) ||
        (concession.words?.test(words) ?? false)),
  );
}

/** A concession that leaves the parameter away. */
export function omit<Body extends object>(parameter: string & keyof Body, words?: RegExp): Concession<Body> {
  return {
    parameter,
    ...(words && { words }),
    without(body) {
      const { [parameter]: _, ...rest } = body;
      return rest as Body;
    },
  };
}
