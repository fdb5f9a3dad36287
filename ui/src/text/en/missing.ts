// Devices that are not there, pictures that do not come, and how calls start. English.

import type { Unshown } from '../../model/devices';

export const missing = {
  noMicrophone: 'No microphone',
  noCamera: 'No camera',
  chooseMicrophone: 'No microphone. Choose one.',
  chooseCamera: 'No camera. Choose one.',
  remoteNoCamera: (name: string) => `${name} has no camera`,
  remoteNoMicrophone: (name: string) => `${name} has no microphone`,
  remoteMicrophone: (name: string) => `${name} has a microphone now`,
  slowPicture: (name: string) => `No picture from ${name} yet. The connection may be slow.`,
  startMuted: 'Start calls muted',
  startMutedHint: 'You turn the microphone on when you want to be heard.',
  startCameraOff: 'Start video calls with the camera off',
  relayOnly: 'Hide my network address in calls',
  relayOnlyHint: 'Calls go through the service’s relay server, so the other person’s computer does not learn your address. The call may take longer to connect. If the service has no relay, calls cannot connect.',
  quit: 'Quit Bellwire',
  quitHint: 'Calls no longer ring on this computer until you start it again.',
  quitInCall: 'End the call and quit?',
  quitInCallHint: 'You are in a call. Quitting ends it.',
  endAndQuit: 'End call and quit',
  stay: 'Stay in the call',
  shownAgain: 'The picture can be shown again.',
  unshown: {
    too_large: 'The other person’s picture is too large to be shown here.',
    interlaced: 'The other person’s picture is interlaced and cannot be shown here.',
    bit_depth: 'The other person’s picture has a colour depth that cannot be shown here.',
    chroma: 'The other person’s picture has a colour format that cannot be shown here.',
    other: 'The other person’s picture cannot be decoded here.',
  } satisfies Record<Unshown, string>,
};
