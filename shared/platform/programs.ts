/**
 * How somebody who has a clone starts its programs, for texts that tell them to. The package is built with others
 * (package/instead/programs.ts), since there is no clone where it is installed.
 */
export const programs = {
  /** The operator's command line, with a command after it. */
  keyring: 'npm run -s keyring --',
  /** The word under which a shell completes it, where docs/operations.md has it set up. */
  completed: 'keyring',
  /** The local stack, without options, and with them. */
  start: 'npm start',
  startWith: 'npm start --',
  /** The simulator, with options. */
  simulatorWith: 'npm run simulator --',
};
