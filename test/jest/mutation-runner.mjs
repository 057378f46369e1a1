import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import Runner from 'jest-runner';

/** In Stryker's copy of the project: what the run without a mutant has found of each test file. */
const notesFile = 'test-files.json';

/**
 * Jest's own runner, but for this: against a mutant it opens only the files that have a test that is to run, the
 * shortest first, and none after a test has failed. Stryker names these tests by a pattern, and Jest would load every
 * file to find out that none in it matches; nor does it end early where it is called by a program.
 */
export default class MutationRunner extends Runner {
  async runTests(tests, watcher, options) {
    if (!existsSync(notesFile)) return this.#firstRun(tests, watcher, options);
    const notes = new Map(JSON.parse(readFileSync(notesFile, 'utf8')));
    const pattern = new RegExp(this._globalConfig.testNamePattern ?? '', 'i');
    const wanted = tests
      .filter(({ path }) => notes.get(path)?.names.some((name) => pattern.test(name)) ?? true)
      .sort((a, b) => (notes.get(a.path)?.ms ?? 0) - (notes.get(b.path)?.ms ?? 0));
    let isKilled = false;
    this.on('test-file-success', ([, { numFailingTests }]) => {
      isKilled ||= numFailingTests > 0;
    });
    for (const test of wanted) {
      if (!isKilled) await super.runTests([test], watcher, options);
    }
  }

  async #firstRun(tests, watcher, options) {
    const notes = new Map();
    this.on('test-file-success', ([{ path }, { testResults, perfStats }]) => {
      notes.set(path, { names: testResults.map(({ fullName }) => fullName), ms: perfStats.runtime });
    });
    await super.runTests(tests, watcher, options);
    writeFileSync(notesFile, JSON.stringify([...notes]));
  }
}
