import module from 'node:module';
import './runtime.js';

module.enableCompileCache();
await import('./main.ts');
