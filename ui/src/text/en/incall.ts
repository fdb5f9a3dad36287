// What a call offers beyond talking: sharing, small window, full screen, keys. English.

import type { EndReason } from '../../generated/bindings';

export const incall = {
  tools: 'View of the call',
  fullScreen: 'Full screen',
  leaveFullScreen: 'Leave full screen',
  mini: 'Small window',
  leaveMini: 'Back to the large window',
  shortcuts: 'Keys',
  soundDevices: 'Choose microphone and speaker',
  cameras: 'Choose camera',
  actualSize: 'Actual size',
  fitSize: 'Fit to window',
  sharedArea: (name: string) => `Screen of ${name}, in actual size. Scroll with the arrow keys.`,
  selfSize: 'Change size',

  mutedSpeech: 'You are muted. Nobody hears you.',
  unmute: 'Unmute',
  pushToTalk: (key: string) => `Hold ${key} to talk`,
  talking: 'You are heard',

  share: {
    title: 'Share your screen',
    again: 'Share something else',
    lead: 'The other side sees what you choose in place of your camera.',
    screens: 'Screens',
    windows: 'Windows',
    loading: 'Looking for what can be shared…',
    refresh: 'Look again',
    submit: 'Share',
    cancel: 'Cancel',
    empty: 'Nothing can be shared here',
    emptyHint: 'No screen and no window was found.',
    failed: 'The screen cannot be shared',
    wayland: 'This desktop (Wayland) does not let programs see the screen. Sign in with an X11 session to share.',
    current: 'Shared now',
    wholeScreen: 'Whole screen',
    noPreview: 'No preview',
    now: (label: string) => `You are sharing ${label}`,
    something: 'your screen',
    change: 'Change',
    stop: 'Stop',
  },

  reconnecting: {
    since: (time: string) => `Interrupted for ${time}`,
    tries: 'Looking for another way to the other side. If none is found within half a minute, the call ends.',
    network: 'Check your network cable or Wi-Fi.',
    hangUp: 'Hang up',
  },

  quality: {
    none: 'Picture and sound arrive as they should',
    sound: 'The sound arrives as it should',
    loss: 'The connection drops packets',
    delay: 'The connection is slow to respond',
    upload: 'Your upload is slow',
    late: 'Their picture arrives late',
    gaps: 'Parts of the sound are missing',
    busy: 'This computer is busy',
  },
  advice: {
    none: '',
    sound: '',
    loss: 'A cable instead of Wi-Fi often helps.',
    delay: 'Wait a moment before you answer, so that you do not both speak.',
    upload: 'Your picture gets smaller. Other uploads on this line make it worse.',
    late: 'Their upload or your download is slow.',
    gaps: 'Move closer to your Wi-Fi, or turn your camera off.',
    busy: 'Close programs you do not need.',
  },

  figures: {
    loss: 'Lost on the way',
    delay: 'There and back',
    buffer: 'Sound waits',
    made: 'Sound made up',
    freezes: 'Stand-stills',
    frozen: (n: string, time: string) => `${n}, ${time} in all`,
    path: 'Way',
    target: 'Room for your picture',
    sync: 'Picture after sound',
    picture: 'Picture',
    sound: 'Sound',
    video: 'Picture data',
    codec: 'Codec',
    level: 'Loudness',
    paths: { direct: 'direct', reflexive: 'direct, through a router', relayed: 'through a relay' } as Record<string, string>,
  },

  keys: {
    title: 'Keys in a call',
    mute: 'Microphone on or off',
    camera: 'Camera on or off',
    share: 'Share the screen or stop',
    fullScreen: 'Full screen',
    mini: 'Small window',
    actualSize: 'Shared screen in actual size',
    details: 'Call details',
    hangUp: 'Hang up',
    close: 'Close what is open',
    self: 'Move your picture (when it has the focus)',
    help: 'This list',
    or: 'or',
    arrows: 'Arrow keys',
    global: 'Everywhere, also from other programs',
    talk: 'Hold to talk',
    answer: 'Answer',
  },

  small: {
    title: 'Small window of the call',
    none: 'No call is going on',
    open: 'Open Bellwire',
    endAndAnswer: 'End and answer',
    answer: 'Answer',
    decline: 'Decline',
  },

  ring: {
    withVideo: 'Accept with video',
    voiceOnly: 'Voice only',
  },

  ended: {
    write: 'Write a message',
    hint: (reason: EndReason): string => {
      switch (reason.why) {
        case 'connection_lost':
          return 'Check your network, then call again.';
        case 'connect_failed':
          return 'A firewall may be in the way. Try another network.';
        case 'remote_busy':
          return 'Try again in a few minutes.';
        case 'hung_up':
        case 'remote_hung_up':
        case 'cancelled':
        case 'remote_cancelled':
        case 'declined':
        case 'remote_declined':
        case 'missed':
        case 'remote_offline':
        case 'answered_elsewhere':
        case 'declined_elsewhere':
        case 'merged':
        case 'refused':
        case 'failed':
          return '';
      }
    },
  },
};
