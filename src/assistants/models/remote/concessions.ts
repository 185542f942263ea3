import { type Failure, isContextExceeded } from './failure.ts';

/** A change to the request that a server asks for which does not know all of the API, or wants more than it. */
export interface Concession<Body> {
  /** Whether this is what the server complains about. */
  answers(failure: Failure, body: Body): boolean;
  change(body: Body): Body;
}

const UNSUPPORTED =
  /unsupported|not support|unknown|unrecogni[sz]ed|unexpected|extra (fields|inputs)|not permitted|not allowed|not available|must be verified|incompatible/i;

/** The concession that answers `failure`; undefined when no other request would help. */
export function concessionFor<Body>(
  concessions: Concession<Body>[],
  body: Body,
  failure: Failure,
): Concession<Body> | undefined {
  const { kind, status } = failure;
  const refused = kind === 'refused' && status !== undefined && [400, 404, 422, 501].includes(status);
  if (!refused || isContextExceeded(failure)) return undefined;
  return concessions.find((concession) => concession.answers(failure, body));
}

/**
 * For a server that does not support `parameter`, and not for one that finds a wrong value in it. `words` are what it
 * may call it besides its name.
 */
export function without<Body extends object>(
  parameter: string & keyof Body,
  change: (body: Body) => Body = (body) => omit(body, parameter),
  words?: RegExp,
): Concession<Body> {
  const name = new RegExp(`\\b${parameter}\\b`);
  return {
    answers({ code, param, words: said }, body) {
      const named = param === parameter || name.test(said) || words?.test(said);
      return body[parameter] !== undefined && UNSUPPORTED.test(`${code} ${said}`) && named === true;
    },
    change,
  };
}

function omit<Body extends object>(body: Body, parameter: keyof Body): Body {
  const { [parameter]: _, ...rest } = body;
  return rest as Body;
}
