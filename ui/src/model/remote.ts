// What the other side of a call sends, and the words for a change of it. Pure.

import type { CallView } from '../generated/bindings';
import type { Text } from '../text/en';

/** `none`: there is no such device. */
type Sent = 'on' | 'off' | 'none';

export interface Remote {
  audio: Sent;
  video: Sent;
  sharing: boolean;
}

/** What nobody has to be told. */
export const USUAL: Remote = { audio: 'on', video: 'on', sharing: false };

const sent = (there: boolean, on: boolean): Sent => (!there ? 'none' : on ? 'on' : 'off');

export function remoteOf(call: CallView): Remote {
  return {
    audio: sent(call.remote_has_microphone, call.remote_audio),
    video: call.kind === 'voice' ? 'on' : sent(call.remote_has_camera, call.remote_video || call.remote_sharing),
    sharing: call.remote_sharing,
  };
}

/** Why they are not heard; empty if they can be. */
export function unheard({ audio }: Remote, name: string, text: Text): string {
  return { on: '', off: text.call.remoteMuted(name), none: text.missing.remoteNoMicrophone(name) }[audio];
}

/** Sentences about what changed; empty where nothing did. */
export function newsOf(before: Remote, is: Remote, name: string, text: Text): string {
  const said: string[] = [];
  if (is.audio !== before.audio)
    said.push(
      unheard(is, name, text) || (before.audio === 'none' ? text.missing.remoteMicrophone(name) : text.call.remoteUnmuted(name)),
    );
  if (is.video !== before.video && !is.sharing) {
    said.push(
      { on: text.call.remoteCameraOn(name), off: text.call.remoteCameraOff(name), none: text.missing.remoteNoCamera(name) }[
        is.video
      ],
    );
  }
  if (is.sharing !== before.sharing) said.push(is.sharing ? text.call.remoteSharing(name) : text.call.remoteStopped(name));
  return said.map((one) => `${one}.`).join(' ');
}
