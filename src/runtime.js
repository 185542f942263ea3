// Plain JavaScript on purpose: an old Node must be able to read this file to say what is wrong.

/** The oldest Node.js that runs TypeScript as it is, `node:sqlite` and the sandbox's permissions. */
const OLDEST_NODE = 26;

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  process.stderr.write(
    `Bobbin needs Node.js ${OLDEST_NODE} and this is ${process.version}: run "npm ci" without --omit=optional, ` +
      `which brings its own Node.js, or install Node.js ${OLDEST_NODE} from https://nodejs.org/en/download.\n`,
  );
  process.exit(1);
}
