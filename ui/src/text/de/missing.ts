// Devices that are not there, pictures that do not come, and how calls start. German.
import type { Text } from '../en';

export const missing: Text['missing'] = {
  noMicrophone: 'Kein Mikrofon',
  noCamera: 'Keine Kamera',
  chooseMicrophone: 'Kein Mikrofon. Eines auswählen.',
  chooseCamera: 'Keine Kamera. Eine auswählen.',
  remoteNoCamera: (name) => `${name} hat keine Kamera`,
  remoteNoMicrophone: (name) => `${name} hat kein Mikrofon`,
  slowPicture: (name) => `Noch kein Bild von ${name}. Vielleicht ist die Verbindung langsam.`,
  startMuted: 'Anrufe stummgeschaltet beginnen',
  startMutedHint: 'Sie schalten das Mikrofon ein, wenn man Sie hören soll.',
  startCameraOff: 'Videoanrufe mit ausgeschalteter Kamera beginnen',
  relayOnly: 'Meine Netzwerkadresse in Anrufen verbergen',
  relayOnlyHint: 'Anrufe laufen über den Relay-Server des Dienstes; der Computer der anderen Person erfährt Ihre Adresse nicht. Der Verbindungsaufbau kann länger dauern. Hat der Dienst keinen Relay-Server, kommen keine Anrufe zustande.',
  quit: 'Bellwire beenden',
  quitHint: 'Danach klingelt es auf diesem Computer erst wieder, wenn Sie das Programm starten.',
  quitInCall: 'Anruf beenden und Bellwire schließen?',
  quitInCallHint: 'Sie sind in einem Anruf. Er wird dabei beendet.',
  endAndQuit: 'Auflegen und beenden',
  stay: 'Im Anruf bleiben',
};
