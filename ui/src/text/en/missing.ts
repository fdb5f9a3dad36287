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
  slowPicture: (name: string) => `No video from ${name} yet. The connection may be slow.`,
  startMuted: 'Start calls muted',
  startMutedHint: 'Turn your microphone on when you’re ready to speak.',
  startCameraOff: 'Start video calls with the camera off',
  relayOnly: 'Hide my network address in calls',
  relayOnlyHint:
    'Calls go through the service’s relay server, so the other person’s computer never sees your address. Calls may take longer to connect, and can’t connect at all if the service has no relay.',
  quit: 'Quit Bellwire',
  quitHint: 'Calls won’t ring on this computer until you start Bellwire again.',
  quitInCall: 'End the call and quit?',
  quitInCallHint: 'You’re in a call. Quitting will end it.',
  endAndQuit: 'End call and quit',
  stay: 'Stay in the call',
  shownAgain: 'The video can be shown again.',
  unshown: {
    too_large: 'The other person’s video is too large to show here.',
    interlaced: 'The other person’s video is interlaced and can’t be shown here.',
    bit_depth: 'The other person’s video has a colour depth that can’t be shown here.',
    chroma: 'The other person’s video has a colour format that can’t be shown here.',
    other: 'The other person’s video can’t be decoded here.',
  } satisfies Record<Unshown, string>,
};
