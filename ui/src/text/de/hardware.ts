// Microphones, speakers, cameras. German.

import type { Text } from '../en';

export const hardware: Text['hardware'] = {
  check: 'Ton und Kamera prüfen',
  kinds: { microphone: 'Mikrofon', speaker: 'Lautsprecher', camera: 'Kamera', sharing: 'Geteilter Bildschirm' },
  standard: 'Wie das System wählt',
  standardIs: (name) => `Wie das System wählt: ${name}`,
  none: { microphone: 'Kein Mikrofon', speaker: 'Kein Lautsprecher', camera: 'Keine Kamera' },
  inUse: 'wird verwendet',
  unplugged: 'nicht angeschlossen',
  chosenGone: 'Das gewählte Gerät',
  instead: (name) => `Bis es wieder da ist, wird ${name} verwendet.`,
  insteadNothing: 'Bis es wieder da ist, wird nichts verwendet.',
  nothing: 'Es ist nichts angeschlossen',
  nothingHint: 'Weder Mikrofon noch Lautsprecher noch Kamera wurden gefunden. Schließen Sie etwas an: Es erscheint hier sofort.',
  nothingOf: { microphone: 'Es wurde kein Mikrofon gefunden.', speaker: 'Es wurde kein Lautsprecher gefunden.', camera: 'Es wurde keine Kamera gefunden.' },
  loading: 'Geräte werden gesucht …',

  preview: 'Bild Ihrer Kamera',
  previewStart: 'Bild zeigen',
  previewOff: 'Das Bild ist aus',
  previewNone: 'Ohne Kamera sieht die Gegenseite Ihren Namen.',
  previewWaits: 'Die Kamera startet …',
  stop: 'Beenden',

  level: 'Lautstärke Ihres Mikrofons',
  levelStart: 'Mikrofon ausprobieren',
  saySomething: 'Sagen Sie etwas',
  heard: 'Wir hören Sie',
  quiet: 'Sehr leise. Sprechen Sie lauter oder gehen Sie näher heran.',
  tooLoud: 'Zu laut. Gehen Sie etwas weiter weg.',
  notHeard: 'Wir hören nichts. Ist das Mikrofon stumm, oder ist es ein anderes?',
  inCall: 'Während eines Anrufs können Geräte nicht ausprobiert werden.',

  speakerTest: 'Ton abspielen',
  speakerPlaying: 'Wird abgespielt …',
  speakerHint: 'Hören Sie nichts, wählen Sie einen anderen Lautsprecher oder drehen Sie lauter.',
  ringTest: 'Klingeln',
  ringStop: 'Klingeln beenden',
  echoTest: 'Aufnehmen und abspielen',
  echoHint: 'Sagen Sie einen Satz und hören Sie, wie Sie für andere klingen.',
  recording: 'Aufnahme. Sprechen Sie jetzt …',
  playing: 'So klingen Sie …',

  processing: 'Tonverbesserung',
  echo: 'Echo entfernen',
  echoWhy: 'Damit andere sich nicht aus Ihrem Lautsprecher hören.',
  noise: 'Geräusche dämpfen',
  noiseWhy: 'Lüfter, Tastaturen, Verkehr.',
  gain: 'Lautstärke ausgleichen',
  gainWhy: 'Macht leise Stimmen lauter und laute leiser.',
  mirror: 'Mein Bild spiegeln',
  mirrorWhy: 'Nur für Sie. Andere sehen Sie richtig herum.',

  popover: 'Geräte dieses Anrufs',

  faults: {
    microphone: {
      missing: 'Es ist kein Mikrofon angeschlossen. Die Gegenseite hört nichts.',
      busy: 'Ein anderes Programm verwendet das Mikrofon. Schließen Sie dieses Programm.',
      denied: 'Bellwire darf das Mikrofon nicht verwenden. Erlauben Sie es in den Systemeinstellungen.',
      failed: 'Das Mikrofon funktioniert nicht. Stecken Sie es neu ein oder wählen Sie ein anderes.',
    },
    speaker: {
      missing: 'Es ist kein Lautsprecher angeschlossen. Sie hören nichts.',
      busy: 'Ein anderes Programm verwendet den Lautsprecher. Schließen Sie dieses Programm.',
      denied: 'Bellwire darf den Lautsprecher nicht verwenden. Erlauben Sie es in den Systemeinstellungen.',
      failed: 'Der Lautsprecher funktioniert nicht. Stecken Sie ihn neu ein oder wählen Sie einen anderen.',
    },
    camera: {
      missing: 'Es ist keine Kamera angeschlossen. Die Gegenseite sieht kein Bild.',
      busy: 'Ein anderes Programm verwendet die Kamera. Schließen Sie dieses Programm.',
      denied: 'Bellwire darf die Kamera nicht verwenden. Erlauben Sie es in den Systemeinstellungen.',
      failed: 'Die Kamera funktioniert nicht. Stecken Sie sie neu ein oder wählen Sie eine andere.',
    },
    sharing: {
      missing: 'Das geteilte Fenster wurde geschlossen.',
      busy: 'Der Bildschirm kann nicht geteilt werden, solange ein anderes Programm ihn belegt.',
      denied: 'Bellwire darf den Bildschirm nicht sehen. Erlauben Sie es in den Systemeinstellungen.',
      failed: 'Der Bildschirm konnte nicht geteilt werden.',
    },
  },
  gone: {
    microphone: 'Das Mikrofon wurde abgezogen',
    speaker: 'Der Lautsprecher wurde abgezogen',
    camera: 'Die Kamera wurde abgezogen',
    sharing: 'Was geteilt wurde, ist nicht mehr da',
  },
  effect: {
    microphone: 'Die Gegenseite hört nichts.',
    speaker: 'Sie hören nichts.',
    camera: 'Die Gegenseite sieht kein Bild.',
    sharing: 'Das Teilen ist beendet.',
  },
  back: {
    microphone: 'Das Mikrofon ist wieder da',
    speaker: 'Der Lautsprecher ist wieder da',
    camera: 'Die Kamera ist wieder da',
    sharing: 'Der geteilte Bildschirm ist wieder da',
  },
  other: {
    microphone: 'Jetzt wird ein anderes Mikrofon verwendet',
    speaker: 'Jetzt wird ein anderer Lautsprecher verwendet',
    camera: 'Jetzt wird eine andere Kamera verwendet',
    sharing: 'Jetzt wird ein anderer Bildschirm geteilt',
  },
};
