// Short messages. English.

import type { StartNote } from '../../generated/bindings';

export const notices = {
  region: 'Messages',
  notes: 'Good to know',
  note: {
    no_camera_found: 'No camera was found: the other side sees no picture.',
    camera_off: 'No camera: the other side sees no picture.',
    test_picture: 'A test picture is sent instead of a camera.',
    film: 'A film is sent instead of a camera.',
    no_microphone_found: 'No microphone was found: the other side hears silence.',
    microphone_off: 'No microphone: the other side hears silence.',
    recording: 'A recording is sent instead of a microphone.',
    no_speaker_found: 'No sound card was found: you will hear nothing.',
    speaker_off: 'No sound card: you will hear nothing.',
    speaker_file: 'Sound is recorded to a file: you will hear nothing.',
    settings_damaged: 'Your settings could not be read. The standard ones are in force; the old file is kept beside the new one.',
    settings_partly: 'Some of your settings could not be used and are back to standard.',
    managed_damaged: 'Your administrator’s settings are not all understood. Please tell them.',
  } satisfies Record<StartNote, string>,
};
