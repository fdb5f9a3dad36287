// Which call is drawn where, read off one snapshot. Pure; nothing is remembered between snapshots.

import type { CallView, Direction, EndReason } from '../generated/bindings';
import type { Text } from '../text/en';

export interface Scene {
  /** Fills the window: being dialled, connecting or going on; or one that just ended there. */
  stage: CallView | null;
  /** Rings and nothing else is going on. */
  ringing: CallView | null;
  /** Rings while the stage is taken. */
  waiting: CallView | null;
  /** Rang and ended without us ever talking: told in a line, newest first. */
  unanswered: CallView[];
}

export function isLive(call: CallView): boolean {
  switch (call.state.is) {
    case 'calling':
    case 'connecting':
    case 'connected':
    case 'reconnecting':
      return true;
    case 'ringing':
    case 'ended':
      return false;
  }
}

/** An incoming call that ended before we took it. */
function isUnanswered(call: CallView): boolean {
  if (call.state.is !== 'ended' || call.direction === 'outgoing') return false;
  switch (call.state.reason.why) {
    case 'missed':
    case 'declined':
    case 'remote_cancelled':
    case 'answered_elsewhere':
    case 'declined_elsewhere':
      return true;
    case 'hung_up':
    case 'remote_hung_up':
    case 'cancelled':
    case 'remote_declined':
    case 'remote_busy':
    case 'remote_offline':
    case 'full':
    case 'merged':
    case 'connection_lost':
    case 'connect_failed':
    case 'refused':
    case 'failed':
      return false;
  }
}

/** Calls nobody needs to be told about: the other one of a pair goes on. */
export function isSilent(call: CallView): boolean {
  return call.state.is === 'ended' && call.state.reason.why === 'merged';
}

export function scene(calls: CallView[]): Scene {
  const newest = [...calls].reverse();
  const rings = calls.filter((call) => call.state.is === 'ringing');
  const live = newest.find(isLive) ?? null;
  const ended = newest.find((call) => call.state.is === 'ended' && !isUnanswered(call) && !isSilent(call)) ?? null;
  const ringing = live === null ? (rings[0] ?? null) : null;
  return {
    stage: live ?? (ringing === null ? ended : null),
    ringing,
    waiting: live === null ? (rings[1] ?? null) : (rings[0] ?? null),
    unanswered: newest.filter(isUnanswered),
  };
}

/** The call the small answer window is about. */
export function ringOf(calls: CallView[]): { call: CallView; waiting: boolean } | null {
  const call = calls.find((one) => one.state.is === 'ringing');
  return call === undefined ? null : { call, waiting: call.waiting || calls.some(isLive) };
}

/** The ended call to close, and every older ended one it hid. */
export function hiddenBy(closed: CallView, calls: CallView[]): CallView[] {
  return calls.filter(
    (call) => call.id === closed.id || (call.state.is === 'ended' && !isUnanswered(call) && call.id < closed.id),
  );
}

/** Why a call of several ended; `null` where that is said as of a call of two. */
export function endOfSeveral(reason: EndReason, direction: Direction, text: Text): string | null {
  const { hungUp, over, nobody } = text.ended.several;
  switch (reason.why) {
    case 'hung_up':
      return hungUp;
    case 'remote_hung_up':
      return over;
    case 'missed':
      return direction === 'outgoing' ? nobody : null;
    case 'remote_declined':
    case 'remote_busy':
    case 'remote_offline':
      return nobody;
    case 'cancelled':
    case 'remote_cancelled':
    case 'declined':
    case 'full':
    case 'answered_elsewhere':
    case 'declined_elsewhere':
    case 'merged':
    case 'connection_lost':
    case 'connect_failed':
    case 'refused':
    case 'failed':
      return null;
  }
}

/** What may help after a call ended that way; empty where nothing has to be said. */
export function hintOf(reason: EndReason, text: Text): string {
  switch (reason.why) {
    case 'connection_lost':
    case 'connect_failed':
    case 'remote_busy':
      return text.incall.ended.hint[reason.why];
    case 'hung_up':
    case 'remote_hung_up':
    case 'cancelled':
    case 'remote_cancelled':
    case 'declined':
    case 'remote_declined':
    case 'missed':
    case 'remote_offline':
    case 'full':
    case 'answered_elsewhere':
    case 'declined_elsewhere':
    case 'merged':
    case 'refused':
    case 'failed':
      return '';
  }
}
