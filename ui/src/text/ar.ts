// Every word the interface says, in Arabic.

import { call } from './ar/call';
import { chat } from './ar/chat';
import { common } from './ar/common';
import { desktop } from './ar/desktop';
import { ended } from './ar/ended';
import { hardware } from './ar/hardware';
import { failures } from './ar/failures';
import { favourites } from './ar/favourites';
import { figures } from './ar/figures';
import { history } from './ar/history';
import { home } from './ar/home';
import { incall } from './ar/incall';
import { keycaps } from './ar/keycaps';
import { link } from './ar/link';
import { missing } from './ar/missing';
import { notices } from './ar/notices';
import { quick } from './ar/quick';
import { replies } from './ar/replies';
import { ring } from './ar/ring';
import { rooms } from './ar/rooms';
import { service } from './ar/service';
import { settings } from './ar/settings';
import { signIn } from './ar/signin';
import { slots } from './ar/slots';
import { stats } from './ar/stats';
import { time } from './ar/time';
import { waiting } from './ar/waiting';
import type { Text } from './en';

export const ar: Text = {
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
