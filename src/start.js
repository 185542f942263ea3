import { enableCompileCache } from 'node:module';
import './runtime.js';

enableCompileCache();
await import('./main.ts');
