// What a call offers beyond talking. German.

import type { Text } from '../en';

export const incall: Text['incall'] = {
  tools: 'Anrufansicht',
  fullScreen: 'Vollbild',
  leaveFullScreen: 'Vollbild verlassen',
  mini: 'Minifenster',
  leaveMini: 'Zurück zum Hauptfenster',
  shortcuts: 'Tastenkürzel',
  soundDevices: 'Mikrofon und Lautsprecher wählen',
  cameras: 'Kamera wählen',
  actualSize: 'Originalgröße',
  fitSize: 'An Fenster anpassen',
  sharedArea: (name) => `Bildschirm von ${name} in Originalgröße. Mit den Pfeiltasten verschieben.`,

  mutedSpeech: 'Sie sind stummgeschaltet. Niemand hört Sie.',
  unmute: 'Stummschaltung aufheben',
  pushToTalk: (key) => `Zum Sprechen ${key} halten`,
  talking: 'Sie sind zu hören',

  share: {
    title: 'Bildschirm teilen',
    again: 'Etwas anderes teilen',
    lead: 'Die Gegenseite sieht Ihre Auswahl anstelle Ihres Kamerabilds.',
    screens: 'Bildschirme',
    windows: 'Fenster',
    loading: 'Bildschirme und Fenster werden gesucht …',
    refresh: 'Aktualisieren',
    submit: 'Teilen',
    cancel: 'Abbrechen',
    empty: 'Nichts zum Teilen',
    emptyHint: 'Es wurden weder ein Bildschirm noch ein Fenster gefunden.',
    failed: 'Der Bildschirm kann nicht geteilt werden',
    wayland:
      'Dieser Desktop (Wayland) lässt Programme den Bildschirm nicht aufnehmen. Melden Sie sich zum Teilen mit einer X11-Sitzung an.',
    current: 'Wird gerade geteilt',
    wholeScreen: 'Ganzer Bildschirm',
    now: (label) => `Sie teilen ${label}`,
    something: 'Ihren Bildschirm',
    change: 'Ändern',
    stop: 'Beenden',
  },

  reconnecting: {
    since: (time) => `Verbindung vor ${time} verloren`,
    tries: 'Wir versuchen es 30 Sekunden lang.',
    network: 'Es kann an beiden Seiten liegen: Prüfen Sie Ihr Netzwerkkabel oder WLAN.',
    hangUp: 'Auflegen',
  },

  quality: {
    none: 'Video und Ton kommen klar an',
    sound: 'Der Ton kommt klar an',
    loss: 'Es gehen Pakete verloren',
    delay: 'Die Verbindung ist stark verzögert',
    paused: 'Ihr Video pausiert, nur Ton wird gesendet',
    upload: 'Ihr Upload ist langsam',
    late: 'Das Video der Gegenseite kommt verspätet an',
    gaps: 'Ein Teil des Tons fehlt',
    busy: 'Dieser Computer ist ausgelastet',
  },
  advice: {
    loss: 'Ein Netzwerkkabel ist oft besser als WLAN.',
    delay: 'Warten Sie einen Moment, bevor Sie antworten, damit nicht beide gleichzeitig sprechen.',
    paused: 'Die Verbindung ist zu langsam für Video. Es kommt von selbst zurück.',
    upload: 'Ihre Videoqualität wird verringert. Halten Sie andere Uploads an diesem Anschluss an.',
    late: 'Der Upload der Gegenseite oder Ihr Download ist langsam.',
    gaps: 'Gehen Sie näher an Ihren WLAN-Router oder schalten Sie Ihre Kamera aus.',
    busy: 'Schließen Sie Programme, die Sie nicht brauchen.',
  },

  figures: {
    loss: 'Paketverlust',
    delay: 'Umlaufzeit',
    buffer: 'Jitterpuffer',
    made: 'Überbrückter Ton',
    freezes: 'Standbilder',
    frozen: (n, time) => `${n}, insgesamt ${time}`,
    path: 'Netzwerkpfad',
    target: 'Verfügbare Bandbreite',
    sync: 'Versatz Ton–Video',
    picture: 'Videobild',
    sound: 'Audiobitrate',
    video: 'Videobitrate',
    codec: 'Codec',
    level: 'Tonpegel',
    paths: { direct: 'direkt', reflexive: 'direkt, durch einen Router', relayed: 'über einen Relay-Server' },
  },

  keys: {
    title: 'Tastenkürzel',
    mute: 'Stummschalten oder aufheben',
    camera: 'Kamera ein- oder ausschalten',
    share: 'Bildschirmfreigabe starten oder beenden',
    fullScreen: 'Vollbild',
    mini: 'Minifenster',
    actualSize: 'Geteilter Bildschirm in Originalgröße',
    details: 'Anrufdetails',
    hangUp: 'Auflegen',
    close: 'Bereich schließen',
    self: 'Ihr Video verschieben (wenn es den Fokus hat)',
    help: 'Tastenkürzel anzeigen',
    or: 'oder',
    arrows: 'Pfeiltasten',
    global: 'Globale Tastenkürzel',
    talk: 'Zum Sprechen halten',
    answer: 'Annehmen',
  },

  small: {
    title: 'Anruf im Minifenster',
    none: 'Kein laufender Anruf',
    open: 'Bellwire öffnen',
    endAndAnswer: 'Auflegen und annehmen',
    answer: 'Annehmen',
    decline: 'Ablehnen',
  },

  ring: {
    voiceOnly: 'Nur Ton',
  },

  ended: {
    write: 'Nachricht schreiben',
    hint: {
      connection_lost: 'Prüfen Sie Ihr Netzwerk und rufen Sie dann noch einmal an.',
      connect_failed: 'Vielleicht blockiert eine Firewall die Verbindung. Versuchen Sie es in einem anderen Netzwerk.',
      remote_busy: 'Versuchen Sie es in einigen Minuten noch einmal.',
    },
  },
};
