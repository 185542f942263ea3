import { parentPort } from 'node:worker_threads';
import { passagesOf } from '../passages.ts';
import { encodeBasis } from './codec.ts';
import { learn } from './learn.ts';
import { Stemmer, type Stems } from './stems.ts';

const stemmer = new Stemmer();
const passages: Stems[] = [];

/** Texts to learn from, or undefined when these were all: then what was learnt is told, as bytes, if there is anything. */
parentPort?.on('message', (texts: string[] | undefined) => {
  if (texts) {
    passages.push(...stemmer.stems(texts.flatMap(passagesOf)));
    parentPort?.postMessage('taken');
    return;
  }
  const basis = learn(passages);
  parentPort?.postMessage(basis && encodeBasis(basis));
  parentPort?.close();
});
