// Code as Emscripten links it for Python to load, as small as a test needs it.
// https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md

const HEADER = [0, 97, 115, 109, 1, 0, 0, 0];
const I32 = 0x7f;
const FUNCTION = 0x60;
const CALL = 0x10;
const CALL_INDIRECT = 0x11;
const GLOBAL_GET = 0x23;
const I32_STORE = [0x36, 2, 0];
const I32_CONST = 0x41;
const I32_ADD = 0x6a;
const END = 0x0b;

/** The kinds of what a module imports or exports. */
const [A_FUNCTION, A_TABLE, A_MEMORY, A_GLOBAL, A_TAG] = [0, 1, 2, 3, 4];

/**
 * A library with one function, which takes nothing and gives a number below 64, or what a function of another library gives.
 *
 * As `PyInit_…` that gives 0 it makes Python say that the module's initialization failed without an exception: it ran.
 */
export function library(exported: string, gives: string | number = 0): Uint8Array {
  const calls = typeof gives === 'string' && gives;
  const own = calls ? 1 : 0;
  return Uint8Array.from([
    ...HEADER,
    ...dynamicLinking({}),
    ...section(1, [1, FUNCTION, 0, 1, I32]),
    ...(calls ? section(2, [1, ...text('env'), ...text(calls), A_FUNCTION, 0]) : []),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text(exported), A_FUNCTION, own]),
    ...section(10, list([code(typeof gives === 'number' ? [I32_CONST, gives] : [CALL, 0])])),
  ]);
}

export interface ExtensionSpec {
  name: string;
  /** A function of another library, which the extension's own passes on. */
  calls: string;
  /** The libraries that it names as needed, by their files' names. */
  needs?: string[];
  /** Where those are, such as `$ORIGIN/../native.libs`. */
  paths?: string[];
}

/** Where the parts of an extension's data are: a `PyModuleDef`, two `PyMethodDef` and two names. */
const [DEFINITION, METHODS, METHOD, NAME] = [0, 52, 84, 92];

/** Where the members of these are. https://docs.python.org/3/c-api/module.html#c.PyModuleDef */
const [M_NAME, M_SIZE, M_METHODS] = [20, 28, 32];
const [ML_METH, ML_FLAGS] = [4, 8];
const METH_NOARGS = 4;
const NO_STATE = -1;

/** `PYTHON_API_VERSION`: https://docs.python.org/3/c-api/module.html#c.PyModule_Create2 */
const API_VERSION = 1013;

/**
 * A module for Python, which has one function, `answer()`, that gives what a function of another library gives.
 *
 * It asks for all that a compiled package does: memory, a place in the table of functions, addresses that are known when it
 * is loaded only, functions of Python's by name and by address, and the tag of exceptions in C++.
 */
export function extension({ name, calls, needs = [], paths = [] }: ExtensionSpec): Uint8Array {
  const data = Buffer.alloc(NAME + name.length + 1);
  data.writeInt32LE(1, DEFINITION);
  data.writeInt32LE(NO_STATE, DEFINITION + M_SIZE);
  data.writeInt32LE(METH_NOARGS, METHODS + ML_FLAGS);
  data.write('answer', METHOD);
  data.write(name, NAME);
  const MEMORY_BASE = [GLOBAL_GET, 0];
  const TABLE_BASE = [GLOBAL_GET, 1];
  const FROM_LONG = [GLOBAL_GET, 2];
  const at = (offset: number) => [...MEMORY_BASE, I32_CONST, ...signed(offset), I32_ADD];
  const store = (offset: number, value: number[]) => [...at(offset), ...value, ...I32_STORE];
  const relocate = [
    ...store(DEFINITION + M_NAME, at(NAME)),
    ...store(DEFINITION + M_METHODS, at(METHODS)),
    ...store(METHODS, at(METHOD)),
    ...store(METHODS + ML_METH, TABLE_BASE),
  ];
  const init = [...at(DEFINITION), I32_CONST, ...signed(API_VERSION), CALL, 0];
  const answer = [CALL, 1, ...FROM_LONG, CALL_INDIRECT, 3, 0];
  return Uint8Array.from([
    ...HEADER,
    ...dynamicLinking({ memory: data.length, table: 1, needs, paths }),
    ...section(
      1,
      list([
        [FUNCTION, 0, 1, I32],
        [FUNCTION, 2, I32, I32, 1, I32],
        [FUNCTION, 0, 0],
        [FUNCTION, 1, I32, 1, I32],
        [FUNCTION, 1, I32, 0],
      ]),
    ),
    ...section(
      2,
      list([
        [...text('env'), ...text('memory'), A_MEMORY, 0, 1],
        [...text('env'), ...text('__indirect_function_table'), A_TABLE, 0x70, 0, 1],
        [...text('env'), ...text('__memory_base'), A_GLOBAL, I32, 0],
        [...text('env'), ...text('__table_base'), A_GLOBAL, I32, 0],
        [...text('GOT.func'), ...text('PyLong_FromLong'), A_GLOBAL, I32, 1],
        [...text('env'), ...text('PyModule_Create2'), A_FUNCTION, 1],
        [...text('env'), ...text(calls), A_FUNCTION, 0],
        [...text('env'), ...text('__cpp_exception'), A_TAG, 0, 4],
      ]),
    ),
    ...section(3, [3, 0, 1, 2]),
    ...section(
      7,
      list([
        [...text(`PyInit_${name}`), A_FUNCTION, 2],
        [...text('__wasm_apply_data_relocs'), A_FUNCTION, 4],
      ]),
    ),
    ...section(9, [1, 0, ...TABLE_BASE, END, 1, 3]),
    ...section(10, list([code(init), code(answer), code(relocate)])),
    ...section(11, [1, 0, ...MEMORY_BASE, END, ...size(data.length), ...data]),
  ]);
}

interface DynamicLinking {
  memory?: number;
  table?: number;
  needs?: string[];
  paths?: string[];
}

/** What Emscripten's loader reads first: how much room a module wants, and which libraries. */
function dynamicLinking({ memory = 0, table = 0, needs = [], paths = [] }: DynamicLinking): number[] {
  const named = (id: number, names: string[]) => (names.length > 0 ? section(id, list(names.map(text))) : []);
  const room = section(1, [...size(memory), 2, ...size(table), 0]);
  return section(0, [...text('dylink.0'), ...room, ...named(2, needs), ...named(5, paths)]);
}

/** The body of a function without variables of its own. */
function code(instructions: number[]): number[] {
  return [...size(instructions.length + 2), 0, ...instructions, END];
}

function section(id: number, content: number[]): number[] {
  return [id, ...size(content.length), ...content];
}

function list(items: number[][]): number[] {
  return [...size(items.length), ...items.flat()];
}

function text(value: string): number[] {
  return [...size(value.length), ...Buffer.from(value)];
}

/** A number without a sign as WebAssembly writes it: https://webassembly.github.io/spec/core/binary/values.html#integers */
function size(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...size(Math.floor(value / 0x80))];
}

/** The same with a sign, of a number that has none. */
function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value % 0x80) | 0x80, ...signed(Math.floor(value / 0x80))];
}
