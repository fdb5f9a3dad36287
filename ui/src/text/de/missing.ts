// Devices that are not there, pictures that do not come, and how calls start. German.
import type { Text } from '../en';

export const missing: Text['missing'] = {
  noMicrophone: 'Kein Mikrofon',
  noCamera: 'Keine Kamera',
  chooseMicrophone: 'Kein Mikrofon. Eines auswählen.',
  chooseCamera: 'Keine Kamera. Eine auswählen.',
  remoteNoCamera: (name) => `${name} hat keine Kamera`,
  remoteNoMicrophone: (name) => `${name} hat kein Mikrofon`,
  remoteMicrophone: (name) => `${name} hat jetzt ein Mikrofon`,
  slowPicture: (name) => `Noch kein Video von ${name}. Vielleicht ist die Verbindung langsam.`,
  startMuted: 'Anrufe stummgeschaltet beginnen',
  startMutedHint: 'Schalten Sie das Mikrofon ein, sobald Sie sprechen möchten.',
  startCameraOff: 'Videoanrufe mit ausgeschalteter Kamera beginnen',
  relayOnly: 'Meine Netzwerkadresse in Anrufen verbergen',
  relayOnlyHint:
    'Anrufe laufen über den Relay-Server des Dienstes; der Computer der anderen Person erfährt Ihre Adresse nicht. Der Verbindungsaufbau kann länger dauern. Hat der Dienst keinen Relay-Server, kommen keine Anrufe zustande.',
  quit: 'Bellwire beenden',
  quitHint: 'Danach klingelt es auf diesem Computer erst wieder, wenn Sie das Programm starten.',
  quitInCall: 'Anruf beenden und Bellwire schließen?',
  quitInCallHint: 'Sie sind in einem Anruf. Er wird dabei beendet.',
  endAndQuit: 'Auflegen und beenden',
  stay: 'Im Anruf bleiben',
  shownAgain: 'Das Video kann wieder angezeigt werden.',
  unshown: {
    too_large: 'Das Video der anderen Person ist zu groß, um hier angezeigt zu werden.',
    interlaced: 'Das Video der anderen Person ist im Zeilensprungverfahren und kann hier nicht angezeigt werden.',
    bit_depth: 'Das Video der anderen Person hat eine Farbtiefe, die hier nicht angezeigt werden kann.',
    chroma: 'Das Video der anderen Person hat ein Farbformat, das hier nicht angezeigt werden kann.',
    other: 'Das Video der anderen Person kann hier nicht dekodiert werden.',
  },
};
