// Short messages. English.

import type { StartNote } from '../../generated/bindings';
import { count } from './count';

export const notices = {
  region: 'Messages',
  notes: 'Notices',
  more: (n: number) => count(n, { one: '# more notice', other: '# more notices' }),
  fewer: 'Show fewer notices',
  note: {
    no_camera_found: 'No camera was found. The other person won’t see you.',
    camera_off: 'The camera is off. The other person won’t see you.',
    test_picture: 'A test pattern is sent instead of your camera.',
    film: 'A video file is sent instead of your camera.',
    no_microphone_found: 'No microphone was found. The other person won’t hear you.',
    microphone_off: 'The microphone is off. The other person won’t hear you.',
    recording: 'A recording is sent instead of your microphone.',
    no_speaker_found: 'No audio output was found. You won’t hear anything.',
    speaker_off: 'Audio output is off. You won’t hear anything.',
    speaker_file: 'Audio is written to a file. You won’t hear anything.',
    settings_damaged: 'Your settings couldn’t be read and were reset to the defaults. The old file was kept.',
    settings_partly: 'Some of your settings weren’t valid and were reset to the defaults.',
    managed_damaged: 'Some settings from your organisation couldn’t be read. Please tell your administrator.',
  } satisfies Record<StartNote, string>,
};
