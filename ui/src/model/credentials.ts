// What is wrong with the place where sign-ins are kept, in plain words. Pure.

import type { SecretProblem, SecretPlace, SecretsView } from '../generated/bindings';
import type { Text } from '../text/en';

type Words = Text['settings']['secrets'];

/** Fewest characters of a passphrase that is chosen. */
export const SHORTEST_PASSPHRASE = 8;

/** Empty where nothing is wrong. */
export function problemWords(problem: SecretProblem, store: SecretPlace, text: Words): string {
  switch (problem) {
    case 'locked':
      return store === 'file' ? text.problems.locked.file : text.problems.locked.keyring;
    case 'none':
    case 'missing':
    case 'wrong_passphrase':
    case 'damaged':
    case 'failed':
      return text.problems[problem];
  }
}

/** What to say where sign-ins will not be there after a restart, or are not here now; empty: all is well. */
export function notice({ problem, store }: SecretsView, text: Words): string {
  const wrong = problemWords(problem, store, text);
  if (store !== 'session') return wrong;
  return wrong === '' ? text.sessionOnly : `${wrong} ${text.sessionOnly}`;
}
