import process from 'node:process';
import { makeSnapshot } from './load.js';
import { writeAll } from './write.js';

// Entry point: writes the memory of a freshly started Python to standard output.

const STDOUT = 1;
writeAll(STDOUT, await makeSnapshot(process.argv[3] ?? ''));
process.exit(0);
