// Questions and signs of the program as a whole. German.

import type { Text } from '../en';

export const desktop: Text['desktop'] = {
  close: {
    title: 'Bellwire läuft weiter',
    lead: 'Das Fenster ist geschlossen, aber Anrufe klingeln weiter. Sie finden Bellwire im Infobereich der Taskleiste und können es dort beenden.',
    hint: 'In den Einstellungen können Sie das ändern.',
    keep: 'Weiterlaufen lassen',
    quit: 'Bellwire beenden',
  },
  pending: {
    title: { voice: 'Sprachanruf starten?', video: 'Videoanruf starten?' },
    lead: 'Ein Link außerhalb von Bellwire möchte diesen Anruf starten.',
    unknown: 'Diese Person steht nicht in Ihrer Liste. Rufen Sie nur an, wenn Sie wissen, woher der Link kommt.',
    address: 'Adresse',
    from: 'Anrufen mit',
    nobody: 'Sie sind bei keinem Konto angemeldet, mit dem dieser Anruf möglich ist.',
    call: 'Anrufen',
    cancel: 'Nicht anrufen',
    close: 'Schließen',
  },
  restoring: {
    title: 'Sie werden wieder angemeldet …',
    titleFailed: 'Nicht alle Konten sind zurück',
    region: 'Konten auf dem Weg zurück',
    trying: 'Anmeldung läuft …',
    retry: 'Erneut versuchen',
    signIn: 'Neu anmelden',
    other: 'Anderes Konto verwenden',
  },
  quiet: {
    own: 'Nicht stören',
    ownHint: 'Nichts klingelt, bis Sie es ausschalten.',
    hours: (until) => `Ruhe bis ${until}`,
    hoursHint: 'Es gelten die Ruhezeiten.',
    system: 'Ruhe wie die Arbeitsfläche',
    systemHint: 'Auf der Arbeitsfläche ist „Nicht stören“ eingeschaltet.',
    until: (until) => `Bis ${until}`,
    forHour: 'Eine Stunde lang',
    untilTomorrow: 'Bis morgen',
    untilOff: 'Bis ich es ausschalte',
    turnOn: 'Nicht stören',
    turnOff: 'Wieder klingeln',
    on: 'Nichts klingelt',
  },
  managed: {
    choose: 'Wählen Sie Ihren Server.',
    server: 'Server',
    other: 'Anderer Server',
  },
  optional: (label) => `${label} (freiwillig)`,
  optionalHint: 'Nur, wenn Ihr Server danach fragt.',
};
