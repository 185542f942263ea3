import { describe, expect, test } from 'vitest';
import { errorBody, openApi, post } from '../client.ts';

describe('A body', () => {
  const cases: [string, unknown, string, string | null, string | null][] = [
    [
      'that is no object',
      [],
      'Invalid type: expected an object, but got an array instead.',
      null,
      'invalid_type',
    ],
    [
      'without what is needed',
      {},
      "Missing required parameter: 'model'.",
      'model',
      'missing_required_parameter',
    ],
    [
      'with an unknown parameter',
      { model: 'm', modle: 'm' },
      "Unknown parameter: 'modle'.",
      'modle',
      'unknown_parameter',
    ],
    [
      'with an unknown parameter deep inside',
      { model: 'm', tools: [{ type: 'code_interpreter', code: 1 }] },
      "Unknown parameter: 'tools[0].code'.",
      'tools[0].code',
      'unknown_parameter',
    ],
    [
      'with a value of the wrong type',
      { model: 7 },
      "Invalid type for 'model': expected a string, but got an integer instead.",
      'model',
      'invalid_type',
    ],
    [
      'with null for what must be there',
      { model: null },
      "Invalid type for 'model': expected a string, but got null instead.",
      'model',
      'invalid_type',
    ],
    [
      'with a number beyond its bounds',
      { model: 'm', temperature: 2.5 },
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
      'temperature',
      'decimal_above_max_value',
    ],
    [
      'with a whole number beyond the bounds of a decimal',
      { model: 'm', top_p: 3 },
      "Invalid 'top_p': decimal above maximum value. Expected a value <= 1, but got 3 instead.",
      'top_p',
      'decimal_above_max_value',
    ],
    [
      'with a text for a decimal',
      { model: 'm', temperature: '0.5' },
      "Invalid type for 'temperature': expected a decimal, but got a string instead.",
      'temperature',
      'invalid_type',
    ],
    [
      'with an empty text',
      { model: '' },
      "Invalid 'model': empty string. Expected a string with minimum length 1, but got an empty string instead.",
      'model',
      'empty_string',
    ],
    [
      'with an object for one of several words',
      { model: 'm', reasoning_effort: {} },
      "Invalid type for 'reasoning_effort': expected one of 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', or 'max', but got an object instead.",
      'reasoning_effort',
      'invalid_type',
    ],
    [
      'with a text that is too long',
      { model: 'm', name: 'x'.repeat(257) },
      "Invalid 'name': string too long. Expected a string with maximum length 256, but got a string with length 257 instead.",
      'name',
      'string_above_max_length',
    ],
    [
      'with too many tools',
      { model: 'm', tools: Array(129).fill({ type: 'code_interpreter' }) },
      "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 129 instead.",
      'tools',
      'array_above_max_length',
    ],
    [
      'with a tool that this server would not run',
      { model: 'm', tools: [{ type: 'retrieval' }] },
      "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'file_search', and 'function'.",
      'tools[0].type',
      'invalid_value',
    ],
    [
      'with a tool without a type',
      { model: 'm', tools: [{}] },
      "Missing required parameter: 'tools[0].type'.",
      'tools[0].type',
      'missing_required_parameter',
    ],
    [
      'with a function name that models refuse',
      { model: 'm', tools: [{ type: 'function', function: { name: 'a b' } }] },
      "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
      'tools[0].function.name',
      'invalid_value',
    ],
    [
      'with a function name that is too long',
      { model: 'm', tools: [{ type: 'function', function: { name: 'f'.repeat(65) } }] },
      "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
      'tools[0].function.name',
      'string_above_max_length',
    ],
    [
      'with a function without a name',
      { model: 'm', tools: [{ type: 'function', function: { name: '' } }] },
      "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, but got an empty string instead.",
      'tools[0].function.name',
      'empty_string',
    ],
    [
      'with one tool that is no list',
      { model: 'm', tools: { type: 'code_interpreter' } },
      "Invalid type for 'tools': expected an array of objects, but got an object instead.",
      'tools',
      'invalid_type',
    ],
    [
      'with one file that is no list',
      { model: 'm', tool_resources: { code_interpreter: { file_ids: 'file-x' } } },
      "Invalid type for 'tool_resources.code_interpreter.file_ids': expected an array of strings, but got a string instead.",
      'tool_resources.code_interpreter.file_ids',
      'invalid_type',
    ],
    [
      'with a file that is none',
      { model: 'm', tool_resources: { code_interpreter: { file_ids: ['data.csv'] } } },
      "Invalid 'tool_resources.code_interpreter.file_ids[0]': 'data.csv'. Expected an ID that begins with 'file'.",
      'tool_resources.code_interpreter.file_ids[0]',
      'invalid_value',
    ],
    [
      'with a response format that does not exist',
      { model: 'm', response_format: 'json' },
      "Invalid value: 'json'. Supported values are: 'auto'.",
      'response_format',
      'invalid_value',
    ],
    [
      'with a mistake inside one of several shapes',
      { model: 'm', response_format: { type: 'json_schema', json_schema: {} } },
      "Missing required parameter: 'response_format.json_schema.name'.",
      'response_format.json_schema.name',
      'missing_required_parameter',
    ],
    [
      'with a type that none of several shapes has',
      { model: 'm', response_format: 3 },
      "Invalid type for 'response_format': expected one of 'auto' or object, but got an integer instead.",
      'response_format',
      'invalid_type',
    ],
    [
      'with metadata that is no text',
      { model: 'm', metadata: { n: 1 } },
      "Invalid type for 'metadata.n': expected a string, but got an integer instead.",
      'metadata.n',
      'invalid_type',
    ],
    [
      'with a metadata value that is too long',
      { model: 'm', metadata: { n: 'x'.repeat(513) } },
      "Invalid 'metadata.n': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
      'metadata.n',
      'string_above_max_length',
    ],
    [
      'with a metadata key that is too long',
      { model: 'm', metadata: { ['x'.repeat(65)]: '' } },
      "Invalid property name in 'metadata': 'xxx...xxx' is too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
      `metadata.${'x'.repeat(65)}`,
      'property_name_above_max_length',
    ],
    [
      'with too much metadata',
      { model: 'm', metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, ''])) },
      "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
      'metadata',
      'object_above_max_properties',
    ],
  ];

  test.each(cases)('%s is refused', async (_, body, message, param, code) => {
    expect(await post(openApi(), '/assistants', body)).toEqual({
      status: 400,
      body: errorBody(message, param, code),
    });
  });

  const messageCases: [string, unknown, string, string][] = [
    ['no content', { role: 'user' }, "Missing required parameter: 'content'.", 'content'],
    ['empty content', { role: 'user', content: '' }, 'Message content must be non-empty.', 'content'],
    ['no parts', { role: 'user', content: [] }, 'Message content must be non-empty.', 'content'],
    [
      'a role of another API',
      { role: 'system', content: 'x' },
      "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
      'role',
    ],
    [
      'content that is a number',
      { role: 'user', content: 5 },
      "Invalid type for 'content': expected one of a string or array of objects, but got an integer instead.",
      'content',
    ],
    [
      'a part of a kind that does not exist',
      { role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'video' }] },
      "Invalid value: 'video'. Supported values are: 'text', 'image_url', and 'image_file'.",
      'content[1].type',
    ],
    [
      'a part that is a text',
      { role: 'user', content: ['a'] },
      "Invalid type for 'content[0]': expected an object, but got a string instead.",
      'content[0]',
    ],
    [
      'an image at an address that no model may fetch',
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] },
      "Invalid 'content[0].image_url.url'. Expected a valid URL, but got a value with an invalid format.",
      'content[0].image_url.url',
    ],
  ];

  test.each(messageCases)('of a message with %s is refused', async (_, body, message, param) => {
    const api = openApi();
    const { id } = await api.client.beta.threads.create();
    const answer = await post(api, `/threads/${id}/messages`, body);
    expect(answer).toMatchObject({ status: 400, body: { error: { message, param } } });
  });
});
