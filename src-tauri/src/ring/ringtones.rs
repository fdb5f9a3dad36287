//! The ringtones: built-in ones, and WAV files of the user. The engine plays them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use bellwire_engine::media::check_ringtone;
use bellwire_engine::{Choice, RingSound};
use tracing::warn;

/// Id, English name and sound. The interface has names of its own for these ids.
const BUILT_IN: [(&str, &str, &[u8]); 5] = [
    ("classic", "Classic", include_bytes!("../../../assets/ringtones/ringtone.wav")),
    ("soft", "Soft", include_bytes!("../../../assets/ringtones/ringtone-soft.wav")),
    ("marimba", "Marimba", include_bytes!("../../../assets/ringtones/ringtone-marimba.wav")),
    ("chime", "Chime", include_bytes!("../../../assets/ringtones/ringtone-chime.wav")),
    ("phone", "Telephone", include_bytes!("../../../assets/ringtones/ringtone-phone.wav")),
];
/// Prefix of the ids of a user's files.
const FILE_ID_PREFIX: &str = "file:";
/// Ringtone files of a user that are listed.
const MAX_FILES: usize = 100;
/// Larger files are ignored.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

static SOUNDS: LazyLock<Vec<Arc<[u8]>>> =
    LazyLock::new(|| BUILT_IN.iter().map(|(_, _, wav)| Arc::from(*wav)).collect());

/// Where a user's own ringtones are; `None`: the system has no place for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ringtones {
    folder: Option<PathBuf>,
}

impl Ringtones {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The built-in ones, then the user's by name. Reads the folder.
    pub(crate) fn list(&self) -> Vec<Choice> {
        let built_in =
            BUILT_IN.iter().map(|(id, name, _)| Choice { id: (*id).into(), label: (*name).into() });
        let mut own: Vec<Choice> = self.files().filter_map(|file| choice(&file)).collect();
        own.sort_by(|one, other| one.label.cmp(&other.label));
        built_in.chain(own).collect()
    }

    /// The sound of an id. Reads a file, if it is a user's; one that is gone or broken is the first of the
    /// built-in ones.
    pub(crate) fn sound(&self, id: &str) -> RingSound {
        if let Some(index) = BUILT_IN.iter().position(|(known, ..)| *known == id) {
            return RingSound::Wav(Arc::clone(&SOUNDS[index]));
        }
        let own = id.strip_prefix(FILE_ID_PREFIX).and_then(|name| {
            let file = self.files().find(|file| file.file_name().is_some_and(|own| own == name))?;
            match read(&file) {
                Ok(wav) => Some(RingSound::Wav(wav)),
                Err(error) => {
                    warn!(%error, "A ringtone cannot be used");
                    None
                }
            }
        });
        own.unwrap_or_else(|| RingSound::Wav(Arc::clone(&SOUNDS[0])))
    }

    /// Only what lies in the folder itself is ever opened, whatever an id says.
    fn files(&self) -> impl Iterator<Item = PathBuf> + use<> {
        let entries = self.folder.as_deref().and_then(|folder| std::fs::read_dir(folder).ok());
        let files = entries.into_iter().flatten().flatten().map(|entry| entry.path());
        files
            .filter(|path| path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("wav")))
            .take(MAX_FILES)
    }
}

/// A user's file as something to choose, if it can be played.
fn choice(file: &Path) -> Option<Choice> {
    let name = file.file_name()?.to_str()?;
    let label = file.file_stem()?.to_str()?;
    // The header only: the list is made whenever devices change.
    let mut head = Vec::new();
    let opened = File::open(file).ok().filter(is_plain)?;
    opened.take(4096).read_to_end(&mut head).ok()?;
    let is_wav = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE");
    is_wav.then(|| Choice { id: format!("{FILE_ID_PREFIX}{name}"), label: label.to_owned() })
}

fn read(file: &Path) -> Result<Arc<[u8]>, RingtoneFileError> {
    let opened = File::open(file)?;
    if !is_plain(&opened) {
        return Err(RingtoneFileError::Kind);
    }
    let mut wav = Vec::new();
    opened.take(MAX_FILE_BYTES + 1).read_to_end(&mut wav)?;
    check_ringtone(&wav)?;
    Ok(wav.into())
}

/// Not a pipe, which could block, nor a device, which has no end.
fn is_plain(file: &File) -> bool {
    file.metadata().is_ok_and(|about| about.is_file() && about.len() <= MAX_FILE_BYTES)
}

#[derive(Debug, thiserror::Error)]
enum RingtoneFileError {
    #[error("cannot read the file: {0}")]
    Io(#[from] std::io::Error),
    #[error("it is no file, or too large")]
    Kind,
    #[error(transparent)]
    Sound(#[from] bellwire_engine::media::RingtoneError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_ringtone_is_a_good_one() {
        for (id, _, wav) in BUILT_IN {
            check_ringtone(wav).unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(Ringtones::default().sound(id), RingSound::Wav(Arc::from(wav)));
        }
    }

    #[test]
    fn a_users_files_are_listed_and_nothing_else_is_opened() {
        let folder = std::env::temp_dir().join(format!("bellwire-ringtones-{}", std::process::id()));
        let inside = folder.join("ringtones");
        std::fs::create_dir_all(&inside).unwrap();
        let wav = BUILT_IN[1].2;
        std::fs::write(inside.join("Door bell.wav"), wav).unwrap();
        std::fs::write(inside.join("broken.wav"), b"RIFF....WAVE and then nothing").unwrap();
        std::fs::write(inside.join("text.wav"), b"not sound").unwrap();
        std::fs::write(inside.join("song.mp3"), b"ID3").unwrap();
        std::fs::write(folder.join("secret.wav"), wav).unwrap();
        let ringtones = Ringtones::new(Some(inside));
        let ids: Vec<_> = ringtones.list().into_iter().skip(BUILT_IN.len()).map(|one| one.id).collect();
        assert_eq!(ids, ["file:Door bell.wav", "file:broken.wav"]);
        assert_eq!(ringtones.sound("file:Door bell.wav"), RingSound::Wav(Arc::from(wav)));
        let classic = ringtones.sound("classic");
        for id in ["file:broken.wav", "file:../secret.wav", "file:", "nonsense", ""] {
            assert_eq!(ringtones.sound(id), classic, "{id}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
