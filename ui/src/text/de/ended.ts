// Why a call ended. German.

import type { Text } from '../en';

export const ended: Text['ended'] = {
  title: 'Anruf beendet',
  callBack: 'Zurückrufen',
  callAgain: 'Noch einmal anrufen',
  joinAgain: 'Noch einmal beitreten',
  room: (reason, direction, name) => {
    switch (reason.why) {
      case 'remote_cancelled':
        return `${name} hat auf Sie gewartet und ist gegangen.`;
      case 'cancelled':
        return `Sie sind gegangen, bevor ${name} beigetreten ist.`;
      case 'missed':
        return direction === 'incoming' ? `${name} hat auf Sie gewartet.` : `${name} ist nicht beigetreten.`;
      case 'declined':
        return `${name} wartet noch.`;
      case 'remote_hung_up':
        return `${name} ist gegangen.`;
      case 'hung_up':
        return 'Sie sind gegangen.';
      case 'answered_elsewhere':
        return 'Sie sind auf einem anderen Gerät beigetreten.';
      case 'full':
        return 'Die Sitzung ist voll besetzt.';
      case 'remote_declined':
      case 'remote_busy':
      case 'remote_offline':
      case 'declined_elsewhere':
      case 'merged':
      case 'connection_lost':
      case 'connect_failed':
      case 'refused':
      case 'failed':
        return null;
    }
  },
  several: { hungUp: 'Sie haben aufgelegt.', over: 'Der Anruf ist beendet.', nobody: 'Niemand hat abgenommen.' },
  reason: (reason, direction, name) => {
    switch (reason.why) {
      case 'hung_up':
        return 'Sie haben aufgelegt.';
      case 'remote_hung_up':
        return `${name} hat aufgelegt.`;
      case 'cancelled':
        return 'Sie haben den Anruf abgebrochen.';
      case 'remote_cancelled':
        return `${name} hat aufgelegt, bevor Sie annehmen konnten.`;
      case 'declined':
        return 'Sie haben den Anruf abgelehnt.';
      case 'remote_declined':
        return `${name} hat den Anruf abgelehnt.`;
      case 'remote_busy':
        return `${name} ist in einem anderen Gespräch.`;
      case 'missed':
        return direction === 'incoming' ? `Sie haben einen Anruf von ${name} verpasst.` : `${name} hat nicht abgenommen.`;
      case 'remote_offline':
        return `${name} ist gerade nicht angemeldet.`;
      case 'full':
        return 'Das Gespräch ist voll besetzt.';
      case 'answered_elsewhere':
        return 'Sie haben auf einem anderen Gerät angenommen.';
      case 'declined_elsewhere':
        return 'Sie haben auf einem anderen Gerät abgelehnt.';
      case 'merged':
        return 'Sie haben sich gleichzeitig gegenseitig angerufen.';
      case 'connection_lost':
        return 'Die Verbindung ist abgebrochen und konnte nicht wiederhergestellt werden.';
      case 'connect_failed':
        return 'Der Anruf konnte nicht verbunden werden.';
      case 'refused':
        return reason.message === '' ? 'Der Server hat den Anruf abgewiesen.' : reason.message;
      case 'failed':
        return reason.message === '' ? 'Auf diesem Computer ist etwas schiefgegangen.' : reason.message;
    }
  },
};
