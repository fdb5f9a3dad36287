// States of the history, of figures, of favourites and of replies.

import { CARLA, dealer, provider, TARIQ } from './backends';
import { ADA, call, LEILA, LONG, seller } from './people';
import { incoming, view, type FakeState } from './state';
import type { Favourite, Person } from '../../generated/bindings';

const favourite = (dialect: string, server: string, who: Person): Favourite => ({
  dialect,
  server,
  person: who.id,
  name: who.name,
});
const SHOP = seller();
const DESK = dealer();
const FAVOURITES: Favourite[] = [
  ...[ADA, LEILA, LONG].map((who) => favourite(SHOP.dialect, SHOP.server, who)),
  favourite(DESK.dialect, DESK.server, TARIQ),
  favourite('marketplace', 'elsewhere.example', CARLA),
];
const FROM_TARIQ = { account: DESK.id, peer: TARIQ, subject: { id: 'room-tariq', label: 'Listing 4471' } };
const NONE = {
  total: 0,
  accepted: 0,
  declined: 0,
  ended: 0,
  average_duration_s: 0,
  acceptance_rate: '0.00',
  completion_rate: '0.00',
  by_type: {},
  by_status: {},
};

export const PAST_STATES: Record<string, FakeState> = {
  'history-missed': { view: view([SHOP]), desktop: { missed: 2 } },
  'history-export-error': { view: view([SHOP]), failing: { exportHistory: '' } },
  'figures-empty': { view: view([SHOP]), analytics: NONE },
  'figures-error': { view: view([SHOP]), failing: { analytics: 'The server took too long to answer.' } },
  'figures-loading': { view: view([SHOP]), hanging: 'analytics' },
  'figures-two': { view: view([SHOP, seller({ id: 2, server: 'second.example', me: { ...SHOP.me, name: 'Nordlicht Lager' } })]) },
  favourites: { view: view([SHOP, DESK]), settings: { favourites: FAVOURITES } },
  'favourites-rooms': { view: view([DESK, provider()]), settings: { favourites: [favourite(DESK.dialect, DESK.server, LONG)] } },
  'ring-reply': { view: view([DESK], [incoming(FROM_TARIQ)]), start: { window: 'ring' } },
  'ring-reply-own': {
    view: view([DESK], [incoming(FROM_TARIQ)]),
    start: { window: 'ring' },
    settings: {
      replies: [
        'On the motorway, back in an hour or so if the traffic lets me',
        'أتصل بك لاحقًا',
        'Please write to me',
        'Later',
        'Tomorrow',
      ],
    },
  },
  'waiting-reply': {
    view: view(
      [DESK],
      [
        call({ is: 'connected' }, { account: DESK.id, connected_ms: 65_000, peer: LEILA, subject: null }),
        incoming({ ...FROM_TARIQ, id: 9, waiting: true }),
      ],
    ),
  },
};
