/** An arithmetic expression, as a tree. */
export type Expression =
  | { type: 'number'; value: string }
  | { type: 'unknown'; name: string }
  | { type: 'negative'; of: Expression }
  | { type: 'operation'; operator: Operator; left: Expression; right: Expression };

export type Operator = '+' | '-' | '*' | '/' | '**';

/** A piece of source text: `start` and `end` are places in it. Anything that is not arithmetic is a `break`. */
export interface Token {
  kind: 'number' | 'letter' | Operator | '(' | ')' | '=' | 'break';
  text: string;
  start: number;
  end: number;
}

/** More than a person writes; it bounds the parser's depth. */
const MAX_TOKENS = 80;

/** Reads all of `tokens` as one expression; undefined when they are none. */
export function parseExpression(tokens: readonly Token[]): Expression | undefined {
  if (tokens.length === 0 || tokens.length > MAX_TOKENS) return undefined;
  const parser = new Parser(tokens);
  const expression = parser.sum();
  return parser.atEnd ? expression : undefined;
}

/** The names in an expression, each once. */
export function unknownsOf(expression: Expression): Set<string> {
  switch (expression.type) {
    case 'number':
      return new Set();
    case 'unknown':
      return new Set([expression.name]);
    case 'negative':
      return unknownsOf(expression.of);
    case 'operation':
      return unknownsOf(expression.left).union(unknownsOf(expression.right));
  }
}

/** The highest power of an unknown; infinite for anything that is no polynomial as it stands. */
export function degreeOf(expression: Expression): number {
  if (expression.type === 'number') return 0;
  if (expression.type === 'unknown') return 1;
  if (expression.type === 'negative') return degreeOf(expression.of);
  const left = degreeOf(expression.left);
  const right = degreeOf(expression.right);
  switch (expression.operator) {
    case '+':
    case '-':
      return Math.max(left, right);
    case '*':
      return left + right;
    case '/':
      return right > 0 ? Infinity : left;
    case '**':
      return left === 0 && right === 0 ? 0 : powerDegree(left, expression.right);
  }
}

function powerDegree(base: number, exponent: Expression): number {
  const power = exponent.type === 'number' ? Number(exponent.value) : Number.NaN;
  return Number.isInteger(power) && power > 0 ? base * power : Infinity;
}

const PRECEDENCE = { '+': 1, '-': 1, '*': 2, '/': 2, negative: 3, '**': 4, atom: 5 };

/** Python that evaluates the expression exactly, given a `Fraction` for the unknown. */
export function toPython(expression: Expression): string {
  switch (expression.type) {
    case 'number':
      return expression.value.includes('.') ? `Fraction("${expression.value}")` : expression.value;
    case 'unknown':
      return expression.name;
    case 'negative':
      return `-${inside(expression.of, PRECEDENCE.negative)}`;
    case 'operation': {
      const { operator, left, right } = expression;
      const own = PRECEDENCE[operator];
      const spaced = operator === '**' ? '**' : ` ${operator} `;
      return firstOperand(operator, left) + spaced + inside(right, own + 1);
    }
  }
}

/** A quotient or a negative power of whole numbers would be a float in Python. */
function firstOperand(operator: Operator, left: Expression): string {
  const constant = unknownsOf(left).size === 0;
  if (constant && (operator === '/' || operator === '**')) return `Fraction(${toPython(left)})`;
  return inside(left, PRECEDENCE[operator] + (operator === '**' ? 1 : 0));
}

function inside(expression: Expression, least: number): string {
  const python = toPython(expression);
  return precedenceOf(expression) < least ? `(${python})` : python;
}

function precedenceOf(expression: Expression): number {
  if (expression.type === 'operation') return PRECEDENCE[expression.operator];
  return expression.type === 'negative' ? PRECEDENCE.negative : PRECEDENCE.atom;
}

/** Recursive descent; every method gives undefined where no expression begins. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  sum(): Expression | undefined {
    let left = this.#product();
    for (let operator = this.#take(['+', '-']); left && operator; operator = this.#take(['+', '-'])) {
      const right = this.#product();
      left = right && { type: 'operation', operator, left, right };
    }
    return left;
  }

  /**
   * `2x`, `2(x + 1)` and `(x + 1)(x - 1)` are products, as strong as written ones: `1/2x` is half of x. But `x 2` is
   * none: prose makes it more often than people do.
   */
  #product(): Expression | undefined {
    let left = this.#signed();
    while (left) {
      const written = this.#take(['*', '/']);
      if (!written && this.#next !== 'letter' && this.#next !== '(') break;
      const right = written ? this.#signed() : this.#power();
      left = right && { type: 'operation', operator: written ?? '*', left, right };
    }
    return left;
  }

  #signed(): Expression | undefined {
    const sign = this.#take(['+', '-']);
    if (!sign) return this.#power();
    const of = this.#signed();
    return sign === '-' && of ? { type: 'negative', of } : of;
  }

  #power(): Expression | undefined {
    const left = this.#atom();
    if (!left || !this.#take(['**'])) return left;
    const right = this.#signed();
    return right && { type: 'operation', operator: '**', left, right };
  }

  #atom(): Expression | undefined {
    const token = this.#tokens[this.#at++];
    if (token?.kind === 'number') return { type: 'number', value: token.text };
    if (token?.kind === 'letter') return { type: 'unknown', name: token.text };
    if (token?.kind !== '(') return undefined;
    const inner = this.sum();
    return this.#tokens[this.#at++]?.kind === ')' ? inner : undefined;
  }

  get #next(): Token['kind'] | undefined {
    return this.#tokens[this.#at]?.kind;
  }

  #take(operators: Operator[]): Operator | undefined {
    const found = operators.find((operator) => operator === this.#next);
    if (found) this.#at++;
    return found;
  }
}
