/** Said to anything that the demo can't do, the first time. */
export const HELP = `I'm Bobbin's built-in offline demo, not a language model, so I can't answer that. What I can do:

- run Python that you send in a fenced block (\`\`\`python)
- solve a linear equation in one unknown, such as \`3x + 11 = 14\`
- say how many messages this thread holds, and what your first one was

To talk to a real model, put one of these into \`.env\` and start again:

- \`OPENAI_API_KEY=…\` for OpenAI
- \`OPENAI_BASE_URL=http://localhost:11434/v1\` and \`MODEL=…\` for Ollama, or any other server that speaks OpenAI's API`;

/** Said after that. */
export const SHORT_HELP =
  "I'm still the offline demo: send me a Python block or an equation such as `2x - 3 = 4`, or set `OPENAI_API_KEY` or `OPENAI_BASE_URL` in `.env` to talk to a real model.";
