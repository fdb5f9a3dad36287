//! What a user should know from the start, as a code; the interface has the words.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StartNote {
    NoCameraFound,
    CameraOff,
    TestPicture,
    Film,
    NoMicrophoneFound,
    MicrophoneOff,
    /// Of the microphone: a file or a tone is sent.
    Recording,
    NoSpeakerFound,
    SpeakerOff,
    SpeakerFile,
    /// The settings file was not understood and is kept under another name.
    SettingsDamaged,
    /// Some settings could not be used and are as by default.
    SettingsPartly,
    /// Not all of the administrator's file was understood.
    ManagedDamaged,
}
