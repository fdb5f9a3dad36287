// The answer window. German.

import type { Text } from '../en';

export const ring: Text['ring'] = {
  title: 'Eingehender Anruf',
  video: 'Eingehender Videoanruf',
  voice: 'Eingehender Sprachanruf',
  about: (label) => `Wegen ${label}`,
  accept: 'Annehmen',
  decline: 'Ablehnen',
  silence: 'Stumm schalten',
  silenced: 'Klingelt stumm',
  waiting: (name) => `${name} ruft an`,
  endAndAccept: 'Auflegen und annehmen',
  room: {
    title: 'Jemand wartet',
    patient: 'Patient wartet',
    other: 'Wartet auf Sie',
    waiting: (name) => `${name} wartet auf Sie`,
    admit: 'Einlassen',
    join: 'Beitreten',
    later: 'Nicht jetzt',
    endAndAccept: 'Auflegen und beitreten',
  },
  to: (account) => `Für ${account}`,
  keys: 'Eingabetaste: annehmen, Escape: stumm schalten',
  over: 'Niemand ruft an',
};
