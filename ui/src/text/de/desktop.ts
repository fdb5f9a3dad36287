// Questions and signs of the program as a whole. German.

import type { Text } from '../en';

export const desktop: Text['desktop'] = {
  close: {
    title: 'Bellwire läuft weiter',
    lead: 'Bellwire läuft nach dem Schließen des Fensters weiter, damit Anrufe klingeln. Beenden können Sie es über das Symbol im Infobereich.',
    hint: 'In den Einstellungen können Sie das ändern.',
    keep: 'Weiterlaufen lassen',
    quit: 'Bellwire beenden',
  },
  pending: {
    title: { voice: 'Sprachanruf starten?', video: 'Videoanruf starten?' },
    lead: 'Ein Link von außerhalb möchte diesen Anruf starten.',
    unknown: 'Diese Person gehört nicht zu Ihren Kontakten. Rufen Sie nur an, wenn Sie der Quelle des Links vertrauen.',
    from: 'Anrufen mit',
    nobody: 'Sie sind bei keinem Konto angemeldet, mit dem dieser Anruf möglich ist.',
    call: 'Anrufen',
    cancel: 'Nicht anrufen',
    close: 'Schließen',
  },
  restoring: {
    title: 'Sie werden wieder angemeldet …',
    titleFailed: 'Einige Konten konnten nicht angemeldet werden',
    region: 'Konten, die angemeldet werden',
    trying: 'Anmeldung läuft …',
    retry: 'Erneut versuchen',
    signIn: 'Neu anmelden',
    other: 'Anderes Konto verwenden',
  },
  quiet: {
    own: 'Nicht stören',
    ownHint: 'Anrufe klingeln nicht, bis Sie es ausschalten.',
    hours: (until) => `Ruhe bis ${until}`,
    hoursHint: 'Es gelten die Ruhezeiten.',
    system: '„Nicht stören“ des Systems ist an',
    systemHint: 'Anrufe klingeln nicht, bis es ausgeschaltet wird.',
    until: (until) => `Bis ${until}`,
    forHour: 'Eine Stunde lang',
    untilTomorrow: 'Bis morgen',
    untilOff: 'Bis ich es ausschalte',
    turnOn: 'Nicht stören',
    turnOff: '„Nicht stören“ ausschalten',
    on: 'Anrufe klingeln nicht',
  },
  managed: {
    choose: 'Wählen Sie Ihren Server.',
    server: 'Server',
    other: 'Anderer Server',
  },
  optional: (label) => `${label} (optional)`,
  optionalHint: 'Nur, wenn Ihr Server das verlangt.',
};
