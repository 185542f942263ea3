import type { ModelRequest } from '../model.ts';
import type { Failure } from './failure.ts';
import { isContextExceeded } from './symptoms.ts';

/** What was asked, and how that was put. */
export interface Asked<Body> {
  request: ModelRequest;
  body: Body;
}

/** A change to the request that a server asks for which does not know all of the API, or wants more than it. */
export interface Concession<Body> {
  /** Whether this is what the server complains about. */
  answers(failure: Failure, asked: Asked<Body>): boolean;
  /** Changes what is asked. */
  prepare?(request: ModelRequest): ModelRequest;
  /** Changes how it is put. */
  change?(body: Body): Body;
}

/** A concession of either API. */
export type Preparation = Omit<Concession<unknown>, 'change'>;

/** Statuses that blame the request. */
const BLAMES_REQUEST = [400, 404, 422, 501];

const UNSUPPORTED =
  /unsupported|not support|unknown|unrecogni[sz]ed|unexpected|extra (fields|inputs)|not permitted|not allowed|not available|must be verified|incompatible/i;

/**
 * The concession that answers `failure`; undefined when no other request would help. Chat templates fail with 500
 * (llama.cpp) or inside a stream, without a status.
 */
export function concessionFor<Body>(
  concessions: Concession<Body>[],
  asked: Asked<Body>,
  failure: Failure,
): Concession<Body> | undefined {
  const { kind, status } = failure;
  const refused = kind === 'refused' && [...BLAMES_REQUEST, 500, undefined].includes(status);
  if (!refused || isContextExceeded(failure)) return undefined;
  return concessions.find((concession) => concession.answers(failure, asked));
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
    answers({ status, code, param, words: said }, { body }) {
      if (!BLAMES_REQUEST.includes(status ?? 0) || body[parameter] === undefined) return false;
      const named = param === parameter || name.test(said) || words?.test(said);
      return UNSUPPORTED.test(`${code} ${said}`) && named === true;
    },
    change,
  };
}

/** For a server that can't be told to call nothing; a call that is demanded is not given up for it. */
export function withoutNone<Body extends { tool_choice?: unknown }>(): Concession<Body> {
  const isNone = ({ tool_choice: choice }: Body) => choice === 'none';
  const { answers } = without<Body>('tool_choice');
  return {
    answers: (failure, asked) => isNone(asked.body) && answers(failure, asked),
    change: (body) => (isNone(body) ? omit(body, 'tool_choice') : body),
  };
}

function omit<Body extends object>(body: Body, parameter: keyof Body): Body {
  const { [parameter]: _, ...rest } = body;
  return rest as Body;
}
