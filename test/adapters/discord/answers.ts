/** Answers of a given length, whose words are numbered so that a missing or doubled one is seen. */

/** Paragraphs, headings and lists. */
export function plainAnswer(length: number): string {
  return grow(length, (n) => {
    if (n % 7 === 0) return `\n\n## Heading w${n}\n\n`;
    if (n % 7 === 3) return `\n- item w${n} with **bold** and [a link](https://example.com/${n})`;
    return ` word w${n} and more words around it.`;
  });
}

/** Long code blocks, code in lists and quotes, and fences within longer fences. */
export function codeAnswer(length: number): string {
  const code = (n: number) =>
    Array.from({ length: 60 }, (_, line) => `  call(w${n}, ${line}) # line`).join('\n');
  return grow(length, (n) => {
    if (n % 3 === 0) return `\n\nText w${n}:\n\n\`\`\`python\n${code(n)}\n\`\`\`\n`;
    if (n % 3 === 1) return `\n\n\`\`\`\`md\nouter w${n}\n\`\`\`js\n${code(n)}\n\`\`\`\nouter\n\`\`\`\`\n`;
    return `\n\n- item w${n}\n\n  \`\`\`sh\n${code(n)}\n  \`\`\`\n`;
  });
}

export function tableAnswer(length: number): string {
  return grow(length, (n) =>
    n % 40 === 1 ? `\n\nTable w${n}\n\n| Name | Sum |\n|---|---|\n` : `| cell w${n} | ${n} € |\n`,
  );
}

export function markersOf(text: string): string[] {
  return text.match(/\bw\d+\b/g) ?? [];
}

/** The text without the lines that open or close a fence, and without white space. */
export function withoutFences(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^[\s>]*`{3,}\w*$/.test(line))
    .join('')
    .replace(/\s+/g, '');
}

/** As a model streams it. */
export function inPieces(answer: string, size = 40): string[] {
  return answer.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
}

function grow(length: number, next: (n: number) => string): string {
  let text = '';
  for (let n = 1; text.length < length; n++) text += next(n);
  return text.trim().slice(0, length);
}
