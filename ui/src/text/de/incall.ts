// What a call offers beyond talking. German.

import type { Text } from '../en';

export const incall: Text['incall'] = {
  tools: 'Ansicht des Anrufs',
  fullScreen: 'Vollbild',
  leaveFullScreen: 'Vollbild verlassen',
  mini: 'Kleines Fenster',
  leaveMini: 'Zurück zum großen Fenster',
  shortcuts: 'Tasten',
  soundDevices: 'Mikrofon und Lautsprecher wählen',
  cameras: 'Kamera wählen',
  actualSize: 'Originalgröße',
  fitSize: 'An Fenster anpassen',
  sharedArea: (name) => `Bildschirm von ${name} in Originalgröße. Mit den Pfeiltasten verschieben.`,
  selfSize: 'Größe ändern',

  mutedSpeech: 'Sie sind stumm. Niemand hört Sie.',
  unmute: 'Stummschaltung aufheben',
  pushToTalk: (key) => `Zum Sprechen ${key} halten`,
  talking: 'Sie sind zu hören',

  share: {
    title: 'Bildschirm teilen',
    again: 'Etwas anderes teilen',
    lead: 'Die Gegenseite sieht Ihre Auswahl anstelle Ihres Kamerabilds.',
    screens: 'Bildschirme',
    windows: 'Fenster',
    loading: 'Es wird gesucht, was geteilt werden kann …',
    refresh: 'Neu suchen',
    submit: 'Teilen',
    cancel: 'Abbrechen',
    empty: 'Hier kann nichts geteilt werden',
    emptyHint: 'Es wurden weder ein Bildschirm noch ein Fenster gefunden.',
    failed: 'Der Bildschirm kann nicht geteilt werden',
    wayland: 'Diese Arbeitsumgebung (Wayland) lässt Programme den Bildschirm nicht sehen. Melden Sie sich zum Teilen mit einer X11-Sitzung an.',
    current: 'Wird gerade geteilt',
    wholeScreen: 'Ganzer Bildschirm',
    noPreview: 'Keine Vorschau',
    now: (label) => `Sie teilen ${label}`,
    something: 'Ihren Bildschirm',
    change: 'Ändern',
    stop: 'Beenden',
  },

  reconnecting: {
    since: (time) => `Seit ${time} unterbrochen`,
    tries: 'Es wird ein anderer Weg zur Gegenseite gesucht. Findet sich innerhalb einer halben Minute keiner, endet der Anruf.',
    network: 'Prüfen Sie Netzwerkkabel oder WLAN.',
    hangUp: 'Auflegen',
  },

  quality: {
    none: 'Bild und Ton kommen an, wie sie sollen',
    sound: 'Der Ton kommt an, wie er soll',
    loss: 'Auf der Verbindung gehen Pakete verloren',
    delay: 'Die Verbindung reagiert langsam',
    upload: 'Ihr Upload ist langsam',
    late: 'Das Bild der Gegenseite kommt verspätet an',
    gaps: 'Teile des Tons fehlen',
    busy: 'Dieser Computer ist ausgelastet',
  },
  advice: {
    none: '',
    sound: '',
    loss: 'Ein Kabel statt WLAN hilft oft.',
    delay: 'Warten Sie einen Moment, bevor Sie antworten, damit nicht beide gleichzeitig sprechen.',
    upload: 'Ihr Bild wird kleiner. Andere Uploads an diesem Anschluss verschlimmern es.',
    late: 'Der Upload der Gegenseite oder Ihr Download ist langsam.',
    gaps: 'Gehen Sie näher an Ihr WLAN oder schalten Sie Ihre Kamera aus.',
    busy: 'Schließen Sie Programme, die Sie nicht brauchen.',
  },

  figures: {
    loss: 'Unterwegs verloren',
    delay: 'Hin und zurück',
    buffer: 'Ton wartet',
    made: 'Ton ersetzt',
    freezes: 'Standbilder',
    frozen: (n, time) => `${n}, insgesamt ${time}`,
    path: 'Weg',
    target: 'Platz für Ihr Bild',
    sync: 'Bild nach Ton',
    picture: 'Bild',
    sound: 'Ton',
    video: 'Bilddaten',
    codec: 'Codec',
    level: 'Lautstärke',
    paths: { direct: 'direkt', reflexive: 'direkt, durch einen Router', relayed: 'über ein Relay' },
  },

  keys: {
    title: 'Tasten im Anruf',
    mute: 'Mikrofon an oder aus',
    camera: 'Kamera an oder aus',
    share: 'Bildschirm teilen oder beenden',
    fullScreen: 'Vollbild',
    mini: 'Kleines Fenster',
    actualSize: 'Geteilter Bildschirm in Originalgröße',
    details: 'Anrufdetails',
    hangUp: 'Auflegen',
    close: 'Offenes schließen',
    self: 'Ihr Bild verschieben (wenn es den Fokus hat)',
    help: 'Diese Liste',
    or: 'oder',
    arrows: 'Pfeiltasten',
    global: 'Überall, auch aus anderen Programmen',
    talk: 'Zum Sprechen halten',
    answer: 'Annehmen',
  },

  small: {
    title: 'Kleines Anruffenster',
    none: 'Gerade läuft kein Anruf',
    open: 'Bellwire öffnen',
    endAndAnswer: 'Auflegen und annehmen',
    answer: 'Annehmen',
    decline: 'Ablehnen',
  },

  ring: {
    withVideo: 'Mit Video annehmen',
    voiceOnly: 'Nur Ton',
  },

  ended: {
    write: 'Nachricht schreiben',
    hint: (reason) => {
      switch (reason.why) {
        case 'connection_lost':
          return 'Prüfen Sie Ihr Netzwerk und rufen Sie dann noch einmal an.';
        case 'connect_failed':
          return 'Vielleicht ist eine Firewall im Weg. Versuchen Sie es in einem anderen Netzwerk.';
        case 'remote_busy':
          return 'Versuchen Sie es in einigen Minuten noch einmal.';
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
