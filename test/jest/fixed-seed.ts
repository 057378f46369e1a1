import fc from 'fast-check';

// A mutant is killed in each run or in none, and soon.
fc.configureGlobal({ seed: 1, numRuns: 25 });
