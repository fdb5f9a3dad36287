// Every word the interface says, in English. Other languages have the same shape (type `Text`);
// each section is a file.

import { call } from './en/call';
import { chat } from './en/chat';
import { common } from './en/common';
import { desktop } from './en/desktop';
import { ended } from './en/ended';
import { hardware } from './en/hardware';
import { failures } from './en/failures';
import { favourites } from './en/favourites';
import { figures } from './en/figures';
import { history } from './en/history';
import { home } from './en/home';
import { incall } from './en/incall';
import { keycaps } from './en/keycaps';
import { link } from './en/link';
import { missing } from './en/missing';
import { notices } from './en/notices';
import { quick } from './en/quick';
import { replies } from './en/replies';
import { ring } from './en/ring';
import { rooms } from './en/rooms';
import { service } from './en/service';
import { settings } from './en/settings';
import { signIn } from './en/signin';
import { slots } from './en/slots';
import { stats } from './en/stats';
import { time } from './en/time';
import { waiting } from './en/waiting';

export const en = {
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

export type Text = typeof en;
