// Why a call ended. English.

import type { Direction, EndReason } from '../../generated/bindings';

export const ended = {
  title: 'Call ended',
  callBack: 'Call back',
  callAgain: 'Call again',
  joinAgain: 'Join again',
  /** For backends with rooms, where no phone rings. */
  room: (reason: EndReason, direction: Direction, name: string): string | null => {
    switch (reason.why) {
      case 'remote_cancelled':
        return `${name} waited for you, then left.`;
      case 'cancelled':
        return `You left before ${name} joined.`;
      case 'missed':
        return direction === 'incoming' ? `${name} was waiting for you.` : `${name} didn’t join.`;
      case 'declined':
        return `${name} is still waiting.`;
      case 'remote_hung_up':
        return `${name} left.`;
      case 'hung_up':
        return 'You left.';
      case 'answered_elsewhere':
        return 'You joined on another device.';
      case 'full':
        return 'The session is full.';
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
  /** Of several people, where that is another matter. */
  several: { hungUp: 'You hung up.', over: 'The call has ended.', nobody: 'Nobody answered.' },
  reason: (reason: EndReason, direction: Direction, name: string): string => {
    switch (reason.why) {
      case 'hung_up':
        return 'You ended the call.';
      case 'remote_hung_up':
        return `${name} ended the call.`;
      case 'cancelled':
        return 'You cancelled the call.';
      case 'remote_cancelled':
        return `${name} hung up before you answered.`;
      case 'declined':
        return 'You declined the call.';
      case 'remote_declined':
        return `${name} declined the call.`;
      case 'remote_busy':
        return `${name} is in another call.`;
      case 'missed':
        return direction === 'incoming' ? `You missed a call from ${name}.` : `${name} didn’t answer.`;
      case 'remote_offline':
        return `${name} isn’t signed in right now.`;
      case 'full':
        return 'The call is full.';
      case 'answered_elsewhere':
        return 'You answered on another device.';
      case 'declined_elsewhere':
        return 'You declined on another device.';
      case 'merged':
        return 'You called each other at the same time.';
      case 'connection_lost':
        return 'The connection was lost and couldn’t be restored.';
      case 'connect_failed':
        return 'The call couldn’t be connected.';
      case 'refused':
        return reason.message === '' ? 'The server refused the call.' : reason.message;
      case 'failed':
        return reason.message === '' ? 'Something went wrong on this computer.' : reason.message;
    }
  },
};
