import type { JsonSchema } from '../../team-function.ts';
import { takesNull } from './strict.ts';

type Node = Readonly<Record<string, unknown>>;

/**
 * Arguments without the nulls by which a model says that it leaves something out: of the fields that may be left out and
 * don't take null themselves.
 * @param schema As it was before optional fields were made nullable.
 */
export function withoutNulls(value: unknown, schema: JsonSchema): unknown {
  return clean(value, [schema], schema);
}

/** `nodes` are the schemas that may apply to the value, all of them. */
function clean(value: unknown, nodes: readonly Node[], root: Node): unknown {
  const meant = nodes.flatMap((node) => alternatives(node, root));
  if (Array.isArray(value)) {
    return value.map((item) => clean(item, childrenOf(meant, 'items'), root));
  }
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const children = meant.flatMap((node) => childrenOf([Object(node.properties)], name));
    if (field === null && isLeftOut(name, meant, children, root)) return [];
    return [[name, clean(field, [...children, ...childrenOf(meant, 'additionalProperties')], root)]];
  });
  return Object.fromEntries(fields);
}

function isLeftOut(name: string, meant: readonly Node[], children: readonly Node[], root: Node): boolean {
  if (children.length === 0) return false;
  const takes = children.some((child) => alternatives(child, root).some(takesNull));
  const mustBe = meant.every(({ required }) => Array.isArray(required) && required.includes(name));
  return !takes && !mustBe;
}

function childrenOf(nodes: readonly Node[], key: string): Node[] {
  return nodes.flatMap((node) => {
    const child = Object.hasOwn(node, key) ? node[key] : undefined;
    return typeof child === 'object' && child !== null && !Array.isArray(child) ? [child as Node] : [];
  });
}

/** The schema itself, or those that it offers or joins; references followed, each once. */
function alternatives(node: Node, root: Node, followed: ReadonlySet<unknown> = new Set()): Node[] {
  if (typeof node.$ref === 'string') {
    const target = followed.has(node.$ref) ? undefined : resolve(node.$ref, root);
    return target ? alternatives(target, root, new Set([...followed, node.$ref])) : [];
  }
  const choices = [node.anyOf, node.oneOf, node.allOf].find(Array.isArray);
  if (!choices) return [node];
  const offered = choices.flatMap((choice) => alternatives(Object(choice), root, followed));
  return 'properties' in node ? [node, ...offered] : offered;
}

/** `#` and `#/$defs/Name`. */
function resolve(reference: string, root: Node): Node | undefined {
  const [, ...steps] = reference.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const found = steps.reduce<unknown>((at, step) => Object(at)[step], root);
  return typeof found === 'object' && found !== null ? (found as Node) : undefined;
}
