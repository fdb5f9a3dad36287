// What of ours the other side gets, and what the two switches say: the same in both windows of a call. Pure.

import type { PhoneView } from '../generated/bindings';
import type { Text } from '../text/en';

export interface Sending {
  /** The other side can hear us. `talking`: by the key that is held. */
  heard: boolean;
  seen: boolean;
  microphone: string;
  camera: string;
}

export function sending(phone: PhoneView, talking: boolean, { call, missing }: Text): Sending {
  return {
    heard: phone.has_microphone && (phone.microphone || talking),
    seen: phone.has_camera && phone.camera,
    microphone: !phone.has_microphone ? missing.noMicrophone : phone.microphone ? call.mute : call.unmute,
    camera: !phone.has_camera ? missing.noCamera : phone.camera ? call.cameraOff : call.cameraOn,
  };
}
