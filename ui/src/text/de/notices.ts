// Short messages. German.

import type { Text } from '../en';

export const notices: Text['notices'] = {
  region: 'Meldungen',
  notes: 'Gut zu wissen',
  note: {
    no_camera_found: 'Keine Kamera gefunden: Die Gegenseite sieht kein Bild.',
    camera_off: 'Keine Kamera: Die Gegenseite sieht kein Bild.',
    test_picture: 'Statt einer Kamera wird ein Testbild gesendet.',
    film: 'Statt einer Kamera wird ein Film gesendet.',
    no_microphone_found: 'Kein Mikrofon gefunden: Die Gegenseite hört nichts.',
    microphone_off: 'Kein Mikrofon: Die Gegenseite hört nichts.',
    recording: 'Statt eines Mikrofons wird eine Aufnahme gesendet.',
    no_speaker_found: 'Keine Soundkarte gefunden: Sie hören nichts.',
    speaker_off: 'Keine Soundkarte: Sie hören nichts.',
    speaker_file: 'Der Ton wird in eine Datei aufgenommen: Sie hören nichts.',
    settings_damaged: 'Ihre Einstellungen konnten nicht gelesen werden. Es gelten die Standardwerte; die alte Datei bleibt neben der neuen liegen.',
    settings_partly: 'Einige Ihrer Einstellungen konnten nicht verwendet werden und stehen wieder auf Standard.',
    managed_damaged: 'Die Vorgaben Ihrer Administration wurden nicht vollständig verstanden. Bitte sagen Sie dort Bescheid.',
  },
};
