// Microphones, speakers, cameras. German.

import type { Text } from '../en';

export const hardware: Text['hardware'] = {
  check: 'Ton und Kamera prüfen',
  kinds: { microphone: 'Mikrofon', speaker: 'Lautsprecher', camera: 'Kamera', sharing: 'Geteilter Bildschirm' },
  standard: 'Systemstandard',
  standardIs: (name) => `Systemstandard (${name})`,
  none: { microphone: 'Kein Mikrofon', speaker: 'Kein Lautsprecher', camera: 'Keine Kamera' },
  inUse: 'wird verwendet',
  unplugged: 'nicht angeschlossen',
  chosenGone: 'Das gewählte Gerät',
  instead: (name) => `Bis es wieder da ist, wird ${name} verwendet.`,
  insteadNothing: 'Bis es wieder da ist, wird nichts verwendet.',
  nothing: 'Keine Geräte angeschlossen',
  nothingHint:
    'Es wurde weder ein Mikrofon noch ein Lautsprecher noch eine Kamera gefunden. Angeschlossene Geräte erscheinen hier sofort.',
  nothingOf: {
    microphone: 'Es wurde kein Mikrofon gefunden.',
    speaker: 'Es wurde kein Lautsprecher gefunden.',
    camera: 'Es wurde keine Kamera gefunden.',
  },
  loading: 'Geräte werden gesucht …',

  preview: 'Kameravorschau',
  previewStart: 'Vorschau anzeigen',
  previewOff: 'Die Vorschau ist aus',
  previewNone: 'Ohne Kamera sieht die Gegenseite Ihren Namen.',
  previewWaits: 'Die Kamera startet …',
  stop: 'Beenden',

  level: 'Mikrofonpegel',
  levelStart: 'Mikrofon testen',
  saySomething: 'Sagen Sie etwas',
  heard: 'Wir hören Sie',
  quiet: 'Sehr leise. Sprechen Sie lauter oder gehen Sie näher heran.',
  tooLoud: 'Zu laut. Gehen Sie etwas weiter weg.',
  notHeard: 'Wir hören nichts. Ist das Mikrofon stummgeschaltet oder das falsche ausgewählt?',
  inCall: 'Während eines Anrufs können Geräte nicht getestet werden.',

  speakerTest: 'Testton abspielen',
  speakerPlaying: 'Wird abgespielt …',
  speakerHint: 'Hören Sie nichts, wählen Sie einen anderen Lautsprecher oder drehen Sie lauter.',
  ringTest: 'Klingeln testen',
  ringStop: 'Klingeln beenden',
  echoTest: 'Aufnehmen und abspielen',
  echoHint: 'Sagen Sie einen Satz und hören Sie, wie Sie für andere klingen.',
  recording: 'Aufnahme. Sprechen Sie jetzt …',
  playing: 'So klingen Sie …',

  processing: 'Tonverarbeitung',
  echo: 'Echounterdrückung',
  echoWhy: 'Damit andere sich nicht selbst über Ihren Lautsprecher hören.',
  noise: 'Rauschunterdrückung',
  noiseWhy: 'Filtert Lüfter, Tastaturen und Verkehr heraus.',
  gain: 'Automatische Mikrofonlautstärke',
  gainWhy: 'Macht leise Stimmen lauter und laute leiser.',
  mirror: 'Mein Video spiegeln',
  mirrorWhy: 'Nur Sie sehen es gespiegelt. Andere sehen Sie richtig herum.',

  popover: 'Geräte in diesem Anruf',

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
    microphone: 'Mikrofon getrennt',
    speaker: 'Lautsprecher getrennt',
    camera: 'Kamera getrennt',
    sharing: 'Das geteilte Fenster oder der Bildschirm ist nicht mehr da',
  },
  effect: {
    microphone: 'Die Gegenseite hört nichts.',
    speaker: 'Sie hören nichts.',
    camera: 'Die Gegenseite sieht kein Bild.',
    sharing: 'Das Teilen ist beendet.',
  },
  back: {
    microphone: 'Mikrofon wieder verbunden',
    speaker: 'Lautsprecher wieder verbunden',
    camera: 'Kamera wieder verbunden',
    sharing: 'Der geteilte Bildschirm ist wieder da',
  },
  other: {
    microphone: 'Jetzt wird ein anderes Mikrofon verwendet',
    speaker: 'Jetzt wird ein anderer Lautsprecher verwendet',
    camera: 'Jetzt wird eine andere Kamera verwendet',
    sharing: 'Jetzt wird ein anderer Bildschirm geteilt',
  },
};
