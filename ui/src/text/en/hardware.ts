// Microphones, speakers, cameras: choosing and trying them, and what happened to them. English.

import type { DeviceKind, DeviceNews, DeviceProblem } from '../../generated/bindings';

const KIND: Record<DeviceKind, string> = { microphone: 'microphone', speaker: 'speaker', camera: 'camera', sharing: 'shared screen' };

const FAULT: Record<DeviceKind, Record<DeviceProblem, string>> = {
  microphone: {
    missing: 'No microphone is plugged in. The other side hears nothing.',
    busy: 'Another program uses the microphone. Close that program.',
    denied: 'Bellwire may not use the microphone. Allow it in the settings of your system.',
    failed: 'The microphone does not work. Unplug it and plug it in again, or choose another one.',
  },
  speaker: {
    missing: 'No speaker is plugged in. You hear nothing.',
    busy: 'Another program uses the speaker. Close that program.',
    denied: 'Bellwire may not use the speaker. Allow it in the settings of your system.',
    failed: 'The speaker does not work. Unplug it and plug it in again, or choose another one.',
  },
  camera: {
    missing: 'No camera is plugged in. The other side sees no picture.',
    busy: 'Another program uses the camera. Close that program.',
    denied: 'Bellwire may not use the camera. Allow it in the settings of your system.',
    failed: 'The camera does not work. Unplug it and plug it in again, or choose another one.',
  },
  sharing: {
    missing: 'The shared window was closed.',
    busy: 'The screen cannot be shared while another program has it.',
    denied: 'Bellwire may not see the screen. Allow it in the settings of your system.',
    failed: 'The screen could not be shared.',
  },
};

const GONE: Record<DeviceKind, (name: string) => string> = {
  microphone: (name) => (name === '' ? 'The microphone is gone. The other side hears nothing.' : `The microphone ${name} is gone. The other side hears nothing.`),
  speaker: (name) => (name === '' ? 'The speaker is gone. You hear nothing.' : `The speaker ${name} is gone. You hear nothing.`),
  camera: (name) => (name === '' ? 'The camera is gone. The other side sees no picture.' : `The camera ${name} is gone. The other side sees no picture.`),
  sharing: () => 'Sharing has ended: what was shared is gone.',
};

export const hardware = {
  title: 'Sound and camera',
  kinds: { microphone: 'Microphone', speaker: 'Speaker', camera: 'Camera', sharing: 'Shared screen' } satisfies Record<DeviceKind, string>,
  standard: 'As the system chooses',
  standardIs: (name: string) => `As the system chooses: ${name}`,
  none: { microphone: 'No microphone', speaker: 'No speaker', camera: 'No camera' },
  inUse: 'in use',
  unplugged: 'not plugged in',
  chosenGone: 'The device you chose',
  instead: (name: string) => `Until it is back, ${name} is used.`,
  insteadNothing: 'Until it is back, nothing is used.',
  nothing: 'Nothing is plugged in',
  nothingHint: 'No microphone, no speaker and no camera was found. Plug one in: it appears here at once.',
  nothingOf: { microphone: 'No microphone was found.', speaker: 'No speaker was found.', camera: 'No camera was found.' },
  loading: 'Looking for devices…',
  locked: 'Fixed by your administrator',

  preview: 'Picture of your camera',
  previewStart: 'Show the picture',
  previewOff: 'The picture is off',
  previewNone: 'Without a camera the other side sees your name.',
  previewWaits: 'Starting the camera…',
  stop: 'Stop',

  level: 'Loudness of your microphone',
  levelStart: 'Try the microphone',
  saySomething: 'Say something',
  heard: 'We hear you',
  quiet: 'Very quiet. Speak louder or move closer.',
  tooLoud: 'Too loud. Move away a little.',
  notHeard: 'We hear nothing. Is the microphone muted, or is it another one?',
  inCall: 'Devices cannot be tried during a call.',

  speakerTest: 'Play a sound',
  speakerPlaying: 'Playing…',
  speakerHint: 'If you hear nothing, choose another speaker or turn up the volume.',
  ringTest: 'Ring',
  ringStop: 'Stop ringing',
  echoTest: 'Record and play back',
  echoHint: 'Say a sentence and hear how you sound to others.',
  recording: 'Recording. Speak now…',
  playing: 'This is how you sound…',

  processing: 'Sound clean-up',
  echo: 'Remove echo',
  echoWhy: 'So that others do not hear themselves from your speaker.',
  noise: 'Reduce noise',
  noiseWhy: 'Fans, keyboards, traffic.',
  gain: 'Even out my loudness',
  gainWhy: 'Makes quiet voices louder and loud ones quieter.',
  mirror: 'Mirror my picture',
  mirrorWhy: 'Only for you. Others see you the right way round.',

  popover: 'Devices of this call',

  fault: (device: DeviceKind, problem: DeviceProblem): string => FAULT[device][problem],
  news: ({ device, happened, name, problem }: DeviceNews): string => {
    switch (happened) {
      case 'lost':
        return problem === null || problem === 'missing' ? GONE[device](device === 'sharing' ? '' : name) : FAULT[device][problem];
      case 'back':
        return name === '' ? `The ${KIND[device]} is back.` : `The ${KIND[device]} is back: ${name}.`;
      case 'switched': {
        const why = problem === null || problem === 'missing' ? '' : `${FAULT[device][problem].split('. ')[0] ?? ''}. `;
        return name === '' ? `${why}Another ${KIND[device]} is used now.` : `${why}Now used as ${KIND[device]}: ${name}.`;
      }
    }
  },
};
