// Calls of several people. German.

import type { Text } from '../en';
import { count, number } from './count';

const people = (n: number) => count(n, { one: '# Person', other: '# Personen' });

export const group: Text['group'] = {
  both: (one, other) => `${one} und ${other}`,
  andOthers: (name, n) => `${name} und ${count(n, { one: '# weitere Person', other: '# weitere' })}`,
  also: (one, other) => `${one}, ${other}`,
  joined: (who) => `Neu dabei: ${who}`,
  left: (who) => `Nicht mehr dabei: ${who}`,
  alone: 'Sonst ist niemand im Anruf',

  state: {
    invited: 'Klingelt …',
    connecting: 'Verbinden …',
    connected: 'Im Anruf',
    reconnecting: 'Neu verbinden …',
    failed: 'Keine Verbindung',
  },
  muted: 'Stummgeschaltet',
  noMicrophone: 'Kein Mikrofon',
  cameraOff: 'Kamera aus',
  noCamera: 'Keine Kamera',
  shares: 'Teilt den Bildschirm',
  weak: 'Schlechte Verbindung',
  pinned: 'Angeheftet',

  raise: 'Hand heben',
  lower: 'Hand senken',
  handUp: 'Hand gehoben',
  raised: (who) => `${who} möchte etwas sagen`,
  handsUp: (who) => `Hand gehoben: ${who}`,

  stage: 'Personen im Anruf',
  stageKeys: 'Pfeiltasten wechseln zwischen Personen, die Eingabetaste heftet eine an.',
  pin: (name) => `${name} anheften`,
  unpin: (name) => `${name} lösen`,
  grid: 'Rasteransicht',
  speaker: 'Sprecheransicht',
  pages: 'Weitere Personen',
  before: 'Vorherige Personen',
  after: 'Nächste Personen',
  page: (n, all) => `${number(n)} von ${number(all)}`,

  people: 'Personen',
  inCall: (n) => `${people(n)} im Anruf`,
  add: {
    open: 'Personen hinzufügen',
    title: 'Personen zum Anruf hinzufügen',
    search: 'Name oder E-Mail',
    limit: (n) => count(n, { one: 'Für # weitere Person ist Platz.', other: 'Für # weitere Personen ist Platz.' }),
    nobody: 'Alle aus Ihrer Liste sind schon im Anruf',
    submit: 'Zum Anruf hinzufügen',
  },
  endForAll: 'Für alle beenden',
  endTitle: 'Anruf für alle beenden?',
  endLead: 'Der Anruf endet für alle. Wenn Sie nur selbst gehen möchten, verlassen Sie ihn stattdessen.',
  stay: 'Im Anruf bleiben',

  ring: {
    video: 'Eingehender Gruppen-Videoanruf',
    voice: 'Eingehender Gruppen-Sprachanruf',
    invited: (who) => `Auch eingeladen: ${who}`,
    there: (who) => `Schon im Anruf: ${who}`,
  },

  select: {
    start: 'Personen auswählen',
    stop: 'Abbrechen',
    name: (name) => `${name} auswählen`,
    chosen: (n) => count(n, { one: '# ausgewählt', other: '# ausgewählt' }),
    limit: (n) => `Sie können höchstens ${people(n)} gleichzeitig anrufen.`,
    hint: 'Wählen Sie aus, wer am Anruf teilnehmen soll.',
    call: {
      voice: (n) => `Sprachanruf mit ${people(n)}`,
      video: (n) => `Videoanruf mit ${people(n)}`,
    },
    words: (n) => `${people(n)} anrufen`,
  },

  keys: {
    view: 'Raster- oder Sprecheransicht',
    people: 'Personen im Anruf',
    hand: 'Hand heben oder senken',
    pin: 'Person anheften (wenn im Fokus)',
  },
};
