//! Secrets of the server program: from an option or variable, from a file, or from systemd's credentials.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Largest file with a secret, in bytes.
const MAX_BYTES: usize = 4096;

/// The secret: given itself, in a file, or as a credential of that name; none of them is `None`.
pub(super) fn secret(
    given: Option<&String>,
    file: Option<&PathBuf>,
    credential: &str,
    credentials: Option<&Path>,
) -> anyhow::Result<Option<String>> {
    match (given, file) {
        (Some(_), Some(_)) => bail!("{credential} is given twice: itself and in a file"),
        (Some(secret), None) => Ok(Some(secret.clone())),
        (None, Some(file)) => read(file).map(Some),
        (None, None) => match credentials.map(|folder| folder.join(credential)) {
            Some(file) if file.exists() => read(&file).map(Some),
            Some(_) | None => Ok(None),
        },
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    let shown = file.display();
    let text = std::fs::read(file).with_context(|| format!("cannot read the secret in {shown}"))?;
    let fits = Some(text).filter(|text| text.len() <= MAX_BYTES);
    let text = fits.and_then(|text| String::from_utf8(text).ok());
    let text = text.with_context(|| format!("{shown} is no secret: it is too long or no text"))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => bail!("{shown} is empty"),
        secret => Ok(secret.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_from_one_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, credential) = (folder.path().join("file"), folder.path().join("turn-secret"));
        std::fs::write(&file, "of the file\r\n").expect("written");
        std::fs::write(&credential, "of systemd").expect("written");
        let given = "given".to_owned();
        let ask = |given: Option<&String>, file: Option<&PathBuf>, name| {
            secret(given, file, name, Some(folder.path())).map_err(|error| error.to_string())
        };

        assert_eq!(ask(Some(&given), None, "turn-secret"), Ok(Some("given".to_owned())));
        assert_eq!(ask(None, Some(&file), "turn-secret"), Ok(Some("of the file".to_owned())));
        assert_eq!(ask(None, None, "turn-secret"), Ok(Some("of systemd".to_owned())));
        assert_eq!(ask(None, None, "jwt-secret"), Ok(None));
        assert!(ask(Some(&given), Some(&file), "turn-secret").is_err_and(|error| error.contains("twice")));
        assert!(ask(None, Some(&folder.path().join("none")), "turn-secret").is_err());
        std::fs::write(&file, "\n").expect("written");
        assert!(ask(None, Some(&file), "turn-secret").is_err_and(|error| error.contains("empty")));
    }
}
