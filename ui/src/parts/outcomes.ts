// The sign of what came of a call.

import type { Outcome } from '../model/format';
import type { IconName } from './Icon.svelte';

export const OUTCOME_ICONS: Record<Outcome, IconName> = {
  outgoing: 'outof',
  incoming: 'into',
  missed: 'missed',
  noAnswer: 'outof',
  declinedByMe: 'into',
  declinedByThem: 'outof',
  failed: 'warn',
  cancelled: 'outof',
  interrupted: 'warn',
  busy: 'outof',
  elsewhere: 'into',
  ongoing: 'voice',
};
