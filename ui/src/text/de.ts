// Every word the interface says, in German.

import { call } from './de/call';
import { chat } from './de/chat';
import { common } from './de/common';
import { desktop } from './de/desktop';
import { ended } from './de/ended';
import { hardware } from './de/hardware';
import { failures } from './de/failures';
import { favourites } from './de/favourites';
import { figures } from './de/figures';
import { history } from './de/history';
import { home } from './de/home';
import { incall } from './de/incall';
import { keycaps } from './de/keycaps';
import { link } from './de/link';
import { missing } from './de/missing';
import { notices } from './de/notices';
import { quick } from './de/quick';
import { replies } from './de/replies';
import { ring } from './de/ring';
import { rooms } from './de/rooms';
import { service } from './de/service';
import { settings } from './de/settings';
import { signIn } from './de/signin';
import { slots } from './de/slots';
import { stats } from './de/stats';
import { time } from './de/time';
import { waiting } from './de/waiting';
import type { Text } from './en';

export const de: Text = {
  ...common,
  signIn,
  link,
  home,
  rooms,
  chat,
  slots,
  waiting,
  history,
  figures,
  favourites,
  quick,
  ring,
  replies,
  call,
  incall,
  hardware,
  stats,
  ended,
  missing,
  notices,
  time,
  service,
  settings,
  keycaps,
  desktop,
  failures,
};
