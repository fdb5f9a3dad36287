//! Path of a `file:` id: plain, or a URL (RFC 8089) with percent-encoding.

use std::path::{Path, PathBuf};

/// The path an id means; `None` where it is none of a file. A name with a percent sign is ambiguous: what
/// is there wins. Asks the file system in that case only, so it may take as long as that takes.
pub(crate) fn path_of(id: &str) -> Option<PathBuf> {
    let name = id.strip_prefix("file:")?;
    let (plain, is_url) = match name.strip_prefix("//") {
        None => (name, false),
        Some(rest) => {
            let local = rest.get(..10).filter(|host| host.eq_ignore_ascii_case("localhost/"));
            let path = if local.is_some() { &rest[9..] } else { rest };
            (drive(path).unwrap_or(path), true)
        }
    };
    let written = Path::new(plain).to_path_buf();
    let Some(meant) = unescaped(plain) else { return Some(written) };
    let (first, second) = if is_url { (meant, written) } else { (written, meant) };
    Some(if !first.exists() && second.exists() { second } else { first })
}

/// `/C:/x` of a URL is `C:/x`.
fn drive(path: &str) -> Option<&str> {
    let rest = path.strip_prefix('/')?;
    let [letter, b':' | b'|', b'/' | b'\\', ..] = rest.as_bytes() else { return None };
    letter.is_ascii_alphabetic().then_some(rest)
}

/// With `%20` and the like taken back; `None` where there is nothing to take back.
fn unescaped(path: &str) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (byte, hex(0), hex(1))
            && high + low > 0
        {
            bytes.push((high << 4 | low) as u8);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    (bytes.len() < path.len()).then(|| path_from(bytes))
}

#[cfg(unix)]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_plain_paths_lead_to_their_files() {
        for (id, path) in [
            ("file:/a/film.mp4", "/a/film.mp4"),
            ("file:film.mp4", "film.mp4"),
            ("file:///a/film.mp4", "/a/film.mp4"),
            ("file://localhost/a/film.mp4", "/a/film.mp4"),
            ("file://LocalHost/a/film.mp4", "/a/film.mp4"),
            ("file:///no/such/my%20film.mp4", "/no/such/my film.mp4"),
            ("file:///no/such/%E2%82%AC.mp4", "/no/such/€.mp4"),
            ("file:/no/such/my%20film.mp4", "/no/such/my%20film.mp4"),
            ("file:/a/my film.mp4", "/a/my film.mp4"),
            ("file:///a/100%.mp4", "/a/100%.mp4"),
            ("file:///a/%zz%00.mp4", "/a/%zz%00.mp4"),
            ("file:///C:/films/a%20b.mp4", "C:/films/a b.mp4"),
        ] {
            assert_eq!(path_of(id), Some(PathBuf::from(path)), "{id}");
        }
        assert_eq!(path_of("camera:Lid"), None);
        assert_eq!(path_of("none"), None);
    }

    #[test]
    fn of_two_readings_the_one_that_is_there_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let spaced = folder.path().join("my film.mp4");
        let escaped = folder.path().join("my%20film.mp4");
        let plain = format!("file:{}", escaped.display());
        let url = format!("file://{}", escaped.display());
        std::fs::write(&spaced, "").unwrap();
        assert_eq!((path_of(&plain), path_of(&url)), (Some(spaced.clone()), Some(spaced.clone())));
        std::fs::write(&escaped, "").unwrap();
        assert_eq!((path_of(&plain), path_of(&url)), (Some(escaped.clone()), Some(spaced.clone())));
        std::fs::remove_file(&spaced).unwrap();
        assert_eq!(path_of(&url), Some(escaped));
    }
}
