import fc from 'fast-check';

/** What holds today holds tomorrow: properties try the same inputs on every run, and others with this variable. */
fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 1) });
