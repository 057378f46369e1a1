import config from './stryker.config.mjs';

/**
 * Mutants of the files in which one of them that lives would cost somebody's login, push or token: `npm run
 * test:mutation` fails unless all are killed. The whole core takes too long for each change (docs/mutation.md).
 */
export default {
  ...config,
  mutate: [
    'shared/platform/lease.ts',
    'shared/credentials/credential-store.ts',
    'shared/users/attempts.ts',
    'shared/users/grant.ts',
    'shared/push/deliveries.ts',
    'shared/http/allowed-address.ts',
    'shared/http/cookies.ts',
  ],
  thresholds: { high: 100, low: 100, break: 100 },
};
