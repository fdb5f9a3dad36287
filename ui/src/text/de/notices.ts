// Short messages. German.

import type { Text } from '../en';
import { count } from './count';

export const notices: Text['notices'] = {
  region: 'Meldungen',
  notes: 'Hinweise',
  more: (n) => count(n, { one: '# weiterer Hinweis', other: '# weitere Hinweise' }),
  fewer: 'Weniger Hinweise',
  note: {
    no_camera_found: 'Keine Kamera gefunden: Die Gegenseite sieht kein Bild.',
    camera_off: 'Die Kamera ist aus: Die Gegenseite sieht kein Bild.',
    test_picture: 'Statt der Kamera wird ein Testbild gesendet.',
    film: 'Statt der Kamera wird eine Videodatei gesendet.',
    no_microphone_found: 'Kein Mikrofon gefunden: Die Gegenseite hört nichts.',
    microphone_off: 'Das Mikrofon ist aus: Die Gegenseite hört nichts.',
    recording: 'Statt des Mikrofons wird eine Aufnahme gesendet.',
    no_speaker_found: 'Keine Tonausgabe gefunden: Sie hören nichts.',
    speaker_off: 'Die Tonausgabe ist aus: Sie hören nichts.',
    speaker_file: 'Der Ton wird in eine Datei geschrieben: Sie hören nichts.',
    settings_damaged: 'Ihre Einstellungen konnten nicht gelesen werden und wurden zurückgesetzt. Die alte Datei bleibt erhalten.',
    settings_partly: 'Einige Ihrer Einstellungen waren ungültig und wurden zurückgesetzt.',
    managed_damaged:
      'Einige Einstellungen Ihrer Organisation konnten nicht gelesen werden. Bitte informieren Sie Ihre Administration.',
  },
};
